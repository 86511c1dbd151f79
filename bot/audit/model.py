"""What an auditor reads: who did what to which record, and the groups that the deeds are looked at in. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from bot.clock import WIB

GROUPS: Mapping[str, tuple[str, ...]] = {
    "reads": ("conversation.read", "note.export", "disclosure.read"),
    "handoffs": ("handoff.", "assessment.", "alert.", "conversation.write", "coaching.", "task."),
    "disclosures": ("disclosure.",),
    "requests": ("request.",),
    "articles": ("article.",),
    "accounts": ("session.", "account.", "staff.", "organisation."),
}
"""The beginnings of the actions that belong to a group. A deed may belong to several."""


@dataclass(frozen=True)
class Deed:
    """One line of the audit trail. `who` is a designation; empty for what the system did by itself.

    `record` says what kind of record it was, `label` which one, where that can be said in words (K-27); `own` that
    it was the doer's own account.
    """

    number: int
    at: datetime
    who: str
    action: str
    record: str
    label: str
    own: bool

    @property
    def day(self) -> date:
        """The day in Western Indonesian time."""
        return (self.at + WIB).date()

    @property
    def reads(self) -> bool:
        """Whether somebody read content."""
        return self.action in GROUPS["reads"]


@dataclass(frozen=True)
class Question:
    """What an auditor asks for: a group of deeds, one person, one conversation (by its number), older than a line."""

    group: str = ""
    staff_id: str = ""
    conversation: int | None = None
    before: int | None = None
