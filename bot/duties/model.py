"""What an agency has bound itself to for the case of danger: who decides, on which ground, what is told. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from bot.accounts.model import Role

FIELDS = ("danger", "who", "where", "reach", "since", "children", "health")
"""What may be passed on at all; a ground names those of them that it needs, and no others leave the house."""

DECIDERS = (Role.WORKER, Role.SUPERVISOR)
REVIEWERS = (Role.WORKER, Role.SUPERVISOR, Role.AUDITOR)
"""The roles that a duties file may give the two tasks to."""

Words = Mapping[str, str]
"""The same text by language."""


@dataclass(frozen=True)
class Ground:
    """A reason for which confidentiality yields: when, by which law or rule, and the least that has to be passed on."""

    code: str
    label: Words
    when: Words
    basis: str
    fields: tuple[str, ...]
    recipients: tuple[str, ...]


@dataclass(frozen=True)
class Deciding:
    """Who decides in imminent danger, in words and as roles."""

    who: Words
    roles: frozenset[Role]


@dataclass(frozen=True)
class Telling:
    """What the client is told, when it may wait, and how long at most."""

    text: Words
    not_first_when: Words
    afterwards_within: timedelta


@dataclass(frozen=True)
class SecondReview:
    """Who looks at a disclosure that somebody else made, and how soon."""

    who: Words
    roles: frozenset[Role]
    within: timedelta


@dataclass(frozen=True)
class OnCall:
    """How somebody is reached outside of the desk, and how soon they answer."""

    who: Words
    hours: Words
    answers_within: timedelta


@dataclass(frozen=True)
class Duties:
    """The duties file of an agency. `demo` marks the one that ships: nobody is bound by it."""

    demo: bool
    agency: str
    adopted_on: date
    adopted_by: str
    look_again_on: date
    deciding: Deciding
    grounds: tuple[Ground, ...]
    telling: Telling
    second_review: SecondReview
    on_call: OnCall

    def ground(self, code: str) -> Ground | None:
        """The ground of this code."""
        return next((ground for ground in self.grounds if ground.code == code), None)

    def stale(self, today: date) -> bool:
        """Whether the agency wanted to look at it again by now."""
        return today > self.look_again_on
