"""Which fixed reply a danger gets, and when. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.safety.model import RANK, Assessment, Category, Decision, Past, Risk

SAME_TEXT_AGAIN = timedelta(minutes=10)
"""A crisis text to the same or a kindred danger is not said again sooner, unless the danger has grown: the person would
read a machine. The alert is raised all the same."""

_KINDRED = (
    frozenset({Category.SUICIDE_INTENT, Category.SUICIDE_IDEATION_INDIRECT, Category.SELF_HARM}),
    frozenset({Category.VIOLENCE_NOW, Category.VIOLENCE_THREAT, Category.THIRD_PARTY_DANGER}),
)
"""Dangers whose fixed replies name the same routes. A child and sexual violence have routes of their own."""

ASK_AGAIN = timedelta(hours=6)
"""The gentle question is asked once about a kind of danger, not at every sad sentence."""

REMEMBER = max(SAME_TEXT_AGAIN, ASK_AGAIN)

GENTLE = "utter_danger_gentle_question"


def decide(assessment: Assessment, past: Sequence[Past], now: datetime) -> Decision:
    """High or imminent: alert and a fixed reply. Elevated: one gentle direct question. Otherwise nothing."""
    if assessment.alarm:
        return Decision(alert=True, response=None if _just_said(assessment, past, now) else reply_to(assessment))
    if assessment.risk is Risk.ELEVATED and not _asked_lately(assessment, past, now):
        return Decision(response=GENTLE, ask_gently=True)
    return Decision()


def weighed(assessment: Assessment, past: Sequence[Past], now: datetime) -> Assessment:
    """A pressing sign after the gentle question is high: it is not asked again, and no human knows yet."""
    said = {item.response for item in past if now - item.at < ASK_AGAIN} - {None}
    return (
        replace(assessment, risk=Risk.HIGH, pressing=False) if assessment.pressing and said == {GENTLE} else assessment
    )


def reply_to(assessment: Assessment) -> str:
    """The name of the fixed reply of a category."""
    return f"utter_danger_{assessment.category.value}"


def _just_said(assessment: Assessment, past: Sequence[Past], now: datetime) -> bool:
    kindred = {reply_to(Assessment(assessment.risk, category)) for category in _kindred_to(assessment.category)}
    return any(
        item.response in kindred and now - item.at < SAME_TEXT_AGAIN and RANK[item.risk] >= RANK[assessment.risk]
        for item in past
    )


def _kindred_to(category: Category) -> frozenset[Category]:
    return next((kin for kin in _KINDRED if category in kin), frozenset({category}))


def _asked_lately(assessment: Assessment, past: Sequence[Past], now: datetime) -> bool:
    """A crisis text asks more than the gentle question; one about another kind of danger was not asked yet."""
    kindred = _kindred_to(assessment.category)
    return any(
        item.response is not None
        and now - item.at < ASK_AGAIN
        and (item.response != GENTLE or item.category in kindred)
        for item in past
    )
