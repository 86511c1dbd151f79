"""Tables of the accounts room, and reading staff from them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    false,
    select,
)

from bot.accounts.model import Staff, load_roles, normal_login
from bot.storage.engine import Instant, metadata
from bot.storage.unit_of_work import UnitOfWork

organisation = Table(
    "organisation",
    metadata,
    Column("id", String(32), primary_key=True),
    # `hotline` is the installation's own: it always receives conversations, and whoever is in danger at once.
    Column("code", String(40), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("created_at", Instant, nullable=False),
    # From then on whoever signs in sets up a second step before anything else; empty where none is asked for.
    Column("second_step_from", Instant),
    # Whether another organisation than the installation's own takes conversations; the person is asked by its name.
    Column("receives", Boolean, nullable=False, server_default=false()),
)

staff = Table(
    "staff",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("organisation_id", String(32), ForeignKey("organisation.id"), nullable=False),
    Column("login_blind", String(64), nullable=False, unique=True),
    Column("login", LargeBinary, nullable=False),
    Column("name", LargeBinary, nullable=False),
    Column("designation", LargeBinary, nullable=False),
    Column("roles", String(120), nullable=False),
    Column("password", String(200), nullable=False),
    Column("lang", String(8), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("seen_at", Instant),
    Column("created_at", Instant, nullable=False),
    Index("ix_staff_organisation_id", "organisation_id"),
)

staff_session = Table(
    "staff_session",
    metadata,
    # A digest of the cookie's token: who reads this table can't sign in with it.
    Column("id", String(64), primary_key=True),
    Column("staff_id", String(32), ForeignKey("staff.id"), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    # Browser and system, so that the owner can tell their sessions apart.
    Column("agent", String(60), nullable=False),
    # What a new passkey has to answer.
    Column("challenge", String(64)),
    Index("ix_staff_session_staff_id", "staff_id"),
)

# The password was right, the second step is still to come.
half_sign_in = Table(
    "half_sign_in",
    metadata,
    # A digest of the token that the browser got.
    Column("id", String(64), primary_key=True),
    Column("staff_id", String(32), ForeignKey("staff.id"), nullable=False),
    Column("started_at", Instant, nullable=False),
    # What a passkey has to answer for this sign-in.
    Column("challenge", String(64)),
)

passkey = Table(
    "passkey",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("staff_id", String(32), ForeignKey("staff.id"), nullable=False),
    # Both in base64url; neither is a secret. A credential's id has 1,023 bytes at most.
    Column("credential", String(1400), nullable=False, unique=True),
    Column("public_key", String(2000), nullable=False),
    Column("sign_count", Integer, nullable=False),
    Column("agent", String(60), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("used_at", Instant),
    Index("ix_passkey_staff_id", "staff_id"),
)

second_step = Table(
    "second_step",
    metadata,
    Column("staff_id", String(32), ForeignKey("staff.id"), primary_key=True),
    Column("secret", LargeBinary, nullable=False),
    # The newest time step whose code was used: this one and all before it are spent.
    Column("last_step", Integer, nullable=False),
    Column("begun_at", Instant, nullable=False),
    # Empty until the owner has shown that their app makes the right codes.
    Column("confirmed_at", Instant),
)

recovery_code = Table(
    "recovery_code",
    metadata,
    # A keyed digest of owner and code.
    Column("digest", String(64), primary_key=True),
    Column("staff_id", String(32), ForeignKey("staff.id"), nullable=False),
    Column("used_at", Instant),
    Index("ix_recovery_code_staff_id", "staff_id"),
)

# A browser that signed in before: its owner is throttled apart from strangers who guess at the same account.
known_device = Table(
    "known_device",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("staff_id", String(32), ForeignKey("staff.id"), nullable=False),
    Column("expires_at", Instant, nullable=False),
)

login_attempt = Table(
    "login_attempt",
    metadata,
    # A keyed digest of account and source; neither can be read from it.
    Column("key", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("blocked_until", Instant),
)

invitation = Table(
    "invitation",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("organisation_id", String(32), ForeignKey("organisation.id"), nullable=False),
    # The account that a way back in is for; empty where the link makes a new one.
    Column("staff_id", String(32), ForeignKey("staff.id")),
    Column("roles", String(120), nullable=False),
    Column("created_by", String(32)),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
)

# A chain: no code updates a row, and only retention takes away, from the beginning on.
audit = Table(
    "audit",
    metadata,
    # One more than the newest line's, counted at the commit: the order of the chain.
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("organisation_id", String(32)),
    Column("staff_id", String(32)),
    Column("action", String(40), nullable=False),
    Column("record", String(40), nullable=False),
    Column("record_id", String(64), nullable=False),
    # The hash of the line before (bot/audit/chain.py).
    Column("previous", String(64), nullable=False),
    Index("ix_audit_record_record_id", "record", "record_id"),
    Index("ix_audit_organisation_id_number", "organisation_id", "number"),
)


def to_staff(uow: UnitOfWork, row: Any) -> Staff:
    """Open a row of `staff`."""

    def opened(column: str) -> str:
        return uow.vault.open(row.id, "staff", column, row.id, getattr(row, column))

    return Staff(
        id=row.id,
        organisation_id=row.organisation_id,
        roles=load_roles(row.roles),
        login=opened("login"),
        name=opened("name"),
        designation=opened("designation"),
        lang=row.lang,
        active=row.active,
        seen_at=row.seen_at,
    )


def find_staff(uow: UnitOfWork, staff_id: str) -> Staff | None:
    row = uow.db.execute(select(staff).where(staff.c.id == staff_id)).first()
    return None if row is None else to_staff(uow, row)


def staff_by_login(uow: UnitOfWork, login: str) -> Staff | None:
    """Whoever signs in with this name."""
    row = uow.db.execute(
        select(staff).where(staff.c.login_blind == uow.vault.blind("login", normal_login(login)))
    ).first()
    return None if row is None else to_staff(uow, row)


def password_of(uow: UnitOfWork, staff_id: str) -> str | None:
    """The hash of somebody's password."""
    return uow.db.execute(select(staff.c.password).where(staff.c.id == staff_id)).scalar_one_or_none()


def staff_of(uow: UnitOfWork, organisation_id: str) -> list[Staff]:
    """Everybody of one organisation, oldest account first."""
    rows = uow.db.execute(
        select(staff).where(staff.c.organisation_id == organisation_id).order_by(staff.c.created_at, staff.c.id)
    )
    return [to_staff(uow, row) for row in rows]
