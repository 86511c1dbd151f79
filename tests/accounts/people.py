"""Builders for staff, through the real invitation."""

from __future__ import annotations

from itertools import count

from sqlalchemy import insert

from bot.accounts.model import Profile, Role, Staff
from bot.accounts.organisations import hotline
from bot.accounts.service import _invite, accept_invitation
from bot.accounts.sessions import SignedIn
from bot.accounts.store import organisation
from bot.storage.unit_of_work import Database

PASSWORD = "tujuh kucing di atap"
_numbers = count(1)


def join(db: Database, *roles: Role, designation: str = "", login: str = "", organisation_id: str = "") -> SignedIn:
    """A new colleague who just accepted an invitation and is signed in."""
    number = next(_numbers)
    home = organisation_id or db.run_sync(hotline)
    token = db.run_sync(lambda uow: _invite(uow, None, home, frozenset(roles or {Role.WORKER})))
    profile = Profile(
        login=login or f"orang{number}@contoh.test",
        name=f"Nama Pribadi {number}",
        designation=designation or f"Petugas {number}",
        password=PASSWORD,
    )
    return accept_invitation(db, token, profile)


def worker(db: Database, designation: str = "") -> Staff:
    return join(db, Role.WORKER, designation=designation).staff


def other_organisation(db: Database) -> str:
    """The id of a second organisation."""

    def work(uow):  # type: ignore[no-untyped-def]
        new = uow.new_id()
        uow.db.execute(insert(organisation).values(id=new, code=f"org-{new}", name="Lembaga lain", created_at=uow.now))
        return new

    return str(db.run_sync(work))
