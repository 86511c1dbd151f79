"""Somebody waits and nobody is at the desk: people outside of it are called within a minute, and again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.clock import ManualClock
from bot.handoff import service as handoff
from bot.oncall import service
from bot.oncall.model import Call, Way, line
from bot.oncall.sender import LONGEST_PAUSE
from bot.safety import service as safety
from bot.safety.model import Assessment, Category, Risk
from bot.storage.unit_of_work import Database
from tests.accounts.people import worker
from tests.handoff.builders import conversation, say, wait

AGAIN = timedelta(minutes=5)


def take(db: Database, way: Way = Way.WEBHOOK) -> Call | None:
    db.run_sync(lambda uow: service.plan(uow, way, AGAIN))
    return db.run_sync(lambda uow: service.take(uow, way))


def sent(db: Database, call: Call | None) -> None:
    assert call is not None
    db.run_sync(lambda uow: service.mark_sent(uow, call.id))


def test_a_wait_at_an_empty_desk_is_called_out_once_on_each_way_and_again(any_db: Database, clock: ManualClock) -> None:
    waiting = wait(any_db).handoff_id
    for way in Way:
        call = take(any_db, way)
        assert call is not None
        assert (call.about, call.round, call.danger) == (waiting, 0, False)
        sent(any_db, call)
        assert take(any_db, way) is None
    clock.advance(AGAIN.total_seconds())
    again = take(any_db)
    assert again is not None
    assert again.round == 1


def test_the_planner_looks_often_enough_for_a_minute() -> None:
    assert LONGEST_PAUSE <= 30


def test_nobody_is_called_while_a_worker_is_there_and_somebody_is_once_they_are_gone(
    db: Database, clock: ManualClock
) -> None:
    rani = worker(db)
    db.run_sync(lambda uow: handoff.heartbeat(uow, rani))
    wait(db)
    assert take(db) is None
    clock.advance(91)
    assert take(db) is not None


@pytest.mark.parametrize("end", ["claimed", "left", "somebody came"])
def test_what_was_answered_before_it_left_is_not_sent(any_db: Database, end: str) -> None:
    rani, talk = worker(any_db), conversation(any_db)
    waiting = wait(any_db, talk).handoff_id
    any_db.run_sync(lambda uow: service.plan(uow, Way.WEBHOOK, AGAIN))
    if end == "claimed":
        any_db.run_sync(lambda uow: handoff.claim(uow, waiting, rani, say))
    elif end == "left":
        any_db.run_sync(lambda uow: handoff.withdraw(uow, talk))
    else:
        any_db.run_sync(lambda uow: handoff.heartbeat(uow, rani))
    assert take(any_db) is None
    assert any_db.run_sync(service.unsent) == 0


def test_whoever_comes_back_into_the_queue_of_an_empty_desk_is_called_out_anew(
    db: Database, clock: ManualClock
) -> None:
    rani = worker(db)
    waiting = wait(db).handoff_id
    db.run_sync(lambda uow: service.plan(uow, Way.WEBHOOK, AGAIN))
    db.run_sync(lambda uow: handoff.claim(uow, waiting, rani, say))
    assert take(db) is None
    clock.advance(61)
    db.run_sync(lambda uow: handoff.expire_leases(uow, say))
    call = take(db)
    assert call is not None
    assert call.round == 1


def test_danger_is_called_out_as_danger_and_goes_first(db: Database) -> None:
    calm, talk = wait(db).handoff_id, conversation(db)
    db.run_sync(lambda uow: safety.react(uow, talk, Assessment(Risk.IMMINENT, Category.VIOLENCE_NOW)))
    wait(db, talk, risk="imminent")
    first, second = take(db), take(db)
    assert first is not None
    assert second is not None
    assert (first.danger, second.danger, second.about) == (True, False, calm)
    assert take(db) is None


def test_a_call_that_a_dead_process_had_begun_is_taken_up_again(any_db: Database, clock: ManualClock) -> None:
    wait(any_db)
    first = take(any_db)
    clock.advance(31)
    again = take(any_db)
    assert first is not None
    assert again is not None
    assert again.id == first.id


def test_whoever_deletes_everything_leaves_no_call_behind(db: Database) -> None:
    talk = conversation(db)
    wait(db, talk)
    assert take(db) is not None
    db.run_sync(lambda uow: service.forget(uow, talk))
    assert db.run_sync(service.unsent) == 0


def test_the_line_says_that_nobody_is_there_and_nothing_of_the_person() -> None:
    told = line(timedelta(seconds=130), 1, "https://desk", danger=False)
    assert told == "Permintaan bicara, tidak ada petugas hadir, menunggu 2 mnt, belum ada yang menerima. https://desk"
