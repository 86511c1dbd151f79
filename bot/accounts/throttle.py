"""Slows guessing down: failures are counted per key, and a key that failed too often has to wait."""

from __future__ import annotations

import math
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from bot.accounts.model import ATTEMPTS_FORGOTTEN, FREE_ATTEMPTS, TooManyAttempts, attempt_delay
from bot.accounts.store import login_attempt
from bot.storage.unit_of_work import UnitOfWork


def key_of(uow: UnitOfWork, *parts: str) -> str:
    """The keyed digest that stands for an account and a source; neither can be read from it."""
    return uow.vault.blind("attempt", "\0".join(parts))


def count(uow: UnitOfWork, key: str, free: int = FREE_ATTEMPTS) -> None:
    """Count an attempt, before it is checked, so that many at once gain nothing. Raises TooManyAttempts."""
    row = _locked(uow, key)
    if row.blocked_until is not None and row.blocked_until > uow.now:
        raise TooManyAttempts(math.ceil((row.blocked_until - uow.now).total_seconds()))
    failures = 1 if uow.now - row.last_at > ATTEMPTS_FORGOTTEN else row.failures + 1
    uow.db.execute(
        update(login_attempt)
        .where(login_attempt.c.key == key)
        .values(failures=failures, last_at=uow.now, blocked_until=uow.now + attempt_delay(failures, free))
    )


def _locked(uow: UnitOfWork, key: str) -> Any:
    """The key's row, made where there is none; nobody else counts it before this transaction ends."""
    while True:
        try:
            with uow.db.begin_nested():
                uow.db.execute(insert(login_attempt).values(key=key, failures=0, last_at=uow.now))
        except IntegrityError:
            pass  # counted before
        row = uow.db.execute(select(login_attempt).where(login_attempt.c.key == key).with_for_update()).first()
        if row is not None:
            return row
        # Another sign-in of the same key succeeded in between and took the row away.


def succeeded(uow: UnitOfWork, key: str) -> None:
    """The attempt was right: its key starts anew."""
    uow.db.execute(delete(login_attempt).where(login_attempt.c.key == key))


def take_back(uow: UnitOfWork, key: str) -> None:
    """This one attempt was no failure, but earlier ones of the same key stay counted."""
    uow.db.execute(
        update(login_attempt)
        .where(login_attempt.c.key == key, login_attempt.c.failures > 0)
        .values(failures=login_attempt.c.failures - 1)
    )


def forget_old(uow: UnitOfWork) -> None:
    """Attempts of more than an hour ago count no more."""
    uow.db.execute(delete(login_attempt).where(login_attempt.c.last_at < uow.now - ATTEMPTS_FORGOTTEN))
