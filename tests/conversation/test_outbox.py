"""The sender: in order, never over a human, patient with the channel, honest about what may have come twice."""

from __future__ import annotations

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.channels.port import MaybeArrived, RetryLater, Undeliverable
from bot.clock import ManualClock
from bot.conversation import transcript
from bot.conversation.intake import create_conversation
from bot.conversation.model import Button, Holder, Reply, Sender
from bot.conversation.outbox import SENDING_LASTS, OutboxSender
from bot.conversation.store import outbox
from bot.conversation.transcript import change_holder, post
from bot.handoff import service as handoff
from bot.storage.unit_of_work import Database, UnitOfWork
from tests.accounts.people import worker
from tests.handoff.builders import say as wording
from tests.handoff.builders import wait
from tests.handoff.test_live import client_says

ACCOUNT = "telegram:1"
RACES = 100


class Chats:
    """A channel that keeps what arrives, and makes trouble for a chat as often as it was told."""

    account = ACCOUNT

    def __init__(self) -> None:
        self.sent: dict[str, list[str]] = defaultdict(list)
        self.order: list[str] = []
        self.trouble: dict[str, list[Exception]] = defaultdict(list)
        self.seconds = 0.0
        self.hangs: set[str] = set()
        self.released = asyncio.Event()
        self.begun: list[str] = []

    async def send(self, chat: str, text: str, buttons: Sequence[Button], lang: str) -> str:
        self.begun.append(text)
        await asyncio.sleep(random.random() * self.seconds)
        if chat in self.hangs:
            await self.released.wait()
        if self.trouble[chat]:
            raise self.trouble[chat].pop(0)
        self.sent[chat].append(text)
        self.order.append(text)
        return str(len(self.order))

    async def typing(self, chat: str) -> None:
        return


class Office:
    """A running sender, and the means to post something and to wait until it has dealt with everything due."""

    def __init__(self, db: Database, clock: ManualClock, chats: Chats) -> None:
        self.db = db
        self.chats = chats
        self.stuck: set[str] = set()
        self._clock = clock
        self._conversations: dict[str, str] = {}
        self._marks = 0

    def conversation(self, chat: str) -> str:
        if chat not in self._conversations:
            self._conversations[chat] = self.db.run_sync(
                lambda uow: create_conversation(uow, "telegram", ACCOUNT, chat, "id")
            )
        return self._conversations[chat]

    def post(self, chat: str, text: str, *, sender: Sender = Sender.SYSTEM, **more: Any) -> str:
        to, reply = self.conversation(chat), Reply("utter_test", text, "id")
        return self.db.run_sync(lambda uow: post(uow, to, reply, sender=sender, **more))

    async def advance(self, seconds: float) -> None:
        self._clock.advance(seconds)
        await self.settle()

    async def settle(self) -> None:
        """Whatever was due before a mark in a chat of its own was taken before it, and is not on its way any more."""
        self._marks += 1
        chat = f"mark {self._marks}"
        self._clock.advance(0.001)
        self.post(chat, chat)
        await until(lambda: bool(self.chats.sent[chat]))
        await until(lambda: not self._on_the_way())

    def _on_the_way(self) -> int:
        def count(uow: UnitOfWork) -> int:
            young = outbox.c.started_at > uow.now - SENDING_LASTS
            stuck = [self._conversations[chat] for chat in self.stuck]
            conditions = (outbox.c.state == "sending", young, outbox.c.conversation_id.not_in(stuck))
            return int(uow.db.execute(select(func.count()).select_from(outbox).where(*conditions)).scalar_one())

        return self.db.run_sync(count, read_only=True)

    def deliveries(self, chat: str) -> list[str]:
        """The state of each message of a chat, as the desk shows it."""
        of = self.conversation(chat)
        lines = self.db.run_sync(lambda uow: transcript.transcript(uow, of), read_only=True)
        return [line.delivery for line in lines]


