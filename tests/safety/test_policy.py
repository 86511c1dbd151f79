"""When a fixed reply is said, and when it is not said again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.safety.model import CATEGORIES, Assessment, Category, Decision, Past, Risk
from bot.safety.policy import ASK_AGAIN, GENTLE, SAME_TEXT_AGAIN, decide, reply_to, weighed

NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
SUICIDE = Assessment(Risk.HIGH, Category.SUICIDE_INTENT)
VIOLENCE = Assessment(Risk.HIGH, Category.VIOLENCE_NOW)
SAD = Assessment(Risk.ELEVATED, Category.SUICIDE_IDEATION_INDIRECT)
SECOND = timedelta(seconds=1)


def said(assessment: Assessment, ago: timedelta) -> Past:
    response = reply_to(assessment) if assessment.alarm else GENTLE
    return Past(assessment.risk, assessment.category, NOW - ago, response)


@pytest.mark.parametrize("category", CATEGORIES)
@pytest.mark.parametrize("risk", [Risk.HIGH, Risk.IMMINENT])
def test_serious_danger_alerts_and_answers_at_once(category: Category, risk: Risk) -> None:
    assessment = Assessment(risk, category)
    assert decide(assessment, (), NOW) == Decision(alert=True, response=f"utter_danger_{category.value}")


def test_no_danger_does_nothing() -> None:
    assert decide(Assessment(), (), NOW) == Decision()


def test_the_same_reply_waits_ten_minutes_but_the_alert_does_not() -> None:
    assert decide(SUICIDE, (said(SUICIDE, SAME_TEXT_AGAIN - SECOND),), NOW) == Decision(alert=True, response=None)
    again = decide(SUICIDE, (said(SUICIDE, SAME_TEXT_AGAIN),), NOW)
    assert again.response == reply_to(SUICIDE)


def test_another_danger_is_answered_at_once() -> None:
    assert decide(VIOLENCE, (said(SUICIDE, SECOND),), NOW).response == reply_to(VIOLENCE)


def test_a_kindred_danger_is_alerted_and_not_answered_twice() -> None:
    threat = Assessment(Risk.HIGH, Category.VIOLENCE_THREAT)
    others = Assessment(Risk.HIGH, Category.THIRD_PARTY_DANGER)
    assert decide(others, (said(threat, SECOND),), NOW) == Decision(alert=True, response=None)
    grown = Assessment(Risk.IMMINENT, Category.VIOLENCE_NOW)
    assert decide(grown, (said(threat, SECOND),), NOW).response == reply_to(grown)


def test_a_child_and_sexual_violence_have_routes_of_their_own() -> None:
    for category in (Category.CHILD_DANGER, Category.SEXUAL_VIOLENCE_NOW):
        other = Assessment(Risk.HIGH, category)
        assert decide(other, (said(VIOLENCE, SECOND),), NOW).response == reply_to(other)


def test_a_danger_that_grew_is_answered_at_once() -> None:
    imminent = Assessment(Risk.IMMINENT, Category.SUICIDE_INTENT)
    assert decide(imminent, (said(SUICIDE, SECOND),), NOW).response == reply_to(imminent)
    assert decide(SUICIDE, (said(imminent, SECOND),), NOW).response is None


def test_an_alert_without_a_reply_does_not_count_as_said() -> None:
    silent = Past(Risk.HIGH, Category.SUICIDE_INTENT, NOW - SECOND, None)
    assert decide(SUICIDE, (silent,), NOW).response == reply_to(SUICIDE)


def test_a_hint_gets_one_gentle_question() -> None:
    assert decide(SAD, (), NOW) == Decision(response=GENTLE, ask_gently=True)
    assert decide(SAD, (said(SAD, ASK_AGAIN - SECOND),), NOW) == Decision()
    assert decide(SAD, (said(SAD, ASK_AGAIN),), NOW).ask_gently


def test_a_hint_of_another_danger_is_asked_about_too() -> None:
    child = Assessment(Risk.ELEVATED, Category.CHILD_DANGER)
    asked = Past(Risk.ELEVATED, Category.CHILD_DANGER, NOW - SECOND, GENTLE)
    assert decide(SAD, (asked,), NOW).ask_gently
    assert decide(child, (asked,), NOW) == Decision()


def test_a_pressing_sign_is_asked_about_once_and_then_alarms() -> None:
    pressing = replace(SAD, pressing=True)
    assert decide(weighed(pressing, (), NOW), (), NOW).ask_gently
    past = (said(SAD, timedelta(minutes=30)),)
    assert decide(weighed(pressing, past, NOW), past, NOW) == Decision(alert=True, response=reply_to(SAD))
    for nothing_new in (said(SAD, ASK_AGAIN), said(SUICIDE, SECOND)):
        assert weighed(pressing, (nothing_new,), NOW) == pressing
    assert weighed(SAD, (said(SAD, SECOND),), NOW) == SAD


def test_after_a_crisis_reply_no_gentle_question_follows() -> None:
    assert decide(SAD, (said(SUICIDE, timedelta(hours=1)),), NOW) == Decision()
