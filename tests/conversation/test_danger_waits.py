"""Danger is seen and answered whatever else goes wrong: Rasa dead or hanging, a slow database, a flood."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from sqlalchemy import select, text

from bot.assistant.catalogue import load_catalogue
from bot.conversation import intake
from bot.conversation.lookout import Lookout
from bot.conversation.model import Kind, Sender
from bot.conversation.store import inbox
from bot.conversation.turn import TurnRunner
from bot.guard import DangerGuard
from bot.safety.model import Risk
from bot.safety.service import alerts_of
from bot.storage.encryption import MasterKey
from bot.storage.engine import make_engine
from bot.storage.unit_of_work import Database
from tests.conversation.harness import COVER, Script, inbound, receive, responses, said
from tests.safety.conftest import danger_model

__all__ = ["danger_model"]

DANGER = "dia di depan pintu bawa pisau"
STORY = "saya sering bertengkar dengan suami soal uang"
REPLY = "utter_danger_violence_now"
CATALOGUE = load_catalogue()
RUNNERS = 2


@pytest.fixture
def ticking(any_url: str) -> Iterator[Database]:
    """Each database, with the machine's own clock."""
    db = Database(make_engine(any_url), MasterKey(b"k" * 32))
    yield db
    db.engine.dispose()


@contextlib.asynccontextmanager
async def living(db: Database, script: Script, *, lookout: bool = True) -> AsyncIterator[None]:
    """The turns and the lookout at work, with the real guard."""
    guard = DangerGuard(CATALOGUE.say, production=False)
    turns = TurnRunner(
        db,
        think=script,
        guard=guard,
        cover=COVER,
        matters=(),
        effects={},
        word=CATALOGUE.say,
        contacts=lambda lang, region: "110",
        parallel=RUNNERS,
    )
    jobs = [turns.run(), *([Lookout(db, guard, COVER).run()] if lookout else [])]
    if not db.is_sqlite:
        jobs.append(db.wakeups.listen(db.engine))
    running = [asyncio.create_task(job) for job in jobs]
    await asyncio.to_thread(guard.assess, "halo", (), None)
    try:
        yield
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def tell(db: Database, update: str, words: str, chat: str) -> str:
    found = await db.run(lambda uow: intake.receive(uow, inbound(update, words, chat=chat)))
    return found.conversation


async def eventually(look: Any, seconds: float = 15.0) -> None:
    async with asyncio.timeout(seconds):
        while not await asyncio.to_thread(look):
            await asyncio.sleep(0.02)


def alerted(db: Database, conversation: str) -> list[Risk]:
    return [item.risk for item in db.run_sync(lambda uow: alerts_of(uow, conversation), read_only=True)]


async def is_heard(db: Database, conversation: str) -> None:
    """One alert, one fixed reply, and the person's words before it."""
    await eventually(lambda: REPLY in responses(db, conversation))
    assert alerted(db, conversation) == [Risk.IMMINENT]
    lines = [(line.sender, line.response) for line in said(db, conversation)]
    place = lines.index((Sender.SYSTEM, REPLY))
    assert (Sender.CLIENT, None) in lines[:place]
    assert lines.count((Sender.SYSTEM, REPLY)) == 1


async def test_with_rasa_dead(ticking: Database) -> None:
    script = Script()
    script.fails = "connect"
    async with living(ticking, script):
        await is_heard(ticking, await tell(ticking, "1", DANGER, "c1"))


async def test_behind_a_message_of_one_s_own_that_rasa_never_answers(ticking: Database) -> None:
    script = Script()
    script.seconds = 60
    async with living(ticking, script):
        talk = await tell(ticking, "1", STORY, "c1")
        await eventually(lambda: script.seconds == 60)
        await asyncio.sleep(0.3)  # the turn is with Rasa by now, and stays there
        await tell(ticking, "2", DANGER, "c1")
        await is_heard(ticking, talk)


async def test_while_every_runner_waits_for_a_rasa_that_hangs(ticking: Database) -> None:
    script = Script()
    script.seconds = 60
    async with living(ticking, script):
        for number in range(RUNNERS):
            await tell(ticking, f"s{number}", STORY, f"s{number}")
        await asyncio.sleep(0.3)
        await is_heard(ticking, await tell(ticking, "d", DANGER, "c1"))


async def test_in_the_middle_of_a_thousand_messages_of_the_same_person(ticking: Database) -> None:
    script = Script()
    talk = receive(ticking, inbound("0", "halo", chat="c1"))

    def flood(uow: Any) -> None:
        for number in range(1, 1001):
            words = DANGER if number == 500 else f"halo lagi {number}"
            intake.receive(uow, inbound(str(number), words, chat="c1"))

    async with living(ticking, script):
        await ticking.run(flood)
        await eventually(lambda: REPLY in responses(ticking, talk), 60)
        done = await ticking.run(_done, read_only=True)
        # Most of what stood before it had not had its turn yet.
        assert done < 450
        assert set(alerted(ticking, talk)) == {Risk.IMMINENT}
        assert responses(ticking, talk).count("utter_flood") <= 1


def _done(uow: Any) -> int:
    return len(uow.db.execute(select(inbox.c.id).where(inbox.c.done_at.is_not(None))).all())


async def test_with_a_database_that_is_locked_for_a_second(ticking: Database) -> None:
    locked = threading.Event()

    def hold() -> None:
        """Another program keeps every write waiting."""
        other = make_engine(str(ticking.engine.url.render_as_string(hide_password=False)))
        with other.connect() as connection, connection.begin():
            if not ticking.is_sqlite:
                connection.execute(text("LOCK TABLE alert, inbox, conversation IN EXCLUSIVE MODE"))
            locked.set()
            time.sleep(1.0)
        other.dispose()

    async with living(ticking, Script()):
        # Received before the lock, seen and answered after it: nothing is given up, nothing is said twice.
        holding = asyncio.create_task(asyncio.to_thread(hold))
        await asyncio.to_thread(locked.wait)
        talk = await tell(ticking, "1", DANGER, "c1")
        await is_heard(ticking, talk)
        await holding


async def test_two_who_look_at_once_answer_once(ticking: Database) -> None:
    guard = DangerGuard(CATALOGUE.say, production=False)
    talk = receive(ticking, inbound("1", DANGER, chat="c1"))
    await asyncio.sleep(0.15)
    await asyncio.gather(*(Lookout(ticking, guard, COVER).look() for _ in range(4)))
    async with living(ticking, Script(), lookout=False):
        await eventually(lambda: ticking.run_sync(_done, read_only=True) == 1)
    await is_heard(ticking, talk)


async def test_each_message_is_judged_once_and_in_the_context_of_those_before_it(db: Database) -> None:
    judged: list[tuple[str, tuple[str, ...]]] = []

    class Listening(DangerGuard):
        def assess(self, text: str, context: Any, asked: str | None) -> None:
            judged.append((text, tuple(context)))

    receive(db, inbound("1", "satu", chat="c1"), inbound("2", "dua", chat="c1"), inbound("3", "/x", kind=Kind.PRESS))
    db.clock.advance(1)  # type: ignore[attr-defined]  # the clock of tests
    lookout = Lookout(db, Listening(CATALOGUE.say, production=False), COVER)
    for _ in range(3):
        assert await lookout.look()
    receive(db, inbound("4", "tiga", chat="c1"))
    db.clock.advance(1)  # type: ignore[attr-defined]
    assert await lookout.look()
    assert judged == [("satu", ()), ("dua", ("satu",)), ("tiga", judged[-1][1])]
    assert judged[-1][1][:2] == ("satu", "dua")
