"""Quick exit on Telegram: what can be deleted goes, what stays is said, and no trouble stops the exit."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from bot.channels.telegram.account import TelegramAccount
from bot.channels.telegram.client import BackOff
from bot.clock import ManualClock
from bot.conversation import intake
from bot.conversation import sweep as sweeping
from bot.conversation.model import Command, Inbound, Received, Reply, Sender
from bot.conversation.outbox import OutboxSender
from bot.conversation.ports import Effect
from bot.conversation.store import conversation, inbox, outbox, sweep
from bot.conversation.sweep import MAX_ATTEMPTS, Sweeper
from bot.conversation.transcript import post
from bot.conversation.turn import TurnRunner
from bot.effects import make_effects
from bot.storage.unit_of_work import Database
from tests.conversation.harness import CATALOGUE, Script, runner
from tests.doubles.bot_api import BotApi
from tests.doubles.phone import User

CHAT = 1001
EFFECTS: dict[str, Effect] = dict(
    make_effects(CATALOGUE.say, "Rumah Aman", lambda lang, region: "110", "https://chat.test")
)
CLOSED = CATALOGUE.say("utter_quick_exit", "id", {})


class Leaving(Script):
    """Answers "ok", and to /keluar what the assistant says and asks for at a quick exit."""

    async def __call__(self, conversation, pending, memory):  # type: ignore[no-untyped-def]
        leaves = pending.payload == "/quick_exit"
        self.commands = (Command("quick_exit"),) if leaves else ()
        thought = await super().__call__(conversation, pending, memory)
        return type(thought)((CLOSED,), thought.commands, {}, None) if leaves else thought


class Line:
    """The bot behind the double: polling, turns, sender and sweeper, on the test's database."""

    def __init__(self, api: BotApi, db: Database, clock: ManualClock) -> None:
        self.api, self.db, self.clock = api, db, clock
        self.account = TelegramAccount(
            api.token, self._store, api_url=api.url, long_poll_s=1, back_off=lambda: BackOff(0.01, 0.05)
        )
        channels = {self.account.account: self.account.channel}
        self.turns: TurnRunner = runner(db, Leaving(), EFFECTS)
        self.sender = OutboxSender(db, channels, per_chat_seconds=0)
        self.sweeper = Sweeper(db, channels, CATALOGUE.say)

    async def _store(self, inbound: Inbound) -> Received:
        return await self.db.run(lambda uow: intake.receive(uow, inbound))

    def talk(self) -> str:
        with self.db.unit(read_only=True) as uow:
            return uow.db.execute(select(conversation.c.id)).scalar_one()

    async def swept(self) -> None:
        """Until the sweep that was asked for is over."""
        assert await self.eventually(lambda: bool(self.open_sweeps()))
        self.clock.advance(3)
        for _ in range(100):
            if not self.open_sweeps():
                return
            if not await self.sweeper.once():
                self.clock.advance(5)
        raise AssertionError("the sweep does not end")

    def open_sweeps(self) -> list[str]:
        with self.db.unit(read_only=True) as uow:
            return list(uow.db.execute(select(sweep.c.id)).scalars())

    async def eventually(self, condition) -> bool:  # type: ignore[no-untyped-def]
        for _ in range(500):
            if condition():
                return True
            await asyncio.sleep(0.02)
        return False

    async def hears(self, count: int) -> None:
        """Until so many messages of the bot have arrived and are marked as sent."""

        def sent() -> int:
            with self.db.unit(read_only=True) as uow:
                return len(uow.db.execute(select(outbox.c.id).where(outbox.c.state == "sent")).all())

        assert await self.eventually(lambda: sent() >= count)


@pytest.fixture
def api() -> BotApi:  # type: ignore[misc]
    with BotApi() as server:
        yield server


@pytest.fixture
async def line(api: BotApi, db: Database, clock: ManualClock) -> AsyncIterator[Line]:
    line = Line(api, db, clock)
    jobs = [asyncio.create_task(job()) for job in (line.account.run, line.turns.run, line.sender.run)]
    yield line
    for job in jobs:
        job.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*jobs, return_exceptions=True)
    await line.account.close()


@pytest.fixture
def rina(api: BotApi) -> User:
    return api.user(CHAT)


