"""The duties towards a person as tasks: what is to be done, by whom and until which day. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

FARTHEST = timedelta(days=365)
"""No task is planned for later than what is kept of a conversation."""


class BadTask(Exception):
    """What was asked for can't be planned; `field` is what is wrong: kind, due or owner."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


@dataclass(frozen=True)
class Duty:
    """Something that workers owe a person, and the law that says so."""

    code: str
    law: str
    label: Mapping[str, str]


@dataclass(frozen=True)
class Task:
    """One duty planned for one person, without anything that was said. Staff are named by designation.

    `number` names the conversation (K-27); `mine` says that it is the reader's own to do.
    """

    id: str
    handoff_id: str
    number: str
    kind: str
    owner_id: str
    owner: str
    due: date
    late: bool
    mine: bool
    done_by: str = ""
    done_at: datetime | None = None


def day_given(text: str, today: date) -> date:
    """The day that a form holds: today or later, at most a year ahead. Raises BadTask."""
    try:
        due = date.fromisoformat(text)
    except ValueError:
        raise BadTask("due") from None
    if not today <= due <= today + FARTHEST:
        raise BadTask("due")
    return due
