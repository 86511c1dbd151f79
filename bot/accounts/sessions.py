"""Sessions on the server: started, found by the cookie's token, listed, ended."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update

from bot.accounts import audit, second_step
from bot.accounts.model import (
    DEVICE_LIFE,
    SESSION_ABSOLUTE,
    OpenSession,
    RecordNotFound,
    Session,
    Staff,
    session_ended,
)
from bot.accounts.store import find_staff, half_sign_in, known_device, organisation, staff, staff_session
from bot.storage.unit_of_work import UnitOfWork

TOUCH_EVERY = timedelta(seconds=60)


@dataclass(frozen=True)
class SignedIn:
    """What the browser gets: the session's token and the token that marks it as known."""

    staff: Staff
    token: str
    device: str


def start_session(uow: UnitOfWork, who: Staff, device: str | None = None, *, agent: str = "") -> SignedIn:
    """A new session with a new token; the browser becomes a known one."""
    token = secrets.token_urlsafe(32)
    uow.db.execute(
        insert(staff_session).values(
            id=digest(token), staff_id=who.id, started_at=uow.now, seen_at=uow.now, agent=agent
        )
    )
    if device is None or not knows(uow, device, who.id):
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
    must_set_up = _must_set_up(uow, who, row.started_at)
    return Session(row.id, who, csrf_token(token), row.started_at, row.seen_at, must_set_up)


def _must_set_up(uow: UnitOfWork, who: Staff, started_at: datetime) -> bool:
    """Whether the organisation asked for a second step before this session began, and there is none."""
    asked = uow.db.execute(
        select(organisation.c.second_step_from).where(organisation.c.id == who.organisation_id)
    ).scalar_one_or_none()
    return asked is not None and started_at >= asked and not second_step.standing(uow, who.id).on


def open_sessions(uow: UnitOfWork, who: Staff) -> list[OpenSession]:
    """The living sessions of one person, the one used last first."""
    rows = uow.db.execute(
        select(staff_session).where(staff_session.c.staff_id == who.id).order_by(staff_session.c.seen_at.desc())
    )
    return [
        OpenSession(row.id, row.agent, row.started_at, row.seen_at)
        for row in rows
        if not session_ended(row.started_at, row.seen_at, uow.now)
    ]


def touch(uow: UnitOfWork, session_id: str) -> None:
    """Somebody did something: the idle time starts anew."""
    uow.db.execute(update(staff_session).where(staff_session.c.id == session_id).values(seen_at=uow.now))


def end_session(uow: UnitOfWork, token: str) -> None:
    """Sign out; from now on the person does not count as present. An unknown token is no error."""
    staff_id = uow.db.execute(
        delete(staff_session).where(staff_session.c.id == digest(token)).returning(staff_session.c.staff_id)
    ).scalar_one_or_none()
    uow.db.execute(update(staff).where(staff.c.id == staff_id).values(seen_at=None))


def end_own_session(uow: UnitOfWork, who: Staff, session_id: str) -> None:
    """End one of one's own sessions from another; its browser is no longer a known one. Raises RecordNotFound."""
    ended = uow.db.execute(
        delete(staff_session).where(staff_session.c.id == session_id, staff_session.c.staff_id == who.id)
    )
    if ended.rowcount != 1:
        raise RecordNotFound(session_id)
    audit.record(uow, who, "session.end", "staff", who.id)


def end_other_sessions(uow: UnitOfWork, session: Session) -> int:
    """End every session of this person but the given one. Returns how many."""
    ended = uow.db.execute(
        delete(staff_session).where(staff_session.c.staff_id == session.staff.id, staff_session.c.id != session.id)
    ).rowcount
    audit.record(uow, session.staff, "session.end", "staff", session.staff.id)
    return ended


def end_sessions_of(uow: UnitOfWork, staff_id: str) -> None:
    """End each session of one person, also one whose second step is still to come, and forget their browsers."""
    for table in (staff_session, half_sign_in, known_device):
        uow.db.execute(delete(table).where(table.c.staff_id == staff_id))


def end_every_session(uow: UnitOfWork) -> int:
    """Everybody signs in again, in a browser that nobody knows: a cookie may be in wrong hands. Returns how many."""
    ended = uow.db.execute(delete(staff_session)).rowcount
    for table in (half_sign_in, known_device):
        uow.db.execute(delete(table))
    uow.db.execute(update(staff).values(seen_at=None))
    audit.record(uow, None, "session.end_all", "installation", "")
    return ended


def csrf_token(token: str) -> str:
    """The form token of a session; made from the cookie's token, stored nowhere."""
    return hmac.new(token.encode(), b"pendamping/csrf", hashlib.sha256).hexdigest()


def digest(token: str) -> str:
    """What is stored of a random token."""
    return hashlib.sha256(token.encode()).hexdigest()


def knows(uow: UnitOfWork, device: str, staff_id: str) -> bool:
    """Whether this person signed in with this browser before."""
    found = uow.db.execute(
        select(known_device.c.id).where(
            known_device.c.id == digest(device),
            known_device.c.staff_id == staff_id,
            known_device.c.expires_at > uow.now,
        )
    ).first()
    return found is not None


def forget_old(uow: UnitOfWork) -> None:
    """Sessions and browsers that ended by themselves."""
    uow.db.execute(delete(staff_session).where(staff_session.c.started_at < uow.now - SESSION_ABSOLUTE))
    uow.db.execute(delete(known_device).where(known_device.c.expires_at < uow.now))
