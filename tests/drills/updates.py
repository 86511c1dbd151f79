"""Updates come a fifth twice, a tenth out of order, twenty at a time: each has exactly one effect, in order."""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from fastapi import FastAPI
from sqlalchemy import text

from bot.channels.telegram import webhook
from bot.channels.telegram.account import TelegramAccount
from bot.channels.telegram.webhook import PATH
from bot.conversation import intake
from bot.conversation.model import Conversation, DialogueMemory, Inbound, Pending, Received, Reply
from bot.conversation.outbox import OutboxSender
from bot.conversation.turn import Thought
from bot.storage.encryption import MasterKey
from bot.storage.engine import make_engine
from bot.storage.migrate import upgrade
from bot.storage.unit_of_work import Database
from tests.conftest import new_postgres_database
from tests.conversation.harness import Script, runner
from tests.doubles import updates
from tests.doubles.bot_api import BotApi
from tests.doubles.serving import serve
from tests.drills.account import Account, account, unsettled

SECRET = "a-secret-of-the-webhook"
FULL, SHORT = 10_000, 2_000
OF_A_CHAT, FIRST_CHAT = 16, 1_000
PATIENCE = 0.15
"""Seconds for each update at most: it takes a tenth of that; more only while the machine does other things."""
SETTLES = {True: timedelta(seconds=10), False: timedelta(seconds=2)}
"""How long a missing predecessor is waited for, on SQLite or not, instead of 300 ms: twenty posts at once on a busy
machine spread wider than that. SQLite's writers do not queue, they try again: one can be late by seconds.
"""


class Echo(Script):
    """Answers with the message it answers, so that the order can be seen on the phone."""

    async def __call__(self, conversation: Conversation, pending: Pending, memory: DialogueMemory) -> Thought:
        await super().__call__(conversation, pending, memory)
        return Thought((Reply("utter_ok", f"re: {pending.text}", "id"),), (), {"v": 1}, None)


async def nothing() -> None:
    """No trouble beside the load."""


async def drill(api: BotApi, db: Database, count: int, meanwhile: Callable[[], Awaitable[None]] = nothing) -> Account:
    """Deliver by webhook, let two runners and the sender work, hold them to account. `meanwhile` happens beside it."""
    chats = push(api, count)

    async def receive(inbound: Inbound) -> Received:
        return await db.run(lambda uow: intake.receive(uow, inbound))

    telegram = TelegramAccount(
        api.token, receive, api_url=api.url, webhook_url="https://contoh.test", webhook_secret=SECRET
    )
    assert telegram.router is not None
    app = FastAPI()
    app.include_router(telegram.router)
    script = Echo()
    sender = OutboxSender(db, {telegram.account: telegram.channel}, per_chat_seconds=0, overall_per_second=1_000)
    jobs = [sender.run(), *(runner(db, script).run() for _ in range(2))]
    running = [asyncio.create_task(job) for job in (*jobs, meanwhile())]
    try:
        with patch.object(webhook, "SETTLE", SETTLES[db.is_sqlite]), serve(app) as address:
            delivering = api.deliver(f"{address}{PATH}", SECRET, duplicates=0.2, out_of_order=0.1)
            done = await asyncio.wrap_future(delivering)
        assert done.given_up == 0
        assert done.posts >= count * 1.15
        know_your_tables(db)
        deadline = time.monotonic() + count * PATIENCE
        while len(api.sent) < count or unsettled(db, chats, count):
            assert time.monotonic() < deadline, "not in time"
            await asyncio.sleep(0.5)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await telegram.close()
    found = account(db, api, f"{count:,} updates on {db.engine.dialect.name}", chats, most_repeats=0)
    in_order = sum(heard(api, chat) == numbers for chat, numbers in chats.items())
    return replace(
        found,
        unanswered=found.unanswered + count - found.messages,
        out_of_order=found.out_of_order + len(chats) - in_order,
    )


def push(api: BotApi, count: int) -> dict[int, list[int]]:
    """Everybody writes a few lines in a row, then somebody else; no more than the flood limit allows each."""
    chance = random.Random(1)
    chats = [FIRST_CHAT + number % (count // OF_A_CHAT) for number in range(count // 4)]
    chance.shuffle(chats)
    said: dict[int, list[int]] = defaultdict(list)
    for number in range(1, count + 1):
        chat = chats[(number - 1) // 4]
        said[chat].append(number)
        api.push(updates.text(number, chat, f"{chat} {number}"))
    assert max(len(numbers) for numbers in said.values()) < 30
    return dict(said)


def heard(api: BotApi, chat: int) -> list[int]:
    """The numbers of the messages that this phone got answers to, each once."""
    return list(dict.fromkeys(int(sent.text.split()[-1]) for sent in api.sent_to(chat)))


def know_your_tables(db: Database) -> None:
    """PostgreSQL learns what its tables hold once a minute by itself; an empty database that fills in seconds can't."""
    if not db.is_sqlite:
        db.run_sync(lambda uow: uow.db.execute(text("ANALYZE")))


def run(*, short: bool) -> Iterator[Account]:
    """On both databases."""
    with tempfile.TemporaryDirectory() as folder:
        for place in (nullcontext(f"sqlite:///{Path(folder) / 'drill.db'}"), new_postgres_database()):
            with place as url, BotApi() as api:
                upgrade(url)
                db = Database(make_engine(url), MasterKey(b"k" * 32))
                yield asyncio.run(drill(api, db, SHORT if short else FULL))
                db.engine.dispose()
