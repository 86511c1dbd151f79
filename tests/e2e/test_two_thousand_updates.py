"""Two thousand updates, a fifth of them twice, a tenth out of order, twenty at a time: each has exactly one effect."""

from __future__ import annotations

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import ColumnElement, Table, func, select, text

from bot.channels.telegram import webhook
from bot.channels.telegram.account import TelegramAccount
from bot.channels.telegram.webhook import PATH
from bot.conversation import intake
from bot.conversation.model import Conversation, DialogueMemory, Inbound, Pending, Received, Reply, Sender
from bot.conversation.outbox import OutboxSender
from bot.conversation.store import conversation, inbox, message, outbox
from bot.conversation.turn import Thought
from bot.storage.encryption import MasterKey
from bot.storage.engine import make_engine
from bot.storage.unit_of_work import Database
from tests.conversation.harness import Script, runner
from tests.doubles import updates
from tests.doubles.bot_api import BotApi
from tests.doubles.serving import serve

SECRET = "a-secret-of-the-webhook"
UPDATES, CHATS, FIRST_CHAT = 2_000, 125, 1_000
PATIENCE = 240.0
"""It takes half a minute; more only while the machine does other things."""


class Echo(Script):
    """Answers with the message it answers, so that the order can be seen on the phone."""

    async def __call__(self, conversation: Conversation, pending: Pending, memory: DialogueMemory) -> Thought:
        await super().__call__(conversation, pending, memory)
        return Thought((Reply("utter_ok", f"re: {pending.text}", "id"),), (), {"v": 1}, None)


@pytest.fixture
def live_db(any_url: str) -> Iterator[Database]:
    """A database whose clock runs."""
    database = Database(make_engine(any_url), MasterKey(b"k" * 32))
    yield database
    database.engine.dispose()


@pytest.fixture(autouse=True)
def _patient_settling(monkeypatch: pytest.MonkeyPatch, live_db: Database) -> None:
    """A missing predecessor is waited for 300 ms. Twenty posts at once on a busy machine spread wider than that.

    SQLite's writers do not queue, they try again: one of them can be late by seconds.
    """
    monkeypatch.setattr(webhook, "SETTLE", timedelta(seconds=10 if live_db.is_sqlite else 2))


async def test_each_of_two_thousand_updates_has_exactly_one_effect_in_order(api: BotApi, live_db: Database) -> None:
    said = push(api)
    script = Echo()

    async def receive(inbound: Inbound) -> Received:
        return await live_db.run(lambda uow: intake.receive(uow, inbound))

    account = TelegramAccount(
        api.token, receive, api_url=api.url, webhook_url="https://contoh.test", webhook_secret=SECRET
    )
    assert account.router is not None
    app = FastAPI()
    app.include_router(account.router)
    sender = OutboxSender(live_db, {account.account: account.channel}, per_chat_seconds=0, overall_per_second=1_000)
    jobs = [sender.run(), *(runner(live_db, script, name=name).run() for name in ("r1", "r2"))]
    running = [asyncio.create_task(job) for job in jobs]
    try:
        with serve(app) as address:
            delivering = api.deliver(f"{address}{PATH}", SECRET, duplicates=0.2, out_of_order=0.1)
            done = await asyncio.wrap_future(delivering)
        assert done.given_up == 0
        assert done.posts >= UPDATES * 1.15
        know_your_tables(live_db)
        await until(lambda: len(api.sent) >= UPDATES)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await account.close()

    assert heard_by_chat(script.heard) == said
    for chat, numbers in said.items():
        assert [sent.text for sent in api.sent_to(chat)] == [f"re: {chat} {number}" for number in numbers]
    assert transcripts(live_db) == {chat: ["client", "bot"] * len(numbers) for chat, numbers in said.items()}
    assert leftovers(live_db) == (0, 0, 0)


def push(api: BotApi) -> dict[int, list[int]]:
    """Everybody writes a few lines in a row, then somebody else; no more than the flood limit allows each."""
    chance = random.Random(1)
    chats = [FIRST_CHAT + number % CHATS for number in range(UPDATES // 4)]
    chance.shuffle(chats)
    said: dict[int, list[int]] = defaultdict(list)
    for number in range(1, UPDATES + 1):
        chat = chats[(number - 1) // 4]
        said[chat].append(number)
        api.push(updates.text(number, chat, f"{chat} {number}"))
    assert max(len(numbers) for numbers in said.values()) < 30
    return dict(said)


def know_your_tables(db: Database) -> None:
    """PostgreSQL learns what its tables hold once a minute by itself; an empty database that fills in seconds can't."""
    if not db.is_sqlite:
        db.run_sync(lambda uow: uow.db.execute(text("ANALYZE")))


async def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "not in time"
        await asyncio.sleep(0.05)


def heard_by_chat(heard: list[str]) -> dict[int, list[int]]:
    chats = defaultdict(list)
    for words in heard:
        chat, number = words.split()
        chats[int(chat)].append(int(number))
    return dict(chats)


def transcripts(db: Database) -> dict[int, list[str]]:
    """Who spoke, in order, by chat: each line of a client is followed by its own answer."""
    with db.unit(read_only=True) as uow:
        chats = {
            row.id: int(uow.vault.open(row.id, "conversation", "chat", row.id, row.chat))
            for row in uow.db.execute(select(conversation.c.id, conversation.c.chat))
        }
        spoken = defaultdict(list)
        for row in uow.db.execute(select(message).order_by(message.c.conversation_id, message.c.number)):
            spoken[chats[row.conversation_id]].append(Sender(row.sender).value)
    return dict(spoken)


def leftovers(db: Database) -> tuple[int, int, int]:
    """Updates without an effect, messages not sent, messages that may have come twice."""

    def count(table: Table, condition: ColumnElement[bool]) -> int:
        return int(uow.db.execute(select(func.count()).select_from(table).where(condition)).scalar_one())

    with db.unit(read_only=True) as uow:
        undone = count(inbox, inbox.c.done_at.is_(None))
        return undone, count(outbox, outbox.c.state != "sent"), count(outbox, outbox.c.maybe_repeated.is_(True))
