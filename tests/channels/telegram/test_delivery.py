"""Many updates, twice and out of order, in parallel; and a kill at the worst moment: one row each, in order."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections import defaultdict

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from bot.channels.telegram.translate import translate
from bot.channels.telegram.webhook import PATH, SETTLE, webhook_router
from bot.clock import ManualClock
from bot.config import ROOT
from bot.conversation.intake import receive
from bot.conversation.model import Inbound, Received
from bot.conversation.store import conversation, inbox
from bot.conversation.turn_store import claim, finish, mark_done
from bot.storage.encryption import MasterKey
from bot.storage.engine import make_engine
from bot.storage.unit_of_work import Database
from tests.channels.stored import Stored, stored
from tests.doubles import updates
from tests.doubles.bot_api import BotApi
from tests.doubles.serving import serve

SECRET = "a-secret-of-the-webhook"
ACCOUNT = "telegram:4242"
UPDATES, CHATS = 2_000, 50


def by_chat(rows: list[Stored]) -> dict[str, list[str]]:
    chats = defaultdict(list)
    for row in rows:
        chat, _, number = row.text.partition(" ")
        chats[chat].append(number)
    return chats


def test_parallel_duplicates_out_of_order_are_one_row_each_and_in_order(api: BotApi, any_db: Database) -> None:
    chance = random.Random(1)
    said: dict[str, list[str]] = defaultdict(list)
    for number in range(1, UPDATES + 1):
        chat = 1000 + chance.randrange(CHATS)
        said[str(chat)].append(str(number))
        api.push(updates.text(number, chat, f"{chat} {number}"))

    async def intake(inbound: Inbound) -> Received:
        return await any_db.run(lambda uow: receive(uow, inbound))

    app = FastAPI()
    app.include_router(webhook_router(intake, ACCOUNT, SECRET))
    with serve(app) as address:
        done = api.deliver(f"{address}{PATH}", SECRET, duplicates=0.2, out_of_order=0.1).result(240)
    assert done.given_up == 0
    assert done.posts >= UPDATES * 1.15
    rows = stored(any_db)
    assert [row.order for row in rows] == list(range(1, UPDATES + 1))
    assert by_chat(rows) == said
    with any_db.unit(read_only=True) as uow:
        assert uow.db.execute(select(func.count()).select_from(conversation)).scalar() == CHATS
        # Waiting ends: after the settling time nothing is held back for a predecessor.
        late = uow.db.execute(
            select(func.count()).select_from(inbox).where(inbox.c.ready_at > uow.now + SETTLE)
        ).scalar()
        assert late == 0


def arrive(db: Database, number: int, chat: int = 1001) -> None:
    inbound = translate(updates.text(number, chat, str(number)), ACCOUNT, SETTLE)
    assert inbound is not None
    db.run_sync(lambda uow: receive(uow, inbound))


def turns(db: Database) -> list[str]:
    """Whatever a runner would answer now, in its order."""
    answered = []
    with db.unit() as uow:
        while work := claim(uow, "runner"):
            while work:
                answered.append(work.pending.text)
                mark_done(uow, work.pending.inbox_id, "done")
                work = finish(uow, work)
        uow.commit()
    return answered


def test_an_update_waits_for_its_predecessor(any_db: Database, clock: ManualClock) -> None:
    arrive(any_db, 1)
    clock.advance(1)
    assert turns(any_db) == ["1"]
    arrive(any_db, 3)
    assert turns(any_db) == []
    clock.advance(0.2)
    arrive(any_db, 2)
    assert turns(any_db) == ["2", "3"]


def test_a_predecessor_that_never_comes_is_waited_for_no_longer_than_300_ms(
    any_db: Database, clock: ManualClock
) -> None:
    arrive(any_db, 1)
    clock.advance(1)
    assert turns(any_db) == ["1"]
    arrive(any_db, 3)
    clock.advance(0.299)
    assert turns(any_db) == []
    clock.advance(0.001)
    assert turns(any_db) == ["3"]


def test_an_update_waits_also_when_its_chat_is_busy_with_an_earlier_one(any_db: Database, clock: ManualClock) -> None:
    arrive(any_db, 1)
    clock.advance(1)
    with any_db.unit() as uow:
        work = claim(uow, "runner")
        uow.commit()
    assert work is not None
    arrive(any_db, 3)
    with any_db.unit() as uow:
        mark_done(uow, work.pending.inbox_id, "done")
        assert finish(uow, work) is None
        uow.commit()
    clock.advance(0.1)
    arrive(any_db, 2)
    assert turns(any_db) == ["2", "3"]


def test_a_chain_of_waiting_updates_is_let_go_together(any_db: Database, clock: ManualClock) -> None:
    arrive(any_db, 1)
    clock.advance(1)
    turns(any_db)
    for number in (5, 3, 4):
        arrive(any_db, number, chat=1000 + number)
    assert turns(any_db) == []
    arrive(any_db, 2, chat=1002)
    assert sorted(turns(any_db)) == ["2", "3", "4", "5"]


POLLER = """
import asyncio, os, signal, sys
from bot.channels.telegram.account import TelegramAccount
from bot.channels.telegram.client import BackOff
from bot.conversation.intake import receive
from bot.storage.encryption import MasterKey
from bot.storage.engine import make_engine
from bot.storage.unit_of_work import Database

database_url, api_url, token, deadly, moment = sys.argv[1:]
db = Database(make_engine(database_url), MasterKey(b"k" * 32))
stored = 0

async def intake(inbound):
    global stored
    if moment == "before" and stored == int(deadly):
        os.kill(os.getpid(), signal.SIGKILL)
    received = await db.run(lambda uow: receive(uow, inbound))
    stored += 1
    if moment == "after" and stored == int(deadly):
        os.kill(os.getpid(), signal.SIGKILL)
    return received

asyncio.run(TelegramAccount(token, intake, api_url=api_url, long_poll_s=1, back_off=lambda: BackOff(0.01, 0.1)).run())
"""


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_kill_before_the_acknowledgement_loses_nothing(api: BotApi, any_url: str, moment: str) -> None:
    rina = api.user(1001)
    for number in range(30):
        rina.says(str(number))

    def start(deadly: int) -> subprocess.Popen[bytes]:
        arguments = [any_url, api.url, api.token, str(deadly), moment]
        return subprocess.Popen([sys.executable, "-c", POLLER, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL)

    for deadly in (1, 7, 12):
        assert start(deadly).wait(60) == -signal.SIGKILL
        assert len(api.unconfirmed) > 0
    last = start(0 if moment == "after" else 1_000)
    try:
        assert api.wait_until(lambda: not api.unconfirmed, 60)
    finally:
        last.kill()
        last.wait()
    database = Database(make_engine(any_url), MasterKey(b"k" * 32))
    assert [row.text for row in stored(database)] == [str(number) for number in range(30)]
    database.engine.dispose()
