"""Calls follow from alerts, on both databases: one a way and a round, until somebody answers."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from bot.clock import ManualClock
from bot.oncall import service
from bot.oncall.model import Call, Way
from bot.oncall.store import oncall_call
from bot.safety import service as safety
from bot.safety.model import Assessment, Category, Risk
from bot.storage.unit_of_work import Database
from tests.safety.conftest import NewConversation

NOW = Assessment(Risk.IMMINENT, Category.VIOLENCE_NOW)
SAD = Assessment(Risk.ELEVATED, Category.SUICIDE_IDEATION_INDIRECT)
AGAIN = timedelta(minutes=5)


def raise_alert(db: Database, conversation: str, assessment: Assessment = NOW) -> None:
    db.run_sync(lambda uow: safety.react(uow, conversation, assessment))


def take(db: Database, way: Way = Way.WEBHOOK) -> Call | None:
    db.run_sync(lambda uow: service.plan(uow, way, AGAIN))
    return db.run_sync(lambda uow: service.take(uow, way))


def sent(db: Database, call: Call | None) -> None:
    assert call is not None
    db.run_sync(lambda uow: service.mark_sent(uow, call.id))


def test_each_alert_is_called_out_once_on_each_way(any_db: Database, new_conversation: NewConversation) -> None:
    raise_alert(any_db, new_conversation(any_db))
    for way in Way:
        sent(any_db, take(any_db, way))
        assert take(any_db, way) is None


def test_a_hint_calls_nobody(db: Database, new_conversation: NewConversation) -> None:
    raise_alert(db, new_conversation(db), SAD)
    assert take(db) is None


def test_an_unanswered_call_comes_again_and_an_answered_one_does_not(
    any_db: Database,
    clock: ManualClock,
    new_conversation: NewConversation,
) -> None:
    conversation = new_conversation(any_db)
    raise_alert(any_db, conversation)
    sent(any_db, take(any_db))
    clock.advance(299)
    assert take(any_db) is None
    clock.advance(1)
    again = take(any_db)
    assert again is not None
    assert again.round == 1
    sent(any_db, again)
    any_db.run_sync(lambda uow: safety.acknowledge(uow, conversation, "rani"))
    clock.advance(600)
    assert take(any_db) is None


def test_what_somebody_answered_before_it_left_is_not_sent(db: Database, new_conversation: NewConversation) -> None:
    conversation = new_conversation(db)
    raise_alert(db, conversation)
    db.run_sync(lambda uow: service.plan(uow, Way.WEBHOOK, AGAIN))
    db.run_sync(lambda uow: safety.acknowledge(uow, conversation, "rani"))
    assert take(db) is None
    assert db.run_sync(service.unsent) == 0


def test_a_call_that_a_dead_process_had_begun_is_taken_up_again_and_marked(
    any_db: Database,
    clock: ManualClock,
    new_conversation: NewConversation,
) -> None:
    raise_alert(any_db, new_conversation(any_db))
    first = take(any_db)
    assert first is not None
    clock.advance(29)
    assert take(any_db) is None
    clock.advance(2)
    again = take(any_db)
    assert again is not None
    assert again.id == first.id
    with any_db.unit(read_only=True) as uow:
        assert uow.db.execute(select(oncall_call.c.maybe_repeated)).scalars().all() == [True]


def test_a_blocked_way_keeps_the_call_for_as_long_as_it_takes(
    db: Database,
    clock: ManualClock,
    new_conversation: NewConversation,
) -> None:
    raise_alert(db, new_conversation(db))
    for _ in range(50):
        call = take(db)
        assert call is not None
        db.run_sync(lambda uow, c=call: service.put_off(uow, c.id, at_least=timedelta(), maybe_arrived=False))
        clock.advance(61)
    sent(db, take(db))


def test_last_week_s_alerts_are_not_called_out(
    db: Database, clock: ManualClock, new_conversation: NewConversation
) -> None:
    raise_alert(db, new_conversation(db))
    clock.advance(25 * 3600)
    assert take(db) is None


def test_whoever_deletes_everything_leaves_no_call_behind(db: Database, new_conversation: NewConversation) -> None:
    conversation = new_conversation(db)
    raise_alert(db, conversation)
    assert take(db) is not None
    db.run_sync(lambda uow: service.forget(uow, conversation))
    assert db.run_sync(service.unsent) == 0


def test_a_safe_words_alert_is_called_out_as_such(any_db: Database, new_conversation: NewConversation) -> None:
    danger, signal = new_conversation(any_db), new_conversation(any_db, "c2")
    raise_alert(any_db, danger)
    any_db.run_sync(lambda uow: safety.raise_covert_alert(uow, signal))
    calls = [take(any_db), take(any_db)]
    assert sorted(call.covert for call in calls if call is not None) == [False, True]


def test_a_second_signal_is_no_second_alert_until_somebody_has_seen_to_the_first(
    any_db: Database, new_conversation: NewConversation
) -> None:
    conversation = new_conversation(any_db)
    for expected in (1, 1):
        any_db.run_sync(lambda uow: safety.raise_covert_alert(uow, conversation))
        assert len(any_db.run_sync(lambda uow: safety.open_alerts(uow, conversation))) == expected
    any_db.run_sync(lambda uow: safety.acknowledge(uow, conversation, "s1"))
    any_db.run_sync(lambda uow: safety.raise_covert_alert(uow, conversation))
    assert len(any_db.run_sync(lambda uow: safety.open_alerts(uow, conversation))) == 1
