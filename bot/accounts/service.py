"""Use cases around staff: the first admin, invitations and ways back in, roles, switching accounts off and on."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from bot.accounts import audit, second_step
from bot.accounts.model import (
    INVITATION_LIFE,
    WAY_BACK_LIFE,
    InvitationInvalid,
    LastAdmin,
    LoginTaken,
    Profile,
    RecordNotFound,
    Role,
    Staff,
    check_password,
    dump_roles,
    load_roles,
    normal_login,
)
from bot.accounts.organisations import add, hotline
from bot.accounts.passwords import hash_password
from bot.accounts.sessions import SignedIn, digest, end_sessions_of, start_session
from bot.accounts.store import find_staff, invitation, organisation, staff, staff_of
from bot.storage.unit_of_work import Database, UnitOfWork

FIRST_ADMIN = frozenset({Role.ADMIN, Role.WORKER})
"""Whoever starts a desk is usually also its first worker; both roles can be told apart later."""


@dataclass(frozen=True)
class Invitation:
    """An open invitation. `way_back` is the account that the link leads back to, instead of making a new one."""

    id: str
    organisation: str
    roles: frozenset[Role]
    expires_at: datetime
    way_back: Staff | None = None


def ensure_first_admin(uow: UnitOfWork, agency: str = "Pendamping") -> str | None:
    """While nobody of the hotline has an account: a fresh link token (earlier ones stop working). Afterwards None."""
    home = hotline(uow, agency)
    if uow.db.execute(select(func.count()).where(staff.c.organisation_id == home)).scalar_one():
        return None
    _expire(uow, invitation.c.organisation_id == home)
    return _invite(uow, None, home, FIRST_ADMIN)


def found_organisation(uow: UnitOfWork, name: str) -> str:
    """One more organisation and the link token of its first admin."""
    return _invite(uow, None, add(uow, name), frozenset({Role.ADMIN}))


def invite(uow: UnitOfWork, by: Staff, roles: Iterable[Role]) -> str:
    """A one-time link token for a new colleague of one's own organisation; valid for 72 hours."""
    return _invite(uow, by, by.organisation_id, frozenset(roles))


def offer_way_back(uow: UnitOfWork, by: Staff, staff_id: str) -> str:
    """A one-time link token with which a colleague who lost password or phone sets a new password; valid for 24 hours.

    Their second step ends when it is used. Raises RecordNotFound.
    """
    who = find_staff(uow, staff_id)
    if who is None or who.organisation_id != by.organisation_id or not who.active:
        raise RecordNotFound(staff_id)
    _expire(uow, invitation.c.staff_id == staff_id)
    audit.record(uow, by, "staff.way_back", "staff", staff_id)
    return _write(uow, by, by.organisation_id, frozenset(), WAY_BACK_LIFE, staff_id)[0]


def _invite(uow: UnitOfWork, by: Staff | None, organisation_id: str, roles: frozenset[Role]) -> str:
    token, invitation_id = _write(uow, by, organisation_id, roles, INVITATION_LIFE)
    audit.record(uow, by, "staff.invite", "invitation", invitation_id, organisation_id=organisation_id)
    return token


def _write(
    uow: UnitOfWork,
    by: Staff | None,
    organisation_id: str,
    roles: frozenset[Role],
    life: timedelta,
    staff_id: str | None = None,
) -> tuple[str, str]:
    token, invitation_id = secrets.token_urlsafe(32), uow.new_id()
    uow.db.execute(
        insert(invitation).values(
            id=invitation_id,
            digest=digest(token),
            organisation_id=organisation_id,
            staff_id=staff_id,
            roles=dump_roles(roles),
            created_by=by.id if by else None,
            created_at=uow.now,
            expires_at=uow.now + life,
        )
    )
    return token, invitation_id


def _expire(uow: UnitOfWork, *conditions: Any) -> int:
    """Links that were not used stop working. Returns how many."""
    living = (invitation.c.used_at.is_(None), invitation.c.expires_at > uow.now)
    return uow.db.execute(update(invitation).where(*living, *conditions).values(expires_at=uow.now)).rowcount


def withdraw_invitation(uow: UnitOfWork, by: Staff, invitation_id: str) -> None:
    """The link stops working. Raises RecordNotFound, also for one that was used or is over."""
    if not _expire(uow, invitation.c.id == invitation_id, invitation.c.organisation_id == by.organisation_id):
        raise RecordNotFound(invitation_id)
    audit.record(uow, by, "staff.uninvite", "invitation", invitation_id)


def open_invitations(uow: UnitOfWork, organisation_id: str) -> list[Invitation]:
    """The links of an organisation that still work, the newest first; the links themselves are kept nowhere."""
    rows = uow.db.execute(
        _living(uow).where(invitation.c.organisation_id == organisation_id).order_by(invitation.c.created_at.desc())
    ).all()
    return [_to_invitation(uow, row) for row in rows]


def open_invitation(uow: UnitOfWork, token: str) -> Invitation:
    """What an unused, unexpired link offers. Raises InvitationInvalid."""
    row = uow.db.execute(_living(uow).where(invitation.c.digest == digest(token))).first()
    if row is None:
        raise InvitationInvalid
    found = _to_invitation(uow, row)
    if found.way_back is not None and not found.way_back.active:
        raise InvitationInvalid
    return found