async def test_both_sides_messages_go_and_only_the_neutral_words_stay(api: BotApi, line: Line, rina: User) -> None:
    rina.says("suami saya memukul saya")
    await line.hears(1)
    rina.says("saya takut pulang")
    await line.hears(2)
    rina.says("/keluar")
    await line.hears(3)
    await line.swept()
    assert [message.text for message in rina.screen] == [CLOSED.text]
    assert api.on_screen(CHAT) == 1, "the person's own messages are gone, too"
    assert len(api.called("deleteMessages")) == 1
    with line.db.unit(read_only=True) as uow:
        assert uow.db.execute(select(inbox.c.ref).where(inbox.c.ref.is_not(None))).all() == []


async def test_what_is_older_than_two_days_stays_and_is_said(api: BotApi, line: Line, rina: User) -> None:
    rina.says("cerita lama")
    await line.hears(1)
    line.clock.advance(49 * 3600)
    api.two_days_pass()
    rina.says("cerita baru")
    await line.hears(2)
    rina.says("/keluar")
    await line.hears(3)
    await line.swept()
    await line.hears(4)
    assert [message.text for message in rina.screen][-1].startswith("2 pesan lama tidak bisa dihapus dari sini.")
    assert api.on_screen(CHAT) == 4  # two old ones, the neutral words, what stays
    assert len(api.called("deleteMessages")) == 1


async def test_what_telegram_refuses_stays_and_is_said(api: BotApi, line: Line, rina: User) -> None:
    rina.says("halo")
    await line.hears(1)
    api.two_days_pass()  # Telegram's clock is not ours
    rina.says("/keluar")
    await line.hears(2)
    await line.swept()
    await line.hears(3)
    assert rina.screen[-1].text.startswith("2 pesan lama")


@pytest.mark.parametrize("status", [429, 502])
async def test_trouble_at_telegram_delays_the_sweep_and_not_the_exit(
    api: BotApi, line: Line, rina: User, status: int
) -> None:
    rina.says("halo")
    await line.hears(1)
    if status == 429:
        api.limit(2, method="deleteMessages")
    else:
        api.fail(502, method="deleteMessages", times=2)
    rina.says("/keluar")
    await line.hears(2)
    assert CLOSED.text in [message.text for message in rina.screen], "the exit itself came at once"
    await line.swept()
    assert [message.text for message in rina.screen] == [CLOSED.text]


async def test_trouble_that_does_not_pass_ends_with_honest_words(api: BotApi, line: Line, rina: User) -> None:
    rina.says("halo")
    await line.hears(1)
    api.fail(500, method="deleteMessages", times=MAX_ATTEMPTS + 1)
    rina.says("/keluar")
    await line.hears(2)
    await line.swept()
    await line.hears(3)
    assert rina.screen[-1].text.startswith("3 pesan lama")


async def test_a_person_who_blocks_the_bot_ends_the_sweep_in_silence(api: BotApi, line: Line, rina: User) -> None:
    rina.says("halo")
    await line.hears(1)
    rina.says("/keluar")
    await line.hears(2)
    rina.blocks()
    await line.swept()
    assert len(api.sent_to(CHAT)) == 2


async def test_nothing_of_the_assistants_arrives_after_the_exit_but_a_workers_line_does(
    api: BotApi, line: Line, rina: User
) -> None:
    rina.says("halo")
    await line.hears(1)
    talk = line.talk()
    with line.db.unit() as uow:
        post(uow, talk, Reply("utter_ok", "terlambat", "id"), sender=Sender.BOT, epoch=0)
        post(uow, talk, Reply("", "dari petugas", "id"), sender=Sender.WORKER)
        sweeping.ask(uow, talk)
        uow.commit()
    await line.hears(2)
    assert [message.text for message in rina.screen][1:] == ["dari petugas"]


async def test_a_second_exit_asks_only_for_what_came_since(api: BotApi, line: Line, rina: User) -> None:
    for exits in (1, 2):
        rina.says("halo")
        await line.hears(exits * 2 - 1)
        rina.says("/keluar")
        await line.hears(exits * 2)
        await line.swept()
    asked = [call.params["message_ids"].count(",") + 1 for call in api.called("deleteMessages")]
    assert asked == [3, 4]  # the second time the first exit's neutral words as well


def test_the_web_chat_clears_itself_and_needs_no_sweep(db: Database) -> None:
    with db.unit() as uow:
        talk = intake.create_conversation(uow, "web", "web", "c", "id")
        sweeping.ask(uow, talk)
        assert uow.db.execute(select(sweep)).all() == []
