"""The second step of signing in: setting up an authenticator app, its codes, recovery codes for a lost phone."""

from __future__ import annotations

import re
import secrets
from enum import Enum, auto

from sqlalchemy import delete, func, insert, select, update

from bot.accounts import audit, totp
from bot.accounts.model import RECOVERY_CODES, SETUP_LIFE, SecondStep, SecondStepNeeded, SetupOver, Staff, WrongCode
from bot.accounts.organisations import organisation_of
from bot.accounts.store import passkey, recovery_code
from bot.accounts.store import second_step as table
from bot.storage.unit_of_work import UnitOfWork

_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""Without what is mistaken for one another: 0 o, 1 i l."""
_CODE_LENGTH = 12
"""59 bits: too much to guess, so a plain keyed digest is enough."""
_APP_CODE = re.compile(rf"^\d{{{totp.DIGITS}}}$")


class Used(Enum):
    """What a sign-in was finished with."""

    APP = auto()
    RECOVERY_CODE = auto()


def standing(uow: UnitOfWork, staff_id: str) -> SecondStep:
    """Whether it is on, since when, and how many recovery codes are left."""
    since = uow.db.execute(select(table.c.confirmed_at).where(table.c.staff_id == staff_id)).scalar_one_or_none()
    if since is None:
        return SecondStep()
    unused = select(func.count()).where(recovery_code.c.staff_id == staff_id, recovery_code.c.used_at.is_(None))
    return SecondStep(since, uow.db.execute(unused).scalar_one())


def with_second_step(uow: UnitOfWork, organisation_staff: list[Staff]) -> frozenset[str]:
    """Which of these people have it on, by id."""
    ids = [who.id for who in organisation_staff]
    rows = uow.db.execute(select(table.c.staff_id).where(table.c.staff_id.in_(ids), table.c.confirmed_at.is_not(None)))
    return frozenset(rows.scalars())


def begin(uow: UnitOfWork, who: Staff) -> str:
    """A fresh secret, not in force before `confirm`. A step that is on already stays as it is. Raises SetupOver."""
    if standing(uow, who.id).on:
        raise SetupOver
    secret = totp.new_secret()
    uow.db.execute(delete(table).where(table.c.staff_id == who.id))
    uow.db.execute(
        insert(table).values(
            staff_id=who.id,
            secret=uow.vault.seal(who.id, "second_step", "secret", who.id, secret),
            last_step=0,
            begun_at=uow.now,
        )
    )
    return secret


def being_set_up(uow: UnitOfWork, who: Staff) -> str:
    """The secret that waits to be confirmed. Raises SetupOver."""
    row = uow.db.execute(select(table).where(table.c.staff_id == who.id)).first()
    if row is None or row.confirmed_at is not None or uow.now - row.begun_at >= SETUP_LIFE:
        raise SetupOver
    return uow.vault.open(who.id, "second_step", "secret", who.id, row.secret)


def confirm(uow: UnitOfWork, who: Staff, code: str) -> list[str]:
    """The app makes the right codes: from now on one is asked for. Returns the recovery codes, which are shown once.

    Raises SetupOver, WrongCode.
    """
    step = totp.matching_step(being_set_up(uow, who), _plain(code), uow.now, after=0)
    if step is None:
        raise WrongCode
    uow.db.execute(
        update(table)
        .where(table.c.staff_id == who.id, table.c.confirmed_at.is_(None))
        .values(confirmed_at=uow.now, last_step=step)
    )
    audit.record(uow, who, "account.second_step_on", "staff", who.id)
    return _new_codes(uow, who.id)


def new_recovery_codes(uow: UnitOfWork, who: Staff) -> list[str]:
    """A fresh set; those from before stop working. Raises SetupOver where the second step is off."""
    if not standing(uow, who.id).on:
        raise SetupOver
    audit.record(uow, who, "account.recovery_codes", "staff", who.id)
    return _new_codes(uow, who.id)


def switch_off_own(uow: UnitOfWork, who: Staff) -> None:
    """No second step any more, if the organisation asks for none. Raises SecondStepNeeded."""
    if organisation_of(uow, who).second_step_from is not None:
        raise SecondStepNeeded
    switch_off(uow, who, who.id)


def switch_off(uow: UnitOfWork, by: Staff, staff_id: str) -> None:
    """No second step any more, for oneself or (by an admin, with a way back in) for a colleague."""
    if not standing(uow, staff_id).on:
        return
    uow.db.execute(delete(table).where(table.c.staff_id == staff_id))
    uow.db.execute(delete(recovery_code).where(recovery_code.c.staff_id == staff_id))
    uow.db.execute(delete(passkey).where(passkey.c.staff_id == staff_id))
    audit.record(uow, by, "account.second_step_off", "staff", staff_id)


def is_app_code(code: str) -> bool:
    """Whether this looks like a code of the app, and not like a recovery code."""
    return _APP_CODE.match(_plain(code)) is not None


def use(uow: UnitOfWork, who: Staff, code: str) -> Used:
    """Spend a code of the app or a recovery code; of many who use the same one at once, one wins. Raises WrongCode."""
    if is_app_code(code):
        _use_app_code(uow, who, _plain(code))
        return Used.APP
    spent = uow.db.execute(
        update(recovery_code)
        .where(recovery_code.c.digest == _digest(uow, who.id, code), recovery_code.c.used_at.is_(None))
        .values(used_at=uow.now)
    )
    if spent.rowcount != 1:
        raise WrongCode
    return Used.RECOVERY_CODE


def _use_app_code(uow: UnitOfWork, who: Staff, code: str) -> None:
    row = uow.db.execute(select(table).where(table.c.staff_id == who.id, table.c.confirmed_at.is_not(None))).first()
    if row is None:
        raise WrongCode
    secret = uow.vault.open(who.id, "second_step", "secret", who.id, row.secret)
    step = totp.matching_step(secret, code, uow.now, after=row.last_step)
    if step is None:
        raise WrongCode
    spent = uow.db.execute(
        update(table).where(table.c.staff_id == who.id, table.c.last_step < step).values(last_step=step)
    )
    if spent.rowcount != 1:
        raise WrongCode


def _new_codes(uow: UnitOfWork, staff_id: str) -> list[str]:
    uow.db.execute(delete(recovery_code).where(recovery_code.c.staff_id == staff_id))
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH)) for _ in range(RECOVERY_CODES)]
    uow.db.execute(
        insert(recovery_code), [{"digest": _digest(uow, staff_id, code), "staff_id": staff_id} for code in codes]
    )
    return ["-".join(code[at : at + 4] for at in range(0, _CODE_LENGTH, 4)) for code in codes]


def _digest(uow: UnitOfWork, staff_id: str, code: str) -> str:
    return uow.vault.blind("recovery", f"{staff_id}\0{_plain(code)}")


def _plain(code: str) -> str:
    """As it is compared: people copy codes with blanks, dashes and capitals."""
    return re.sub(r"[\s-]", "", code).casefold()
