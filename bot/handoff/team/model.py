"""What a supervisor sees of the team, and why they may step in. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.handoff.model import CLOSING_ANSWERS, CLOSING_QUESTIONS, OPEN_ANSWER, RISKS, Row
from bot.handoff.routing import Abilities

REASONS = ("danger", "away", "shift", "wish", "help")
"""Why a supervisor takes a held conversation over; a code, never words, because the audit trail holds no content."""

ANSWERS = (*CLOSING_ANSWERS, OPEN_ANSWER)
FEWEST_ASKED = 10
"""A month in which fewer people were asked is not counted out at all."""
FEWEST_ALIKE = 5
"""Fewer people with the same answer are not told apart."""


class BadReason(Exception):
    """A conversation is taken over for one of the reasons or not at all."""


@dataclass(frozen=True)
class Member:
    """Somebody who may take conversations: whether they are at the desk, and how many they hold."""

    id: str
    designation: str
    online: bool
    holding: int
    can: Abilities


@dataclass(frozen=True)
class CoachingNote:
    """A supervisor's words to a worker about one conversation, both by designation; `for_me`: one's own to tick."""

    id: str
    words: str
    by: str
    to: str
    at: datetime
    read_at: datetime | None
    for_me: bool


@dataclass(frozen=True)
class Held:
    """A conversation that somebody holds; `unanswered_since` is None where the last word is a worker's."""

    row: Row
    unanswered_since: datetime | None
    overdue: bool


@dataclass(frozen=True)
class Wait:
    """Of one risk: the service level, how many wait, since when the longest, how many longer than the level."""

    risk: str
    level: timedelta
    waiting: int = 0
    since: datetime | None = None
    overdue: int = 0

    @property
    def minutes(self) -> int:
        return int(self.level.total_seconds()) // 60


@dataclass(frozen=True)
class TeamBoard:
    """The team of one organisation at one moment, without any content."""

    members: tuple[Member, ...]
    held: tuple[Held, ...]
    waits: tuple[Wait, ...]
    waiting: tuple[Row, ...]

    @property
    def online(self) -> int:
        """How many are at the desk."""
        return sum(member.online for member in self.members)

    @property
    def danger(self) -> int:
        """How many wait in danger."""
        return sum(row.risk in ("high", "imminent") for row in self.waiting)


def waits_of(rows: Iterable[Row], levels: Mapping[str, timedelta]) -> tuple[Wait, ...]:
    """The queue beside the service levels, the nearest danger first; each risk has its line."""
    found = {risk: [row for row in rows if row.risk == risk] for risk in reversed(RISKS)}
    return tuple(
        Wait(
            risk,
            levels[risk],
            waiting=len(own),
            since=min((row.since for row in own), default=None),
            overdue=sum(row.overdue for row in own),
        )
        for risk, own in found.items()
    )


@dataclass(frozen=True)
class Month:
    """How many were asked in one month and what they answered, by question and answer.

    None stands for a number that is too small to be shown; `asked` itself is None where the whole month is.
    """

    year: int
    month: int
    asked: int | None
    answers: Mapping[str, Mapping[str, int | None]]


def month_of(year: int, month: int, given: Iterable[tuple[str, str]]) -> Month:
    """A month from its (question, answer) pairs; each person asked has one pair a question."""
    found = {question: Counter[str]() for question in CLOSING_QUESTIONS}
    for question, answer in given:
        found[question][answer] += 1
    asked = max(counts.total() for counts in found.values())
    if asked < FEWEST_ASKED:
        return Month(year, month, None, {})
    return Month(year, month, asked, {question: without_small(counts) for question, counts in found.items()})


def without_small(counts: Mapping[str, int]) -> dict[str, int | None]:
    """The number of each answer, those hidden that could point at somebody.

    Hidden are small ones, and as many more as it takes that none of them can be worked out from the sum.
    """
    told = {answer: counts.get(answer, 0) for answer in ANSWERS}
    rising = sorted((count, answer) for answer, count in told.items() if count)
    hidden: list[str] = []
    total = 0
    for count, answer in rising:
        if count >= FEWEST_ALIKE and (not hidden or (len(hidden) > 1 and total >= FEWEST_ALIKE)):
            break
        hidden.append(answer)
        total += count
    return {answer: None if answer in hidden else count for answer, count in told.items()}
