"""Signing in and out. Slow password work happens between two transactions, never inside one."""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from bot.accounts import audit
from bot.accounts.model import (
    ATTEMPTS_FORGOTTEN,
    DEVICE_LIFE,
    FREE_ATTEMPTS,
    SESSION_ABSOLUTE,
    Session,
    Staff,
    TooManyAttempts,
    WrongCredentials,
    attempt_delay,
    normal_login,
    session_ended,
)
from bot.accounts.passwords import matches
from bot.accounts.store import find_staff, known_device, login_attempt, staff, staff_session, to_staff
from bot.storage.unit_of_work import Database, UnitOfWork

FREE_ATTEMPTS_PER_ADDRESS = 8 * FREE_ATTEMPTS
"""One address may stand for a whole office; guessing through many accounts ends here all the same."""
TOUCH_EVERY = timedelta(seconds=60)


@dataclass(frozen=True)
class SignedIn:
    """What the browser gets: the session's token and the token that marks it as known."""

    staff: Staff
    token: str
    device: str


@dataclass(frozen=True)
class _Attempt:
    staff: Staff | None
    password: str | None
    keys: tuple[str, ...]


def sign_in(
    db: Database, login: str, password: str, *, address: str, device: str | None = None, old_token: str | None = None
) -> SignedIn:
    """Check a login and start a fresh session. Raises WrongCredentials, TooManyAttempts.

    Unknown names cost the same time. A source is throttled per account, so that a stranger's guesses do not
    keep the owner out: a browser that the owner used before counts apart from the address it comes from.
    """
    attempt = db.run_sync(lambda uow: _begin(uow, login, address, device))
    known = matches(attempt.password, password)
    if not known or attempt.staff is None or not attempt.staff.active:
        raise WrongCredentials
    found = attempt.staff

    def finish(uow: UnitOfWork) -> SignedIn:
        uow.db.execute(delete(login_attempt).where(login_attempt.c.key == attempt.keys[0]))
        # Only this attempt is taken back from the address: one good account must not wipe out guesses at others.
        uow.db.execute(
            update(login_attempt)
            .where(login_attempt.c.key == attempt.keys[1], login_attempt.c.failures > 0)
            .values(failures=login_attempt.c.failures - 1)
        )
        if old_token:
            end_session(uow, old_token)
        _forget_old(uow)
        return start_session(uow, found, device)

    return db.run_sync(finish)


def _begin(uow: UnitOfWork, login: str, address: str, device: str | None) -> _Attempt:
    """Count the attempt before it is checked, so that many at once gain nothing."""
    login = normal_login(login)
    row = uow.db.execute(select(staff).where(staff.c.login_blind == uow.vault.blind("login", login))).first()
    trusted = row is not None and device is not None and _knows(uow, device, row.id)
    source = f"device\0{device}" if trusted else f"address\0{address}"
    keys = (uow.vault.blind("attempt", f"{login}\0{source}"), uow.vault.blind("attempt", f"\0{source}"))
    _count(uow, keys[0], FREE_ATTEMPTS)
    if not trusted:
        _count(uow, keys[1], FREE_ATTEMPTS_PER_ADDRESS)
    return _Attempt(to_staff(uow, row) if row else None, row.password if row else None, keys)


def _count(uow: UnitOfWork, key: str, free: int) -> None:
    try:
        with uow.db.begin_nested():
            uow.db.execute(insert(login_attempt).values(key=key, failures=0, last_at=uow.now))
    except IntegrityError:
        pass  # counted before
    row = uow.db.execute(select(login_attempt).where(login_attempt.c.key == key).with_for_update()).one()
    if row.blocked_until is not None and row.blocked_until > uow.now:
        raise TooManyAttempts(math.ceil((row.blocked_until - uow.now).total_seconds()))
    failures = 1 if uow.now - row.last_at > ATTEMPTS_FORGOTTEN else row.failures + 1
    uow.db.execute(
        update(login_attempt)
        .where(login_attempt.c.key == key)
        .values(failures=failures, last_at=uow.now, blocked_until=uow.now + attempt_delay(failures, free))
    )


def start_session(uow: UnitOfWork, who: Staff, device: str | None = None) -> SignedIn:
    """A new session with a new token; the browser becomes a known one."""
    token = secrets.token_urlsafe(32)
    uow.db.execute(insert(staff_session).values(id=digest(token), staff_id=who.id, started_at=uow.now, seen_at=uow.now))
    if device is None or not _knows(uow, device, who.id):
        device = secrets.token_urlsafe(32)
        uow.db.execute(
            insert(known_device).values(id=digest(device), staff_id=who.id, expires_at=uow.now + DEVICE_LIFE)
        )
    audit.record(uow, who, "session.sign_in", "staff", who.id)
    return SignedIn(who, token, device)


def find_session(uow: UnitOfWork, token: str) -> Session | None:
    """The living session of a token; None when it is unknown, over, or its owner was switched off."""
    row = uow.db.execute(select(staff_session).where(staff_session.c.id == digest(token))).first()
    if row is None or session_ended(row.started_at, row.seen_at, uow.now):
        return None
    who = find_staff(uow, row.staff_id)
    if who is None or not who.active:
        return None
    return Session(row.id, who, csrf_token(token), row.started_at, row.seen_at)


def touch(uow: UnitOfWork, session_id: str) -> None:
    """Somebody did something: the idle time starts anew."""
    uow.db.execute(update(staff_session).where(staff_session.c.id == session_id).values(seen_at=uow.now))


def end_session(uow: UnitOfWork, token: str) -> None:
    """Sign out; from now on the person does not count as present. An unknown token is no error."""
    staff_id = uow.db.execute(
        delete(staff_session).where(staff_session.c.id == digest(token)).returning(staff_session.c.staff_id)
    ).scalar_one_or_none()
    uow.db.execute(update(staff).where(staff.c.id == staff_id).values(seen_at=None))


def end_sessions_of(uow: UnitOfWork, staff_id: str) -> None:
    """End each session of one person and forget their browsers."""
    uow.db.execute(delete(staff_session).where(staff_session.c.staff_id == staff_id))
    uow.db.execute(delete(known_device).where(known_device.c.staff_id == staff_id))


def csrf_token(token: str) -> str:
    """The form token of a session; made from the cookie's token, stored nowhere."""
    return hmac.new(token.encode(), b"pendamping/csrf", hashlib.sha256).hexdigest()


def digest(token: str) -> str:
    """What is stored of a random token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _knows(uow: UnitOfWork, device: str, staff_id: str) -> bool:
    found = uow.db.execute(
        select(known_device.c.id).where(
            known_device.c.id == digest(device),
            known_device.c.staff_id == staff_id,
            known_device.c.expires_at > uow.now,
        )
    ).first()
    return found is not None


def _forget_old(uow: UnitOfWork) -> None:
    uow.db.execute(delete(staff_session).where(staff_session.c.started_at < uow.now - SESSION_ABSOLUTE))
    uow.db.execute(delete(known_device).where(known_device.c.expires_at < uow.now))
    uow.db.execute(delete(login_attempt).where(login_attempt.c.last_at < uow.now - ATTEMPTS_FORGOTTEN))
