"""Many at once: one owner for each conversation, the losers told who, and no word of the assistant after a claim."""

from __future__ import annotations

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Sequence

import pytest
from sqlalchemy import select
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.conversation.model import Button, Conversation, DialogueMemory, Pending, Sender
from bot.conversation.outbox import OutboxSender
from bot.conversation.ports import Thought
from bot.conversation.transcript import transcript
from bot.handoff import service
from bot.handoff.model import AlreadyClaimed
from bot.handoff.store import handoff
from bot.storage.unit_of_work import Database
from tests.accounts.people import worker
from tests.conversation.harness import Script, inbound, receive, runner, work_off
from tests.handoff.builders import say, wait
from tests.handoff.test_live import client_says

STAFF, CONVERSATIONS = 50, 200
RACES = 500
"""On each of the two databases: 1,000 in all."""
AT_ONCE = 25
ACCOUNT = "telegram:1"


def test_fifty_workers_and_two_hundred_conversations_at_once_one_owner_each(any_db: Database) -> None:
    staff = [worker(any_db, f"Petugas {number}") for number in range(STAFF)]
    waiting = [wait(any_db).handoff_id for _ in range(CONVERSATIONS)]
    outcomes: list[tuple[str, str, str]] = []
    start = threading.Barrier(STAFF)

    def take(number: int) -> None:
        start.wait()
        todo = waiting[::-1]
        while todo:
            try:
                any_db.run_sync(lambda uow: service.claim(uow, todo[-1], staff[number], say))
                outcomes.append((todo.pop(), "won", staff[number].designation))
            except AlreadyClaimed as lost:
                outcomes.append((todo.pop(), "lost", lost.by))
            except PoolTimeout:
                # Fifty share twenty connections: on a busy machine one waits too long, is told so, and clicks again.
                continue

    threads = [threading.Thread(target=take, args=(number,)) for number in range(STAFF)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(outcomes) == STAFF * CONVERSATIONS
    won = {handoff_id: by for handoff_id, outcome, by in outcomes if outcome == "won"}
    lost = CONVERSATIONS * (STAFF - 1)
    assert Counter(outcome for _, outcome, _ in outcomes) == {"won": CONVERSATIONS, "lost": lost}
    assert all(by == won[handoff_id] for handoff_id, _, by in outcomes)
    rows = any_db.run_sync(lambda uow: uow.db.execute(select(handoff)).all())
    designations = {who.id: who.designation for who in staff}
    assert {row.id: designations[row.claimant_id] for row in rows} == won


class Phones:
    """A channel that is a little slow, and keeps what arrives on each phone in its order."""

    def __init__(self) -> None:
        self.shown: dict[str, list[str]] = {}

    async def send(self, chat: str, text: str, buttons: Sequence[Button], lang: str) -> str:
        await asyncio.sleep(random.random() * 0.01)
        self.shown.setdefault(chat, []).append(text)
        return "1"

    async def typing(self, chat: str) -> None:
        return


class Interrupted(Script):
    """An assistant that is claimed over while it thinks, or just before, or just after."""

    def __init__(self, claim: dict[str, asyncio.Event]) -> None:
        super().__init__()
        self._claim = claim

    async def __call__(self, conversation: Conversation, pending: Pending, memory: DialogueMemory) -> Thought:
        thought = super().__call__(conversation, pending, memory)
        moment = asyncio.get_running_loop()
        moment.call_later(random.random() * 0.02, self._claim[conversation.id].set)
        await asyncio.sleep(random.random() * 0.02)
        return await thought


async def test_no_claim_that_races_with_a_reply_is_followed_by_the_assistant_s_words(any_db: Database) -> None:
    rani, phones, moments = worker(any_db), Phones(), dict[str, asyncio.Event]()
    talks, handoffs = {}, {}
    for number in range(RACES):
        talk = receive(any_db, inbound(f"u{number}", chat=f"c{number}", channel="telegram"))
        talks[talk], moments[talk] = f"c{number}", asyncio.Event()
        # They are there: to somebody who has left nothing is said by itself.
        client_says(any_db, talk, "tadi")
        handoffs[talk] = wait(any_db, talk).handoff_id
    turns = runner(any_db, Interrupted(moments))
    sender = OutboxSender(any_db, {ACCOUNT: phones}, per_chat_seconds=0, overall_per_second=10_000)  # type: ignore[dict-item]
    claims = asyncio.Semaphore(AT_ONCE)

    async def claim(talk: str) -> None:
        await moments[talk].wait()
        async with claims:
            await any_db.run(lambda uow: service.claim(uow, handoffs[talk], rani, say))

    jobs = [asyncio.create_task(job) for job in (turns.run(), sender.run())]
    await asyncio.gather(*(claim(talk) for talk in talks))
    joined = "[utter_worker_joined]"
    async with asyncio.timeout(240):
        while sum(any(joined in text for text in phones.shown.get(chat, ())) for chat in talks.values()) < RACES:
            await asyncio.sleep(0.05)
    for job in jobs:
        job.cancel()
    await asyncio.gather(*jobs, return_exceptions=True)

    spoke = 0
    for talk, chat in talks.items():
        lines = any_db.run_sync(lambda uow, of=talk: transcript(uow, of), read_only=True)
        claimed = next(line.number for line in lines if line.response == "utter_worker_joined")
        assert [line.text for line in lines if line.sender is Sender.BOT and line.number > claimed] == []
        assert joined in phones.shown[chat][-1], phones.shown[chat]
        spoke += any(line.sender is Sender.BOT for line in lines)
    # Both ways happened often: the reply before the claim, and the claim before the reply.
    assert RACES * 0.05 < spoke < RACES * 0.95


@pytest.mark.parametrize("step", ["claimed", "returned"])
async def test_a_reply_made_before_a_claim_is_not_sent_after_the_worker_has_left_again(db: Database, step: str) -> None:
    rani = worker(db)
    talk = receive(db, inbound("u1", channel="telegram", chat="c1"))
    of = wait(db, talk).handoff_id
    phones = Phones()
    turns = runner(db, Script())
    await work_off(db, turns)
    db.run_sync(lambda uow: service.claim(uow, of, rani, say))
    if step == "returned":
        db.run_sync(lambda uow: service.return_to_bot(uow, of, rani, say))
    sender = OutboxSender(db, {ACCOUNT: phones}, per_chat_seconds=0)  # type: ignore[dict-item]
    job = asyncio.create_task(sender.run())
    async with asyncio.timeout(20):
        while not phones.shown.get("c1") or (step == "returned" and len(phones.shown["c1"]) < 2):
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.1)
    job.cancel()
    await asyncio.gather(job, return_exceptions=True)
    assert all(text.startswith("[utter_worker_") for text in phones.shown["c1"])