def _living(uow: UnitOfWork) -> Select[Any]:
    return (
        select(invitation, organisation.c.name.label("organisation"))
        .join(organisation, organisation.c.id == invitation.c.organisation_id)
        .where(invitation.c.used_at.is_(None), invitation.c.expires_at > uow.now)
    )


def _to_invitation(uow: UnitOfWork, row: Any) -> Invitation:
    way_back = find_staff(uow, row.staff_id) if row.staff_id else None
    return Invitation(row.id, row.organisation, load_roles(row.roles), row.expires_at, way_back)


def accept_invitation(db: Database, token: str, profile: Profile, *, agent: str = "") -> SignedIn:
    """Use the link once: make the account and sign it in. Raises InvitationInvalid, WeakPassword, LoginTaken."""
    db.run_sync(lambda uow: open_invitation(uow, token), read_only=True)
    check_password(profile.password, profile.login, profile.name, profile.designation)
    hashed = hash_password(profile.password)

    def work(uow: UnitOfWork) -> SignedIn:
        row = _use(uow, token, invitation.c.staff_id.is_(None))
        return start_session(uow, _create(uow, row.organisation_id, row.roles, profile, hashed), agent=agent)

    return db.run_sync(work)


def accept_way_back(db: Database, token: str, password: str, *, agent: str = "") -> SignedIn:
    """Use the link once: a new password, no second step, every session ended, and signed in.

    Raises InvitationInvalid, WeakPassword.
    """
    who = db.run_sync(lambda uow: open_invitation(uow, token), read_only=True).way_back
    if who is None:
        raise InvitationInvalid
    check_password(password, who.login, who.name, who.designation)
    hashed = hash_password(password)

    def work(uow: UnitOfWork) -> SignedIn:
        _use(uow, token, invitation.c.staff_id == who.id)
        uow.db.execute(update(staff).where(staff.c.id == who.id).values(password=hashed))
        second_step.switch_off(uow, who, who.id)
        end_sessions_of(uow, who.id)
        audit.record(uow, who, "account.way_back", "staff", who.id)
        return start_session(uow, who, agent=agent)

    return db.run_sync(work)


def _use(uow: UnitOfWork, token: str, condition: Any) -> Any:
    row = uow.db.execute(
        update(invitation)
        .where(
            invitation.c.digest == digest(token),
            invitation.c.used_at.is_(None),
            invitation.c.expires_at > uow.now,
            condition,
        )
        .values(used_at=uow.now)
        .returning(invitation.c.organisation_id, invitation.c.roles)
    ).first()
    if row is None:
        raise InvitationInvalid
    return row


def _create(uow: UnitOfWork, organisation_id: str, roles: str, profile: Profile, hashed: str) -> Staff:
    staff_id, login = uow.new_id(), normal_login(profile.login)
    uow.vault.create_owner(staff_id)

    def sealed(column: str, text: str) -> bytes:
        return uow.vault.seal(staff_id, "staff", column, staff_id, text)

    try:
        with uow.db.begin_nested():
            uow.db.execute(
                insert(staff).values(
                    id=staff_id,
                    organisation_id=organisation_id,
                    login_blind=uow.vault.blind("login", login),
                    login=sealed("login", login),
                    name=sealed("name", profile.name.strip()),
                    designation=sealed("designation", profile.designation.strip()),
                    roles=roles,
                    password=hashed,
                    lang=profile.lang,
                    active=True,
                    created_at=uow.now,
                )
            )
    except IntegrityError:
        raise LoginTaken from None
    created = find_staff(uow, staff_id)
    assert created is not None  # inserted four lines above
    audit.record(uow, created, "staff.join", "staff", staff_id)
    return created


def switch(uow: UnitOfWork, by: Staff, staff_id: str, *, active: bool) -> Staff:
    """Switch a colleague's account off (their sessions end now) or on. Raises RecordNotFound, LastAdmin."""
    return _change(uow, by, staff_id, "staff.on" if active else "staff.off", lambda who: (who.roles, active))


def change_roles(uow: UnitOfWork, by: Staff, staff_id: str, roles: Iterable[Role]) -> Staff:
    """Give a colleague other roles; their sessions end. Raises RecordNotFound, LastAdmin."""
    return _change(uow, by, staff_id, "staff.roles", lambda who: (frozenset(roles), who.active))


def _change(
    uow: UnitOfWork, by: Staff, staff_id: str, action: str, wanted: Callable[[Staff], tuple[frozenset[Role], bool]]
) -> Staff:
    # Locking the organisation keeps two admins from switching each other off in the same moment.
    uow.db.execute(select(organisation.c.id).where(organisation.c.id == by.organisation_id).with_for_update())
    everybody = {member.id: member for member in staff_of(uow, by.organisation_id)}
    if staff_id not in everybody:
        raise RecordNotFound(staff_id)
    roles, active = wanted(everybody[staff_id])
    admins = {member.id for member in everybody.values() if member.active and Role.ADMIN in member.roles}
    stays_admin = active and Role.ADMIN in roles
    if admins <= {staff_id} and not stays_admin:
        raise LastAdmin
    if not active:
        _expire(uow, invitation.c.staff_id == staff_id)
    uow.db.execute(update(staff).where(staff.c.id == staff_id).values(roles=dump_roles(roles), active=active))
    end_sessions_of(uow, staff_id)
    audit.record(uow, by, action, "staff", staff_id)
    changed = find_staff(uow, staff_id)
    assert changed is not None  # read from the same table above
    return changed
