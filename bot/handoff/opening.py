"""Opening hours as an organisation keeps them, and what its workers can do: read them, change them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, select

from bot.accounts import audit
from bot.accounts.model import RecordNotFound, Staff
from bot.accounts.store import find_staff
from bot.accounts.store import staff as staff_table
from bot.handoff.hours import Hours, parse_hours
from bot.handoff.routing import SETS, Abilities, joined, tags
from bot.handoff.store import opening_hours, worker_abilities
from bot.rights.directory import province_code
from bot.storage.unit_of_work import UnitOfWork


class Written(NamedTuple):
    """The hours as they were written, by whom (a staff id) and when."""

    lines: str
    by: str
    at: datetime


def hours_of(uow: UnitOfWork, organisation_id: str) -> Hours:
    """The hours of an organisation; without any it is closed."""
    written = written_hours(uow, organisation_id)
    return parse_hours(written.lines) if written else Hours()


def written_hours(uow: UnitOfWork, organisation_id: str) -> Written | None:
    """The lines as they were saved last."""
    row = uow.db.execute(select(opening_hours).where(opening_hours.c.organisation_id == organisation_id)).first()
    return None if row is None else Written(row.lines, row.changed_by, row.changed_at)


def write_hours(uow: UnitOfWork, staff: Staff, lines: str) -> Hours:
    """Keep new hours of the own organisation, whole or not at all. Raises BadHours."""
    hours = parse_hours(lines)
    mine = staff.organisation_id
    uow.db.execute(delete(opening_hours).where(opening_hours.c.organisation_id == mine))
    uow.db.execute(
        insert(opening_hours).values(organisation_id=mine, lines=lines, changed_by=staff.id, changed_at=uow.now)
    )
    audit.record(uow, staff, "hours.edit", "organisation", mine)
    return hours


def abilities_of(uow: UnitOfWork, organisation_id: str) -> Mapping[str, Abilities]:
    """What the workers of an organisation can do, by staff id; who has no entry is left out of nothing."""
    rows = uow.db.execute(
        select(worker_abilities)
        .join(staff_table, staff_table.c.id == worker_abilities.c.staff_id)
        .where(staff_table.c.organisation_id == organisation_id)
    )
    return {row.staff_id: _read(row) for row in rows}


def _read(row: Any) -> Abilities:
    """Provinces by their codes: that is how the region of a person is known."""
    known = Abilities(**{name: tags(getattr(row, name)) for name in SETS})
    return replace(
        known, regions=frozenset(province_code(tag.replace("_", " ")).replace(" ", "_") for tag in known.regions)
    )


def write_abilities(uow: UnitOfWork, by: Staff, staff_id: str, given: Mapping[str, str]) -> Abilities:
    """Set what a colleague of one's own organisation can do. Raises RecordNotFound, BadTag."""
    who = find_staff(uow, staff_id)
    if who is None or who.organisation_id != by.organisation_id:
        raise RecordNotFound(staff_id)
    found = Abilities(**{name: tags(given.get(name, "")) for name in SETS})
    uow.db.execute(delete(worker_abilities).where(worker_abilities.c.staff_id == staff_id))
    uow.db.execute(
        insert(worker_abilities).values(
            staff_id=staff_id, changed_at=uow.now, **{name: joined(getattr(found, name)) for name in SETS}
        )
    )
    audit.record(uow, by, "abilities.edit", "staff", staff_id)
    return found
