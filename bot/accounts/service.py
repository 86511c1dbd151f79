"""Use cases around staff: the first admin, invitations, switching accounts off and on."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError

from bot.accounts import audit
from bot.accounts.model import (
    INVITATION_LIFE,
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
from bot.accounts.passwords import hash_password
from bot.accounts.sessions import SignedIn, digest, end_sessions_of, start_session
from bot.accounts.store import find_staff, invitation, organisation, staff, staff_of
from bot.storage.unit_of_work import Database, UnitOfWork

HOTLINE = "hotline"
FIRST_ADMIN = frozenset({Role.ADMIN, Role.WORKER})
"""Whoever starts a desk is usually also its first worker; both roles can be told apart later."""


@dataclass(frozen=True)
class Invitation:
    """An open invitation, as the page of its link sees it."""

    id: str
    organisation: str
    roles: frozenset[Role]
    expires_at: datetime


def hotline(uow: UnitOfWork, name: str = "Pendamping") -> str:
    """The organisation that receives this installation's handoffs; made on first use. Returns its id."""
    query = select(organisation.c.id).where(organisation.c.code == HOTLINE)
    found = uow.db.execute(query).scalar_one_or_none()
    if found is not None:
        return str(found)
    try:
        with uow.db.begin_nested():
            uow.db.execute(insert(organisation).values(id=uow.new_id(), code=HOTLINE, name=name, created_at=uow.now))
    except IntegrityError:
        pass  # made by another process in the same moment
    return str(uow.db.execute(query).scalar_one())


def ensure_first_admin(uow: UnitOfWork, agency: str = "Pendamping") -> str | None:
    """While nobody has an account: a fresh one-time link token (earlier ones stop working). Afterwards None."""
    if uow.db.execute(select(func.count()).select_from(staff)).scalar_one():
        return None
    uow.db.execute(update(invitation).where(invitation.c.used_at.is_(None)).values(expires_at=uow.now))
    return _invite(uow, None, hotline(uow, agency), FIRST_ADMIN)


def invite(uow: UnitOfWork, by: Staff, roles: Iterable[Role]) -> str:
    """A one-time link token for a new colleague of one's own organisation; valid for 72 hours."""
    return _invite(uow, by, by.organisation_id, frozenset(roles))


def _invite(uow: UnitOfWork, by: Staff | None, organisation_id: str, roles: frozenset[Role]) -> str:
    token, invitation_id = secrets.token_urlsafe(32), uow.new_id()
    uow.db.execute(
        insert(invitation).values(
            id=invitation_id,
            digest=digest(token),
            organisation_id=organisation_id,
            roles=dump_roles(roles),
            created_by=by.id if by else None,
            created_at=uow.now,
            expires_at=uow.now + INVITATION_LIFE,
        )
    )
    audit.record(uow, by, "staff.invite", "invitation", invitation_id)
    return token


def open_invitation(uow: UnitOfWork, token: str) -> Invitation:
    """What an unused, unexpired link offers. Raises InvitationInvalid."""
    row = uow.db.execute(
        select(invitation, organisation.c.name.label("organisation"))
        .join(organisation, organisation.c.id == invitation.c.organisation_id)
        .where(invitation.c.digest == digest(token), invitation.c.used_at.is_(None), invitation.c.expires_at > uow.now)
    ).first()
    if row is None:
        raise InvitationInvalid
    return Invitation(row.id, row.organisation, load_roles(row.roles), row.expires_at)


def accept_invitation(db: Database, token: str, profile: Profile) -> SignedIn:
    """Use the link once: make the account and sign it in. Raises InvitationInvalid, WeakPassword, LoginTaken."""
    db.run_sync(lambda uow: open_invitation(uow, token), read_only=True)
    check_password(profile.password, profile.login, profile.name, profile.designation)
    hashed = hash_password(profile.password)

    def work(uow: UnitOfWork) -> SignedIn:
        row = uow.db.execute(
            update(invitation)
            .where(
                invitation.c.digest == digest(token), invitation.c.used_at.is_(None), invitation.c.expires_at > uow.now
            )
            .values(used_at=uow.now)
            .returning(invitation.c.organisation_id, invitation.c.roles)
        ).first()
        if row is None:
            raise InvitationInvalid
        return start_session(uow, _create(uow, row.organisation_id, row.roles, profile, hashed))

    return db.run_sync(work)


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
    uow.db.execute(update(staff).where(staff.c.id == staff_id).values(roles=dump_roles(roles), active=active))
    end_sessions_of(uow, staff_id)
    audit.record(uow, by, action, "staff", staff_id)
    changed = find_staff(uow, staff_id)
    assert changed is not None  # read from the same table above
    return changed


def set_language(uow: UnitOfWork, who: Staff, lang: str) -> None:
    """The language of somebody's own pages; anything but English means Indonesian."""
    uow.db.execute(update(staff).where(staff.c.id == who.id).values(lang="en" if lang == "en" else "id"))
