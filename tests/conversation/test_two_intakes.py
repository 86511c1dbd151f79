"""Two app processes take in messages of one chat: one of them is slow, or is cut off."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import bindparam, event, select

from bot.clock import ManualClock
from bot.conversation import intake, turn_store
from bot.conversation.model import Inbound
from bot.conversation.store import inbox
from bot.storage.encryption import MasterKey
from bot.storage.engine import make_engine
from bot.storage.unit_of_work import Database
from tests.conversation.harness import Script, inbound, receive, runner, work_off

SETTLE = timedelta(milliseconds=300)
WAITS = 0.5
ORDERS = select(inbox.c.order_key).where(inbox.c.conversation_id == bindparam("talk"))


def update(number: int, *, chat: str = "c1") -> Inbound:
    """Update `number` of a bot, as its webhook hands it over."""
    words = inbound(str(number), f"pesan {number}", chat=chat, channel="telegram")
    return replace(words, order=number, settle=SETTLE)


@pytest.fixture
def machines(postgres_url: str, clock: ManualClock) -> Iterator[tuple[Database, Database]]:
    """Two app processes with one database; the bot's update 1 of this chat was answered."""
    both = tuple(Database(make_engine(postgres_url), MasterKey(b"k" * 32), clock=clock) for _ in range(2))
    receive(both[0], replace(update(1), settle=timedelta()))
    with both[0].unit() as uow:
        work = turn_store.claim(uow, "r1")
        assert work is not None
        turn_store.mark_done(uow, work.pending.inbox_id, "answered")
        turn_store.finish(uow, work)
        uow.commit()
    yield both[0], both[1]
    for one in both:
        one.engine.dispose()


@contextmanager
def stalled_after_storing(db: Database) -> Iterator[None]:
    """What this machine takes in during the block is written, and not committed before the block ends."""
    stored, goes_on = threading.Event(), threading.Event()

    def stall(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("INSERT INTO inbox"):
            stored.set()
            goes_on.wait(30)

    event.listen(db.engine, "after_cursor_execute", stall)
    slow = threading.Thread(target=receive, args=(db, update(2)))
    slow.start()
    try:
        assert stored.wait(10)
        yield
    finally:
        goes_on.set()
        slow.join()
        event.remove(db.engine, "after_cursor_execute", stall)


async def test_a_message_that_is_committed_late_keeps_its_place(machines: tuple[Database, Database]) -> None:
    slow, quick = machines
    script = Script()
    receive(quick, update(3, chat="another"))
    quick.clock.advance(1)  # type: ignore[attr-defined]  # a manual clock
    await work_off(quick, runner(quick, script))
    with stalled_after_storing(slow):
        later = threading.Thread(target=receive, args=(quick, update(4)))
        later.start()
        later.join(WAITS)
        await work_off(quick, runner(quick, script))
    later.join()
    await work_off(quick, runner(quick, script))
    assert script.heard == ["pesan 3", "pesan 2", "pesan 4"]


def test_the_time_spent_on_waiting_for_another_intake_is_no_time_for_the_predecessor(
    machines: tuple[Database, Database], clock: ManualClock
) -> None:
    one, other = machines
    with one.unit() as holder:
        intake.receive(holder, update(9))
        later = threading.Thread(target=receive, args=(other, update(4)))
        later.start()
        later.join(WAITS)
        clock.advance(20)  # then the database ends the transaction of a machine that is cut off
    later.join()
    assert one.run_sync(lambda uow: turn_store.claim(uow, "r1")) is None
    receive(one, update(2), update(3))
    work = one.run_sync(lambda uow: turn_store.claim(uow, "r1"))
    assert work is not None
    assert [work.pending.text, *(one.text for one in work.behind)] == ["pesan 2", "pesan 3", "pesan 4"]


def test_messages_of_a_page_that_come_to_two_machines_have_places_of_their_own(
    machines: tuple[Database, Database],
) -> None:
    one, other = machines
    talk = receive(one, inbound("0"))
    with one.unit() as first:
        intake.receive(first, inbound("1", "pertama"), known=talk)
        second = threading.Thread(
            target=lambda: other.run_sync(lambda uow: intake.receive(uow, inbound("2", "kedua"), known=talk))
        )
        second.start()
        second.join(WAITS)
        first.commit()
    second.join()
    work = one.run_sync(lambda uow: turn_store.claim(uow, "r1"))
    assert work is not None
    assert [one.text for one in work.behind] == ["pertama", "kedua"]
    orders = one.run_sync(lambda uow: uow.db.execute(ORDERS, {"talk": talk}).scalars().all())
    assert len(set(orders)) == 3
