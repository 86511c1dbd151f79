"""How long each kind of data is kept. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Kind(StrEnum):
    """The kinds of data that have an end."""

    KEPT_CONVERSATION = "kept_conversation"
    UNKEPT_CONVERSATION = "unkept_conversation"
    SHARED_NOTE = "shared_note"
    INBOX = "inbox"
    OUTBOX = "outbox"
    ALERT = "alert"
    CALL = "call"
    CLOSING_ANSWER = "closing_answer"
    DISCLOSURE = "disclosure"
    DATA_REQUEST = "data_request"
    AUDIT = "audit"
    SESSION = "session"
    SIGN_IN_ATTEMPT = "sign_in_attempt"
    INVITATION = "invitation"
    NOTE_LINK = "note_link"
    RETURN_CODE = "return_code"
    SEARCH_WORD = "search_word"
    BACKUP = "backup"


@dataclass(frozen=True)
class Rule:
    """One kind: how long after what, why, and the tables that hold it."""

    keep: timedelta
    after: str
    why: str
    tables: tuple[str, ...]


@dataclass(frozen=True)
class Stays:
    """Tables without an end, and why."""

    tables: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class Retention:
    """The whole file."""

    rules: Mapping[Kind, Rule]
    stays: tuple[Stays, ...]

    def keep(self, kind: Kind) -> timedelta:
        """How long a kind is kept."""
        return self.rules[kind].keep
