"""Whatever people write, and whatever goes wrong over it, no word of it comes into a log at any level."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from bot.clock import ManualClock
from bot.conversation import intake
from bot.conversation.model import Conversation, DialogueMemory, Kind, Pending
from bot.conversation.ports import AssistantFailed, Thought
from bot.conversation.store import inbox
from bot.guard import DangerGuard
from bot.logs import configure_logs
from bot.storage.unit_of_work import Database
from tests.conversation.harness import CATALOGUE, OK, Script, inbound, runner

MESSAGES = 10_000
CHATS = 500
SHAPES = (
    "{}",
    "saya {} tolong",
    "%s %d %(name)s {} %%",
    "{{0}} {{x!r}} {}",
    "\x1b[31m{}\x1b[0m\r\nERROR bot.app: {}",
    "\N{RIGHT-TO-LEFT OVERRIDE}{}\N{ZERO WIDTH JOINER}\N{PILE OF POO}",
    "null\x00byte {}",
    '{{"text": "{}", "deep": [[[[[[]]]]]]}}',
    "<script>alert('{}')</script>",
    "Traceback (most recent call last):\n  File x\nValueError: {}",
    "'; DROP TABLE message; -- {}",
    "dia mau membunuh saya sekarang {}",
    "42:AAF-{} https://x.example/{}?q={}",
    "{}" + "a" * 3_900,
    "\ud7ff\ufffd {} \u0301\u0301\u0301",
)


def fuzzed(chance: random.Random, canary: str) -> str:
    """A message with the canary in it, among whatever people and attackers send."""
    text = chance.choice(SHAPES).replace("{{", "\1").replace("}}", "\2").replace("{}", canary)
    noise = "".join(chr(chance.choice((9, 10, 32, 37, 92, 123, 233, 0x627, 0x4E2D, 0x1F600))) for _ in range(5))
    return text.replace("\1", "{").replace("\2", "}") + noise


class Clumsy(Script):
    """An assistant that now and then breaks over what it was given, and says so with the person's words."""

    async def __call__(self, conversation: Conversation, pending: Pending, memory: DialogueMemory) -> Thought:
        self.heard.append(pending.text)
        match len(self.heard) % 50:
            case 7:
                raise AssistantFailed("timeout")
            case 11:
                raise ValueError(pending.text)
            case 13:
                raise KeyError(pending.text) from RuntimeError(pending.text)
        return Thought((OK,), (), {"v": 1}, None)


@pytest.fixture
def at_debug(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """As PENDAMPING_LOG_LEVEL=DEBUG has it."""
    configure_logs("DEBUG")
    logging.getLogger().addHandler(caplog.handler)
    yield
    configure_logs("INFO")


async def test_ten_thousand_fuzzed_messages_leave_no_word_in_any_log(
    at_debug: None,
    db: Database,
    clock: ManualClock,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    chance = random.Random(2026)
    canaries = [f"kenari{chance.randrange(16**10):010x}" for _ in range(MESSAGES)]
    turns = runner(db, Clumsy(), guard=DangerGuard(CATALOGUE.say, production=False))
    running = asyncio.ensure_future(turns.run())
    for start in range(0, MESSAGES, CHATS):
        with db.unit() as uow:
            for number in range(start, start + CHATS):
                text = fuzzed(chance, canaries[number])
                kind = Kind.EDIT if number % 9 == 0 else Kind.TEXT
                intake.receive(uow, inbound(str(number), text, chat=f"c{number % CHATS}", kind=kind))
            uow.commit()
        while waiting(db):
            await asyncio.sleep(0.05)
            clock.advance(3)  # what broke is tried again once its lease is over
            db.wakeups.signal({intake.TURN_TOPIC})  # the runner waits by the real clock
    running.cancel()
    logged = "".join(capfd.readouterr()) + caplog.text
    assert logged.count("turn.") > MESSAGES // 50
    assert "kenari" not in logged
    assert not [canary for canary in canaries if canary[6:] in logged]
    # Nor what the database hands out: a sealed text in a log outlives its deletion.
    assert "owner_key" not in logged


def waiting(db: Database) -> int:
    undone = select(func.count()).select_from(inbox).where(inbox.c.done_at.is_(None))
    return int(db.run_sync(lambda uow: uow.db.execute(undone).scalar_one(), read_only=True))