async def until(condition: Callable[[], bool], seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "not in time"
        await asyncio.sleep(0.005)


@pytest.fixture
def office(any_db: Database, clock: ManualClock) -> Office:
    return Office(any_db, clock, Chats())


@asynccontextmanager
async def sending(office: Office, chats: Chats | None = None, **how: Any) -> AsyncIterator[None]:
    """While this lasts a sender runs."""
    chats = chats or office.chats
    sender = OutboxSender(office.db, {ACCOUNT: chats}, **{"overall_per_second": 1_000, **how})
    running = asyncio.create_task(sender.run())
    try:
        yield
    finally:
        chats.released.set()
        running.cancel()
        await asyncio.wait({running})


async def test_a_chat_gets_its_messages_in_order_and_one_a_second(office: Office) -> None:
    for number in range(3):
        for chat in ("a", "b"):
            office.post(chat, f"{chat}{number}")
    async with sending(office):
        for number in range(3):
            await office.settle()
            for chat in ("a", "b"):
                assert office.chats.sent[chat] == [f"{chat}{n}" for n in range(number + 1)]
            await office.advance(0.9)
            assert len(office.chats.sent["a"]) == number + 1
            await office.advance(0.1)
    assert office.deliveries("a") == ["sent"] * 3


async def test_many_senders_at_once_keep_the_order_and_send_nothing_twice(office: Office) -> None:
    office.chats.seconds = 0.01
    chats = [f"c{n}" for n in range(6)]
    async with sending(office, per_chat_seconds=0), sending(office, per_chat_seconds=0):
        for number in range(6):
            for chat in chats:
                office.post(chat, f"{chat}-{number}")
        await until(lambda: len(office.chats.order) == 36)
        await office.settle()
    for chat in chats:
        assert office.chats.sent[chat] == [f"{chat}-{number}" for number in range(6)]


async def test_danger_overtakes_what_waits_in_other_chats(office: Office) -> None:
    for number in range(5):
        office.post(f"c{number}", f"biasa {number}")
    office.post("d", "bahaya", urgent=True)
    async with sending(office, parallel=1):
        await office.settle()
    assert office.chats.order[0] == "bahaya"


async def test_danger_does_not_wait_for_the_pace_of_its_chat(office: Office) -> None:
    async with sending(office):
        office.post("a", "biasa")
        await until(lambda: office.chats.sent["a"] == ["biasa"])
        office.post("a", "bahaya", urgent=True)
        await office.settle()
    assert office.chats.sent["a"] == ["biasa", "bahaya"]


async def test_a_bot_reply_is_dropped_once_somebody_else_holds_the_chat(office: Office) -> None:
    office.post("a", "dari asisten", sender=Sender.BOT, epoch=0)
    office.post("a", "dari sistem")
    one = office.conversation("a")
    office.db.run_sync(lambda uow: change_holder(uow, one, Holder.WORKER))
    async with sending(office):
        await office.settle()
    assert office.chats.sent["a"] == ["dari sistem"]
    assert office.deliveries("a") == ["dropped", "sent"]


async def test_no_race_of_a_claim_against_a_reply_puts_the_assistant_s_words_after_the_worker_s(office: Office) -> None:
    office.chats.seconds = 0.02
    staff = worker(office.db)
    chats = [f"r{n}" for n in range(RACES)]
    for chat in chats:
        # They are there: to somebody who has left nothing is said by itself.
        client_says(office.db, office.conversation(chat), "halo")
    queued = {chat: wait(office.db, office.conversation(chat)).handoff_id for chat in chats}
    claiming = asyncio.Semaphore(8)

    async def claim(chat: str) -> None:
        async with claiming:
            await asyncio.sleep(random.random() * 0.02)
            await office.db.run(lambda uow: handoff.claim(uow, queued[chat], staff, wording))

    async def reply(chat: str) -> None:
        # Made before the claim, and posted at any moment around it: the worst that a slow turn could do.
        async with claiming:
            await asyncio.sleep(random.random() * 0.02)
            await asyncio.to_thread(office.post, chat, "dari asisten", sender=Sender.BOT, epoch=1)

    async with sending(office, per_chat_seconds=0):
        races = [act(chat) for chat in chats for act in random.sample([claim, reply], 2)]
        await asyncio.gather(*races)
        await until(lambda: sum("utter_worker_joined" in text for text in office.chats.order) == RACES)
        await office.settle()
    for chat in chats:
        assert "utter_worker_joined" in office.chats.sent[chat][-1]
        assert len(office.chats.sent[chat]) <= 2


async def test_when_the_channel_asks_to_wait_that_chat_waits_in_order_and_others_go_on(office: Office) -> None:
    office.chats.trouble["a"] = [RetryLater(7, "limit")]
    office.post("a", "pertama")
    office.post("a", "kedua")
    async with sending(office):
        await office.settle()
        office.post("b", "lain")
        await office.advance(6.9)
        assert office.chats.sent["a"] == []
        assert office.chats.sent["b"] == ["lain"]
        await office.advance(0.1)
        await office.advance(1)
    assert office.chats.sent["a"] == ["pertama", "kedua"]
    assert office.deliveries("a") == ["sent", "sent"]


async def test_a_chat_that_cannot_be_reached_is_given_up_and_holds_up_nobody(office: Office) -> None:
    office.chats.trouble["a"] = [Undeliverable("blocked")]
    for chat in ("a", "b"):
        office.post(chat, "halo")
    office.post("a", "masih di sana?")
    async with sending(office):
        await office.settle()
        await office.advance(1)
    assert office.deliveries("a") == ["failed", "sent"]
    assert office.chats.sent["b"] == ["halo"]


async def test_a_connection_that_broke_after_sending_is_tried_again_and_shown_as_maybe_twice(office: Office) -> None:
    office.chats.trouble["a"] = [MaybeArrived(3, "connection lost")]
    office.post("a", "halo")
    async with sending(office):
        await office.settle()
        await office.advance(3)
    assert office.chats.sent["a"] == ["halo"]
    assert office.deliveries("a") == ["repeated"]


async def test_an_unexpected_failure_stops_only_its_own_chat_until_its_time_is_over(office: Office) -> None:
    office.chats.trouble["a"] = [RuntimeError("broken on purpose")]
    office.post("a", "halo")
    async with sending(office):
        await until(lambda: office.chats.begun == ["halo"])
        office.post("b", "lain")
        await until(lambda: office.chats.sent["b"] == ["lain"])
        assert office.chats.sent["a"] == []
        await office.advance(SENDING_LASTS.total_seconds() + 1)
        await until(lambda: office.chats.sent["a"] == ["halo"])
    assert office.deliveries("a") == ["repeated"]


async def test_what_a_dead_process_was_sending_is_sent_again_and_shown_as_maybe_twice(office: Office) -> None:
    dead, alive = Chats(), office.chats
    dead.hangs = {"a"}
    office.post("a", "pertama")
    office.post("a", "kedua")
    async with sending(office, dead, parallel=1):
        await until(lambda: dead.begun == ["pertama"])
        # From here on the first sender is as good as killed: the message left, and is never marked.
        office.stuck = {"a"}
        async with sending(office, alive):
            await office.advance(SENDING_LASTS.total_seconds() - 1)
            assert alive.sent["a"] == []
            office.stuck = set()
            await office.advance(2)
            await office.advance(1)
    assert alive.sent["a"] == ["pertama", "kedua"]
    assert office.deliveries("a") == ["repeated", "sent"]


async def test_a_sender_that_was_cut_off_and_comes_back_does_not_send_a_third_time(
    office: Office, clock: ManualClock
) -> None:
    cut_off, alive = Chats(), office.chats
    cut_off.hangs = {"a"}
    cut_off.trouble["a"] = [MaybeArrived(1, "connection lost")]
    office.post("a", "pertama")
    async with sending(office, cut_off, parallel=1):
        await until(lambda: cut_off.begun == ["pertama"])
        office.stuck = {"a"}
        async with sending(office, alive):
            office.stuck = set()
            await office.advance(SENDING_LASTS.total_seconds() + 1)
            await until(lambda: alive.sent["a"] == ["pertama"])
            cut_off.released.set()
            await asyncio.sleep(0.2)
            clock.advance(5)
            office.db.wakeups.wake_all()
            await asyncio.sleep(0.3)
    assert alive.sent["a"] == ["pertama"]
    assert cut_off.begun == ["pertama"]
    assert office.deliveries("a") == ["repeated"]


async def test_a_stop_lets_what_is_on_its_way_arrive_and_be_marked(office: Office) -> None:
    office.chats.seconds = 0.5
    office.post("a", "halo")
    async with sending(office):
        await until(lambda: office.chats.begun == ["halo"])
    assert office.deliveries("a") == ["sent"]


async def test_nothing_is_sent_for_an_account_that_is_not_served_here(office: Office) -> None:
    elsewhere = office.db.run_sync(lambda uow: create_conversation(uow, "telegram", "telegram:2", "x", "id"))
    office.db.run_sync(lambda uow: post(uow, elsewhere, Reply("utter_test", "x", "id"), sender=Sender.SYSTEM))
    async with sending(office):
        await office.settle()
    assert office.chats.sent["x"] == []
