"""What a crisis is made of: risk, category, and why. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Risk(StrEnum):
    """How near the danger is; the order is that of `RANK`."""

    NONE = "none"
    ELEVATED = "elevated"
    HIGH = "high"
    IMMINENT = "imminent"


RANK = {risk: rank for rank, risk in enumerate(Risk)}


class Category(StrEnum):
    """What the danger is."""

    SUICIDE_INTENT = "suicide_intent"
    SUICIDE_IDEATION_INDIRECT = "suicide_ideation_indirect"
    SELF_HARM = "self_harm"
    VIOLENCE_NOW = "violence_now"
    VIOLENCE_THREAT = "violence_threat"
    CHILD_DANGER = "child_danger"
    SEXUAL_VIOLENCE_NOW = "sexual_violence_now"
    THIRD_PARTY_DANGER = "third_party_danger"
    NONE = "none"


CATEGORIES = tuple(category for category in Category if category is not Category.NONE)


@dataclass(frozen=True)
class Message:
    """A client's text, their texts just before it (oldest first), and the question that it may answer."""

    text: str
    context: tuple[str, ...] = ()
    asked: str | None = None


@dataclass(frozen=True)
class Evidence:
    """The part of the text that counts, and the rule (or `model:` and the category) that says so."""

    start: int
    end: int
    rule: str


@dataclass(frozen=True)
class Assessment:
    """What one client text says about danger."""

    risk: Risk = Risk.NONE
    category: Category = Category.NONE
    evidence: tuple[Evidence, ...] = ()
    lang: str = "id"
    # Less than an alarm and more than a hint: where the gentle question was asked already, it is an alarm.
    pressing: bool = False

    @property
    def alarm(self) -> bool:
        """Whether humans are alerted at once."""
        return RANK[self.risk] >= RANK[Risk.HIGH]


@dataclass(frozen=True)
class Past:
    """An earlier reaction in the same conversation; `response` is what was said then, None for an alert alone."""

    risk: Risk
    category: Category
    at: datetime
    response: str | None


@dataclass(frozen=True)
class Decision:
    """What to do about an assessment: alert humans, say a fixed reply, ask one gentle question."""

    alert: bool = False
    response: str | None = None
    ask_gently: bool = False


@dataclass(frozen=True)
class Alert:
    """A call for a human, without any content."""

    id: str
    conversation_id: str
    risk: Risk
    category: Category
    at: datetime
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    not_meant_at: datetime | None = None
