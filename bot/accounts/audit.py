"""The audit trail: who did what to which record, when. Never any content. Each line is chained to the one before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import ColumnElement, insert, select, text

from bot.accounts.model import Staff
from bot.accounts.store import audit
from bot.audit.chain import FIRST, Link
from bot.storage.unit_of_work import UnitOfWork

_LOCK = 5_461_029
"""The name of PostgreSQL's lock on the end of the chain; any number that nothing else uses."""

_NEWEST = select(audit).order_by(audit.c.number.desc()).limit(1)


def record(
    uow: UnitOfWork,
    actor: Staff | None,
    action: str,
    record: str,
    record_id: str,
    *,
    organisation_id: str | None = None,
) -> None:
    """Add one line in the caller's transaction, so that what is not recorded did not happen.

    `actor` is None for what the system did by itself; `organisation_id` then says whose record it is. The line is
    written at the end of the transaction.
    """
    line = Link(
        number=0,
        at=uow.now,
        organisation_id=actor.organisation_id if actor else organisation_id,
        staff_id=actor.id if actor else None,
        action=action,
        record=record,
        record_id=record_id,
        previous=FIRST,
    )
    # The end of the chain is locked as the last thing of a transaction: so nobody waits in a ring, and not for long.
    uow.before_commit(lambda: _append(uow, line))


def newest(uow: UnitOfWork, *among: ColumnElement[bool]) -> Link | None:
    """The line at the end of the chain, or of that part of it."""
    return next(_links(uow, _NEWEST.where(*among)), None)


def links(uow: UnitOfWork) -> Iterator[Link]:
    """The whole chain, oldest line first."""
    return _links(uow, select(audit).order_by(audit.c.number))


def _append(uow: UnitOfWork, line: Link) -> None:
    if not uow.is_sqlite:
        # SQLite has one writer at a time anyway. Held until the commit, so the next one sees this line.
        uow.db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    before = newest(uow)
    if before is not None:
        line = replace(line, number=before.number + 1, previous=before.hash)
    else:
        line = replace(line, number=1)
    uow.db.execute(insert(audit).values(asdict(line)))


def _links(uow: UnitOfWork, query: Any) -> Iterator[Link]:
    return (Link(**row) for row in uow.db.execute(query, execution_options={"yield_per": 1000}).mappings())
