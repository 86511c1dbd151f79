"""What staff look for among the conversations of their organisation, and what they find. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from bot.conversation.model import number_of
from bot.handoff.model import HELD, RISKS, Row, State

STATES: Mapping[str, frozenset[State]] = {
    "waiting": frozenset({State.OFFERED, State.CONSENTED, State.QUEUED}),
    "held": HELD,
    **{state.value: frozenset({state}) for state in (State.CLOSED, State.RETURNED_TO_BOT, State.WITHDRAWN)},
    "expired": frozenset({State.EXPIRED}),
}
"""Where a handoff stands, as people tell the states apart; each state belongs to one."""

RISKS_ASKED = RISKS[1:]
"""A risk is asked for as "at least": any conversation has the lowest."""

SHORTEST_WORDS, LONGEST_WORDS = 2, 100
"""Characters that are looked for in texts."""
AROUND = 80
"""Characters shown before and after what was found."""


class BadQuestion(Exception):
    """What was typed can't be looked for; `rule` says why (`number`, `date`, `order`, `words`)."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


@dataclass(frozen=True)
class Typed:
    """The fields of the form as they came."""

    number: str = ""
    state: str = ""
    risk: str = ""
    who: str = ""
    since: str = ""
    until: str = ""
    before: str = ""

    @property
    def any(self) -> bool:
        """Whether anything narrows the search down."""
        return any((self.number.strip(), self.state, self.risk, self.who, self.since, self.until))


@dataclass(frozen=True)
class Question:
    """A search: every part that is given has to fit. Days are Western Indonesian ones, both included.

    `who` is the id of somebody who holds the conversation or ever held it; `before` the handoff after which a longer
    list goes on.
    """

    number: int | None = None
    state: str = ""
    risk: str = ""
    who: str = ""
    since: date | None = None
    until: date | None = None
    before: str = ""


def understood(typed: Typed) -> Question:
    """What somebody meant. An unknown choice counts as none. Raises BadQuestion."""
    number = number_of(typed.number)
    if typed.number.strip() and number is None:
        raise BadQuestion("number")
    since, until = _day(typed.since), _day(typed.until)
    if since and until and since > until:
        raise BadQuestion("order")
    return Question(
        number=number,
        state=typed.state if typed.state in STATES else "",
        risk=typed.risk if typed.risk in RISKS_ASKED else "",
        who=typed.who,
        since=since,
        until=until,
        before=typed.before,
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        raise BadQuestion("date") from None


@dataclass(frozen=True)
class Found:
    """A conversation that fits, without anything that was said: its line of the queue, who held it last, since when."""

    row: Row
    state: str
    held_by: str
    queued_at: datetime


@dataclass(frozen=True)
class Hit:
    """Words that were found in a message of a conversation that one holds, with a little of what is around them.

    `staff_id` is the worker who said it; empty where it was the client.
    """

    handoff_id: str
    label: str
    number: int
    staff_id: str
    at: datetime
    before: str
    words: str
    after: str


def state_of(state: State) -> str:
    """The name under which a state is asked for."""
    return next(name for name, states in STATES.items() if state in states)


def pattern_of(words: str) -> re.Pattern[str]:
    """Finds words as they stand, whatever the case and the blanks between them. Raises BadQuestion."""
    words = " ".join(words.split())
    if not SHORTEST_WORDS <= len(words) <= LONGEST_WORDS:
        raise BadQuestion("words")
    return re.compile(r"\s+".join(map(re.escape, words.split())), re.IGNORECASE)


def excerpt(text: str, found: re.Match[str]) -> tuple[str, str, str]:
    """What stands before, at and after a match, cut at both ends."""
    start, end = max(0, found.start() - AROUND), found.end() + AROUND
    before = ("…" if start else "") + text[start : found.start()]
    after = text[found.end() : end] + ("…" if end < len(text) else "")
    return before, found[0], after
