"""Signing in, in one step or two. Slow password work happens between two transactions, never inside one."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import delete, insert, select

from bot.accounts import audit, passkeys, second_step, throttle
from bot.accounts.model import (
    FREE_ATTEMPTS,
    SECOND_STEP_LIFE,
    SignInOver,
    Staff,
    WrongCredentials,
    normal_login,
)
from bot.accounts.passwords import matches
from bot.accounts.sessions import SignedIn, digest, end_session, forget_old, knows, start_session
from bot.accounts.store import find_staff, half_sign_in, staff, to_staff
from bot.storage.unit_of_work import Database, UnitOfWork

FREE_ATTEMPTS_PER_ADDRESS = 8 * FREE_ATTEMPTS
"""One address may stand for a whole office; guessing through many accounts ends here all the same."""


@dataclass(frozen=True)
class HalfSignedIn:
    """The password was right and a code is needed; the token belongs into the browser that gave the password."""

    token: str


@dataclass(frozen=True)
class Source:
    """Where a sign-in comes from: the address, the mark of a known browser, the browser's name."""

    address: str
    device: str | None = None
    agent: str = ""


@dataclass(frozen=True)
class _Attempt:
    staff: Staff | None
    password: str | None
    keys: tuple[str, ...]


def sign_in(
    db: Database, login: str, password: str, source: Source, *, old_token: str | None = None
) -> SignedIn | HalfSignedIn:
    """Check a login and start a fresh session, or ask for the second step. Raises WrongCredentials, TooManyAttempts.

    Unknown names cost the same time. A source is throttled per account, so that a stranger's guesses do not
    keep the owner out: a browser that the owner used before counts apart from the address it comes from.
    """
    attempt = db.run_sync(lambda uow: _begin(uow, login, source))
    known = matches(attempt.password, password)
    if not known or attempt.staff is None or not attempt.staff.active:
        raise WrongCredentials
    found = attempt.staff

    def finish(uow: UnitOfWork) -> SignedIn | HalfSignedIn:
        throttle.succeeded(uow, attempt.keys[0])
        # Only this attempt is taken back from the address: one good account must not wipe out guesses at others.
        throttle.take_back(uow, attempt.keys[1])
        if old_token:
            end_session(uow, old_token)
        _forget_old(uow)
        if second_step.standing(uow, found.id).on:
            return _half(uow, found)
        return start_session(uow, found, source.device, agent=source.agent)

    return db.run_sync(finish)


def _begin(uow: UnitOfWork, login: str, source: Source) -> _Attempt:
    """Count the attempt before it is checked, so that many at once gain nothing."""
    login = normal_login(login)
    row = uow.db.execute(select(staff).where(staff.c.login_blind == uow.vault.blind("login", login))).first()
    trusted = row is not None and source.device is not None and knows(uow, source.device, row.id)
    origin = ("device", source.device or "") if trusted else ("address", source.address)
    keys = (throttle.key_of(uow, login, *origin), throttle.key_of(uow, "", *origin))
    throttle.count(uow, keys[0])
    if not trusted:
        throttle.count(uow, keys[1], FREE_ATTEMPTS_PER_ADDRESS)
    return _Attempt(to_staff(uow, row) if row else None, row.password if row else None, keys)


def _half(uow: UnitOfWork, who: Staff) -> HalfSignedIn:
    token = secrets.token_urlsafe(32)
    uow.db.execute(insert(half_sign_in).values(id=digest(token), staff_id=who.id, started_at=uow.now))
    return HalfSignedIn(token)


def waits_for_code(uow: UnitOfWork, token: str) -> Staff:
    """Whose second step a token stands for. Raises SignInOver."""
    row = uow.db.execute(select(half_sign_in).where(half_sign_in.c.id == digest(token))).first()
    if row is None or uow.now - row.started_at >= SECOND_STEP_LIFE:
        raise SignInOver
    who = find_staff(uow, row.staff_id)
    if who is None or not who.active:
        raise SignInOver
    return who


def second_step_of_sign_in(db: Database, token: str, code: str, source: Source) -> SignedIn:
    """Finish a sign-in with a code of the app or a recovery code. Raises SignInOver, TooManyAttempts, WrongCode.

    Whoever gets here knows the password, so guesses are counted for the account, wherever they come from; a browser
    that the owner used before counts apart, and so do recovery codes, which are too long to be guessed.
    """
    key = db.run_sync(lambda uow: _count_code(uow, token, code, source))

    def finish(uow: UnitOfWork) -> SignedIn:
        who = waits_for_code(uow, token)
        used = second_step.use(uow, who, code)
        uow.db.execute(delete(half_sign_in).where(half_sign_in.c.id == digest(token)))
        throttle.succeeded(uow, key)
        if used is second_step.Used.RECOVERY_CODE:
            audit.record(uow, who, "session.recovery_code", "staff", who.id)
        return start_session(uow, who, source.device, agent=source.agent)

    return db.run_sync(finish)


def passkey_of_sign_in(db: Database, token: str, site: passkeys.Site, answer: str, source: Source) -> SignedIn:
    """Finish a sign-in with a passkey. Raises SignInOver, PasskeyRefused."""

    def finish(uow: UnitOfWork) -> SignedIn:
        who = waits_for_code(uow, token)
        passkeys.check(uow, who, token, site, answer)
        uow.db.execute(delete(half_sign_in).where(half_sign_in.c.id == digest(token)))
        return start_session(uow, who, source.device, agent=source.agent)

    return db.run_sync(finish)


def _count_code(uow: UnitOfWork, token: str, code: str, source: Source) -> str:
    who = waits_for_code(uow, token)
    if source.device is not None and knows(uow, source.device, who.id):
        parts: tuple[str, ...] = ("code", who.id, "device", source.device)
    elif second_step.is_app_code(code):
        parts = ("code", who.id)
    else:
        parts = ("recovery", who.id, source.address)
    key = throttle.key_of(uow, *parts)
    throttle.count(uow, key)
    return key


def _forget_old(uow: UnitOfWork) -> None:
    uow.db.execute(delete(half_sign_in).where(half_sign_in.c.started_at < uow.now - SECOND_STEP_LIFE))
    forget_old(uow)
    throttle.forget_old(uow)
