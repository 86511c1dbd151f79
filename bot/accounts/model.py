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
WAY_BACK_LIFE = timedelta(hours=24)
DEVICE_LIFE = timedelta(days=180)
SECOND_STEP_LIFE = timedelta(minutes=5)
"""How long the second step of a sign-in waits for its code."""
SETUP_LIFE = timedelta(minutes=15)
"""How long a secret that nobody confirmed yet can still be confirmed."""
RECOVERY_CODES = 10
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
    """Whoever tries has to wait `seconds` before the next attempt."""

    def __init__(self, seconds: int) -> None:
        super().__init__(str(seconds))
        self.seconds = seconds

    @property
    def minutes(self) -> int:
        """As people are told: begun minutes count."""
        return -(-self.seconds // 60)


class WrongCode(Exception):
    """The code of the second step is wrong, over, or was used before: which one is not said."""


class SignInOver(Exception):
    """The second step came too late, or its first step is unknown: sign in again."""


class WrongPassword(Exception):
    """What was asked for needs one's own password, and this is not it."""


class PasskeyRefused(Exception):
    """The browser's answer does not prove a passkey for this challenge."""


class SetupOver(Exception):
    """No second step is being set up, or it took too long."""


class SecondStepNeeded(Exception):
    """The organisation asks for a second step: it is set up before anything else, and stays on."""


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
class Organisation:
    """Whoever staff work for. `receives`: people are asked whether it may have their conversation; `first`: always.

    `second_step_from`: whoever signs in from then on has a second step or sets one up first; None asks for none.
    """

    id: str
    name: str
    created_at: datetime
    receives: bool
    first: bool
    second_step_from: datetime | None = None


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
    """A signed-in browser. `csrf` goes into each form; the cookie's token itself is kept nowhere.

    `must_set_up`: nothing is open to it before its owner has a second step.
    """

    id: str
    staff: Staff
    csrf: str
    started_at: datetime
    seen_at: datetime
    must_set_up: bool = False


@dataclass(frozen=True)
class OpenSession:
    """A signed-in browser, as its owner sees it in a list. `agent` names the browser and its system."""

    id: str
    agent: str
    started_at: datetime
    seen_at: datetime


@dataclass(frozen=True)
class Passkey:
    """A passkey as its owner sees it in a list. `agent` names the browser that made it."""

    id: str
    agent: str
    created_at: datetime
    used_at: datetime | None


@dataclass(frozen=True)
class SecondStep:
    """How somebody's second step stands: on since when, and how many recovery codes are unused."""

    since: datetime | None = None
    recovery_codes: int = 0

    @property
    def on(self) -> bool:
        return self.since is not None


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
    """Whether a session is over: idle for 30 minutes, older than 12 hours, or begun by a clock that ran ahead."""
    return now - seen_at >= SESSION_IDLE or now - started_at >= SESSION_ABSOLUTE or started_at - now >= SESSION_IDLE


def dump_roles(roles: Iterable[Role]) -> str:
    return ",".join(sorted(set(roles)))


def load_roles(text: str) -> frozenset[Role]:
    return frozenset(Role(part) for part in text.split(",") if part)
