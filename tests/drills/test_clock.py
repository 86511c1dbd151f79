"""A clock that is set, forward or back: leases, sessions, deliveries and retention are safe."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from bot.accounts.sessions import find_session
from bot.clock import ManualClock
from bot.conversation import turn_store
from bot.conversation.store import conversation
from bot.handoff import service as handoffs
from bot.handoff.store import handoff
from bot.retention.content import load_retention
from bot.storage.ledger import Ledger
from bot.storage.unit_of_work import Database, UnitOfWork
from bot.upkeep import QUIET, Upkeep
from tests.accounts.people import join, worker
from tests.conversation.harness import Script, inbound, receive, responses, runner, work_off
from tests.doubles.bot_api import BotApi
from tests.drills.clock import SHORT, jumping
from tests.handoff.builders import claimed, say

HOUR, DAY, TEN_YEARS = 3600.0, 86_400.0, 3650 * 86_400.0


def test_messages_keep_their_order_while_the_clock_jumps(sqlite_url: str) -> None:
    with BotApi() as api:
        found = jumping(sqlite_url, api, SHORT)
    assert found.kept, str(found)


async def test_a_dead_runner_blocks_no_chat_when_the_clock_goes_back(any_db: Database, clock: ManualClock) -> None:
    talk = receive(any_db, inbound("1"))
    assert any_db.run_sync(lambda uow: turn_store.claim(uow, "dead")) is not None
    clock.advance(-HOUR)

    assert await work_off(any_db, runner(any_db, Script())) == 1

    assert responses(any_db, talk) == ["utter_ok"]


async def test_a_runner_whose_lease_ended_by_a_jump_forward_leaves_no_trace(
    any_db: Database, clock: ManualClock
) -> None:
    talk = receive(any_db, inbound("1"))
    turns = runner(any_db, Script())
    late = any_db.run_sync(lambda uow: turn_store.claim(uow, "r1"))
    assert late is not None
    clock.advance(HOUR)
    assert await work_off(any_db, runner(any_db, Script()), "r2") == 1

    with pytest.raises(turn_store.LeaseLost):
        await turns.turn(late)

    assert responses(any_db, talk) == ["utter_ok"]


def test_a_vanished_worker_keeps_nobody_waiting_when_the_clock_goes_back(any_db: Database, clock: ManualClock) -> None:
    handoff_id, _ = claimed(any_db, worker(any_db))
    clock.advance(-HOUR)
    assert any_db.run_sync(lambda uow: handoffs.expire_leases(uow, say)) == 1
    assert (
        any_db.run_sync(
            lambda uow: uow.db.execute(select(handoff.c.state).where(handoff.c.id == handoff_id)).scalar_one()
        )
        == "queued"
    )


@pytest.mark.parametrize("seconds", [-HOUR, HOUR])
def test_a_session_ends_rather_than_live_longer(any_db: Database, clock: ManualClock, seconds: float) -> None:
    token = join(any_db).token
    clock.advance(seconds)
    assert any_db.run_sync(lambda uow: find_session(uow, token)) is None


class Time:
    """What goes by, whatever the clock says."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def running() -> Time:
    return Time()


@pytest.fixture
def upkeep(any_db: Database, tmp_path: Path, running: Time) -> Upkeep:
    return Upkeep(any_db, Ledger(tmp_path / "destroyed.txt"), tmp_path / "anchors.txt", load_retention(), running)


async def talked(db: Database) -> str:
    talk = receive(db, inbound("1"))
    await work_off(db, runner(db, Script()))
    return talk


def there(db: Database, talk: str) -> bool:
    query = select(conversation.c.id).where(conversation.c.id == talk, conversation.c.deleted_at.is_(None))
    return db.run_sync(lambda uow: uow.db.execute(query).first()) is not None


async def test_nothing_is_let_go_by_a_clock_that_was_set_ten_years_ahead(
    any_db: Database, clock: ManualClock, upkeep: Upkeep, running: Time
) -> None:
    talk, began = await talked(any_db), upkeep.began()
    clock.advance(TEN_YEARS)
    for _ in range(48):
        running.seconds += HOUR
        clock.advance(HOUR)
        assert not await upkeep.let_go_if_the_clock_is_right(began)
    assert there(any_db, talk)


async def test_a_machine_that_wakes_up_in_a_wrong_year_has_a_day_to_be_set_right(
    any_db: Database, clock: ManualClock, upkeep: Upkeep, running: Time
) -> None:
    talk = await talked(any_db)
    clock.advance(TEN_YEARS)
    began = upkeep.began()
    assert not await upkeep.let_go_if_the_clock_is_right(began)
    assert there(any_db, talk)

    # Nobody set it: it was right, and nobody had written for long.
    running.seconds += DAY
    clock.advance(DAY)
    assert await upkeep.let_go_if_the_clock_is_right(began)
    assert not there(any_db, talk)


async def test_while_people_write_nothing_waits(any_db: Database, clock: ManualClock, upkeep: Upkeep) -> None:
    await talked(any_db)
    clock.advance((QUIET - timedelta(days=1)).total_seconds())
    assert await upkeep.let_go_if_the_clock_is_right(upkeep.began())


async def test_two_slots_of_one_runner_are_two_when_a_lease_ends_by_a_jump_forward(
    any_db: Database, clock: ManualClock
) -> None:
    talk = receive(any_db, inbound("1"), inbound("2"))
    script = Script()
    script.gate = asyncio.Event()
    with capture_logs() as logs:
        running = asyncio.create_task(runner(any_db, script).run())
        await until(any_db, lambda uow: leased(uow, talk) is not None)
        first = any_db.run_sync(lambda uow: leased(uow, talk))
        clock.advance(HOUR)
        any_db.run_sync(lambda uow: uow.wake("turn"))
        await until(any_db, lambda uow: leased(uow, talk) != first)
        script.gate.set()
        await until(any_db, lambda uow: leased(uow, talk) is None)
        await asyncio.sleep(0.2)
        running.cancel()

    assert responses(any_db, talk) == ["utter_ok", "utter_ok"]
    assert [line["event"] for line in logs if line["log_level"] == "error"] == []


def leased(uow: UnitOfWork, talk: str) -> datetime | None:
    """Until when; None when nobody holds it."""
    until: datetime | None = uow.db.execute(
        select(conversation.c.lease_until).where(conversation.c.id == talk)
    ).scalar_one()
    return until


async def until(db: Database, holds: Callable[[UnitOfWork], bool]) -> None:
    async with asyncio.timeout(20):
        while not await db.run(holds, read_only=True):
            await asyncio.sleep(0.02)
