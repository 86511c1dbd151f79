"""Organisations: the installation's own, and others beside it."""

from __future__ import annotations

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from bot.accounts import audit
from bot.accounts.model import Organisation, Staff
from bot.accounts.store import organisation
from bot.storage.unit_of_work import UnitOfWork

HOTLINE = "hotline"


def hotline(uow: UnitOfWork, name: str = "Pendamping") -> str:
    """The installation's own organisation; made on first use. Returns its id."""
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


def add(uow: UnitOfWork, name: str) -> str:
    """One more organisation, with staff and records of its own. Returns its id."""
    new = uow.new_id()
    uow.db.execute(insert(organisation).values(id=new, code=new, name=name, created_at=uow.now))
    return new


def organisation_of(uow: UnitOfWork, who: Staff) -> Organisation:
    """The organisation that somebody works for."""
    row = uow.db.execute(select(organisation).where(organisation.c.id == who.organisation_id)).one()
    first = row.code == HOTLINE
    receives = first or row.receives
    return Organisation(row.id, row.name, row.created_at, receives, first, row.second_step_from)


def rename(uow: UnitOfWork, by: Staff, name: str) -> None:
    """Give one's own organisation another name."""
    uow.db.execute(update(organisation).where(organisation.c.id == by.organisation_id).values(name=name))
    audit.record(uow, by, "organisation.rename", "organisation", by.organisation_id)


def receive(uow: UnitOfWork, by: Staff, *, takes: bool) -> None:
    """Whether people may be asked for conversations with one's own organisation; the installation's own always is."""
    changed = uow.db.execute(
        update(organisation)
        .where(
            organisation.c.id == by.organisation_id,
            organisation.c.code != HOTLINE,
            organisation.c.receives.is_(not takes),
        )
        .values(receives=takes)
    )
    if changed.rowcount:
        action = "organisation.receives_on" if takes else "organisation.receives_off"
        audit.record(uow, by, action, "organisation", by.organisation_id)


def ask_for_second_step(uow: UnitOfWork, by: Staff, *, asked: bool) -> None:
    """Whether everybody of one's own organisation needs a second step, from their next sign-in on.

    Sessions from before go on: nobody is cut off in the middle of a conversation. Saying it twice moves nothing.
    """
    changed = uow.db.execute(
        update(organisation)
        .where(organisation.c.id == by.organisation_id, organisation.c.second_step_from.is_(None) == asked)
        .values(second_step_from=uow.now if asked else None)
    )
    if changed.rowcount:
        action = "organisation.second_step_on" if asked else "organisation.second_step_off"
        audit.record(uow, by, action, "organisation", by.organisation_id)
