"""Alerts are raised, kept, acknowledged; on both databases."""

from __future__ import annotations

from sqlalchemy import select

from bot.clock import ManualClock
from bot.safety import service
from bot.safety.model import Assessment, Category, Decision, Risk
from bot.safety.policy import GENTLE
from bot.safety.store import alert
from bot.storage.unit_of_work import Database
from tests.safety.conftest import NewConversation

SUICIDE = Assessment(Risk.HIGH, Category.SUICIDE_INTENT)
NOW = Assessment(Risk.IMMINENT, Category.VIOLENCE_NOW)
SAD = Assessment(Risk.ELEVATED, Category.SUICIDE_IDEATION_INDIRECT)


def react(db: Database, conversation: str, assessment: Assessment) -> Decision:
    return db.run_sync(lambda uow: service.react(uow, conversation, assessment))


def test_a_crisis_opens_an_alert_and_is_answered_once(any_db: Database, new_conversation: NewConversation) -> None:
    conversation = new_conversation(any_db)
    assert react(any_db, conversation, SUICIDE).response == "utter_danger_suicide_intent"
    assert react(any_db, conversation, SUICIDE).response is None
    opened = any_db.run_sync(service.open_alerts)
    assert [(item.conversation_id, item.risk, item.category) for item in opened] == [
        (conversation, Risk.HIGH, Category.SUICIDE_INTENT)
    ]


def test_the_reply_comes_again_after_ten_minutes(
    db: Database, clock: ManualClock, new_conversation: NewConversation
) -> None:
    conversation = new_conversation(db)
    react(db, conversation, SUICIDE)
    clock.advance(600)
    assert react(db, conversation, SUICIDE).response == "utter_danger_suicide_intent"


def test_the_nearest_danger_is_on_top(any_db: Database, clock: ManualClock, new_conversation: NewConversation) -> None:
    first = new_conversation(any_db)
    react(any_db, first, SUICIDE)
    clock.advance(60)
    react(any_db, first, NOW)
    assert [item.risk for item in any_db.run_sync(service.open_alerts)] == [Risk.IMMINENT, Risk.HIGH]
    assert [item.risk for item in any_db.run_sync(lambda uow: service.alerts_of(uow, first))] == [
        Risk.HIGH,
        Risk.IMMINENT,
    ]


def test_a_hint_is_asked_about_once_and_alerts_nobody(db: Database, new_conversation: NewConversation) -> None:
    conversation = new_conversation(db)
    assert react(db, conversation, SAD) == Decision(response=GENTLE, ask_gently=True)
    assert react(db, conversation, SAD) == Decision()
    assert db.run_sync(service.open_alerts) == []
    assert db.run_sync(lambda uow: service.alerts_of(uow, conversation)) == []


def test_a_yes_to_the_gentle_question_is_an_alarm(
    db: Database, clock: ManualClock, new_conversation: NewConversation
) -> None:
    conversation = new_conversation(db)
    react(db, conversation, SAD)
    assert db.run_sync(lambda uow: service.asked_gently(uow, conversation))
    decision = db.run_sync(lambda uow: service.confirm_danger(uow, conversation))
    assert decision.alert
    assert not db.run_sync(lambda uow: service.asked_gently(uow, conversation))
    (opened,) = db.run_sync(service.open_alerts)
    assert (opened.risk, opened.category) == (Risk.HIGH, SAD.category)


def test_a_question_asked_long_ago_is_not_answered_by_a_yes(
    db: Database, clock: ManualClock, new_conversation: NewConversation
) -> None:
    conversation = new_conversation(db)
    react(db, conversation, SAD)
    clock.advance(3_600)
    assert not db.run_sync(lambda uow: service.asked_gently(uow, conversation))


def test_acknowledging_closes_the_alerts_and_names_who_did(any_db: Database, new_conversation: NewConversation) -> None:
    conversation = new_conversation(any_db)
    react(any_db, conversation, SUICIDE)
    react(any_db, conversation, NOW)
    assert any_db.run_sync(lambda uow: service.acknowledge(uow, conversation, "staff-1")) == 2
    assert any_db.run_sync(lambda uow: service.acknowledge(uow, conversation, "staff-2")) == 0
    assert any_db.run_sync(service.open_alerts) == []
    seen = any_db.run_sync(lambda uow: service.alerts_of(uow, conversation))
    assert {item.acknowledged_by for item in seen} == {"staff-1"}


def test_not_meant_is_noted_and_the_alert_stays_open(db: Database, new_conversation: NewConversation) -> None:
    conversation = new_conversation(db)
    react(db, conversation, SUICIDE)
    db.run_sync(lambda uow: service.not_meant(uow, conversation))
    (opened,) = db.run_sync(service.open_alerts)
    assert opened.not_meant_at is not None


def test_raising_wakes_the_desk_only_after_the_commit(db: Database, new_conversation: NewConversation) -> None:
    conversation = new_conversation(db)
    with db.unit() as uow:
        service.raise_alert(uow, conversation, SUICIDE)
    assert db.run_sync(service.open_alerts) == []


def test_the_table_holds_no_content(db: Database, new_conversation: NewConversation) -> None:
    conversation = new_conversation(db)
    react(db, conversation, SUICIDE)
    row = db.run_sync(lambda uow: uow.db.execute(select(alert)).mappings().one())
    assert set(row) == {
        "id",
        "conversation_id",
        "risk",
        "category",
        "at",
        "response",
        "acknowledged_by",
        "acknowledged_at",
        "not_meant_at",
    }
