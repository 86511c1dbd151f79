"""Staff, their roles and the rules of signing in. Pure: no I/O, no framework."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Role(StrEnum):
    """What somebody works as; a person may have several."""

    WORKER = "worker"
    SUPERVISOR = "supervisor"
    AGENCY_EDITOR = "agency_editor"
    AGENCY_REVIEWER = "agency_reviewer"
    AUDITOR = "auditor"
    ADMIN = "admin"


MIN_PASSWORD = 12
MAX_PASSWORD = 256
"""Longer ones are refused: hashing must not become a lever against the server."""

SESSION_IDLE = timedelta(minutes=30)
SESSION_ABSOLUTE = timedelta(hours=12)
INVITATION_LIFE = timedelta(hours=72)
DEVICE_LIFE = timedelta(days=180)
ONLINE = timedelta(seconds=90)
"""A worker whose desk gave a sign of life this recently counts as there."""

FREE_ATTEMPTS = 5
FIRST_DELAY = timedelta(seconds=30)
LONGEST_DELAY = timedelta(minutes=15)
ATTEMPTS_FORGOTTEN = timedelta(hours=1)


class WeakPassword(Exception):
    """The password breaks a rule; `rule` names it (`short`, `long`, `obvious`)."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class WrongCredentials(Exception):
    """The name or the password is wrong, or the account is switched off: which one is not said."""


class TooManyAttempts(Exception):
    """This source has to wait `seconds` before it may try this account again."""

    def __init__(self, seconds: int) -> None:
        super().__init__(str(seconds))
        self.seconds = seconds


class InvitationInvalid(Exception):
    """The link is unknown, used or expired: which one is not said."""


class LoginTaken(Exception):
    """Another account has this login name."""


class RecordNotFound(Exception):
    """No such record for this person: unknown, or another organisation's."""


class LastAdmin(Exception):
    """The last working admin can't be switched off."""


@dataclass(frozen=True)
class Staff:
    """Somebody who works here. `designation` is what clients see; `name` and `login` stay inside."""

    id: str
    organisation_id: str
    roles: frozenset[Role]
    login: str
    name: str
    designation: str
    lang: str
    active: bool = True
    seen_at: datetime | None = None

    def online(self, now: datetime) -> bool:
        """Whether the desk of this person gave a sign of life in the last 90 seconds."""
        return self.seen_at is not None and self.seen_at >= now - ONLINE


@dataclass(frozen=True)
class Profile:
    """What an invited person fills in."""

    login: str
    name: str
    designation: str
    password: str
    lang: str = "id"


@dataclass(frozen=True)
class Session:
    """A signed-in browser. `csrf` goes into each form; the cookie's token itself is kept nowhere."""

    id: str
    staff: Staff
    csrf: str
    started_at: datetime
    seen_at: datetime


def normal_login(login: str) -> str:
    """Login names are compared without case and outer blanks."""
    return " ".join(login.split()).casefold()


def check_password(password: str, *about: str) -> None:
    """Raises WeakPassword: too short, too long, one repeated pattern, or containing the person's own names."""
    if len(password) < MIN_PASSWORD:
        raise WeakPassword("short")
    if len(password) > MAX_PASSWORD:
        raise WeakPassword("long")
    plain = password.casefold()
    names = {part for text in about for part in normal_login(text).replace("@", " ").split() if len(part) > 3}
    for name in names:
        plain = plain.replace(name, "")
    if len(set(plain)) < 4 or len(plain) < MIN_PASSWORD // 2:
        raise WeakPassword("obvious")


def attempt_delay(failures: int, free: int = FREE_ATTEMPTS) -> timedelta:
    """How long a source waits after so many failures in a row: none at first, then doubling up to 15 minutes."""
    if failures < free:
        return timedelta()
    doublings = min(failures - free, 16)
    delay: timedelta = FIRST_DELAY * 2**doublings
    return min(delay, LONGEST_DELAY)


def session_ended(started_at: datetime, seen_at: datetime, now: datetime) -> bool:
    """Whether a session is over: idle for 30 minutes, or older than 12 hours."""
    return now - seen_at >= SESSION_IDLE or now - started_at >= SESSION_ABSOLUTE


def dump_roles(roles: Iterable[Role]) -> str:
    return ",".join(sorted(set(roles)))


def load_roles(text: str) -> frozenset[Role]:
    return frozenset(Role(part) for part in text.split(",") if part)
