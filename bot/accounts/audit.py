"""The audit trail: who did what to which record, when. Never any content."""

from __future__ import annotations

from sqlalchemy import insert

from bot.accounts.model import Staff
from bot.accounts.store import audit
from bot.storage.unit_of_work import UnitOfWork


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

    `actor` is None for what the system did by itself; `organisation_id` then says whose record it is.
    """
    uow.db.execute(
        insert(audit).values(
            at=uow.now,
            organisation_id=actor.organisation_id if actor else organisation_id,
            staff_id=actor.id if actor else None,
            action=action,
            record=record,
            record_id=record_id,
        )
    )
