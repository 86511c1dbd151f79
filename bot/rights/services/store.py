"""Tables of the directory that agencies keep. It is made to be public, so nothing here is sealed."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    delete,
    func,
    insert,
    select,
    update,
)

from bot.accounts.model import RecordNotFound
from bot.accounts.store import organisation
from bot.rights.services.model import Entry, Location, Organisation, Phone, Schedule, Status
from bot.storage.engine import Instant, metadata
from bot.storage.unit_of_work import UnitOfWork

directory_organisation = Table(
    "directory_organisation",
    metadata,
    Column("id", String(64), primary_key=True),
    # The agency that keeps this record, not the organisation that the record is about.
    Column("organisation_id", String(32), ForeignKey("organisation.id"), nullable=False),
    Column("name", String(200), nullable=False),
    Column("description", Text, nullable=False),
    Column("website", String(320), nullable=False),
    Column("email", String(260), nullable=False),
    Index("ix_directory_organisation_organisation_id", "organisation_id"),
)

directory_service = Table(
    "directory_service",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("organisation_id", String(32), ForeignKey("organisation.id"), nullable=False),
    Column("run_by", String(64), ForeignKey("directory_organisation.id"), nullable=False),
    # Of an adopted starter: the starter itself is not shown any more.
    Column("code", String(12), unique=True),
    Column("name", String(200), nullable=False),
    Column("name_en", String(200), nullable=False, server_default=""),
    Column("description", Text, nullable=False),
    Column("description_en", Text, nullable=False),
    Column("url", String(320), nullable=False),
    Column("email", String(260), nullable=False),
    Column("status", String(20), nullable=False),
    # Lists of codes or short texts, as JSON.
    Column("categories", Text, nullable=False),
    Column("areas", Text, nullable=False),
    Column("required_documents", Text, nullable=False),
    Column("languages", Text, nullable=False),
    Column("eligibility_description", Text, nullable=False),
    Column("eligibility_description_en", Text, nullable=False, server_default=""),
    Column("minimum_age", Integer),
    Column("maximum_age", Integer),
    Column("fees_description", Text, nullable=False),
    Column("fees_description_en", Text, nullable=False, server_default=""),
    Column("application_process", Text, nullable=False),
    Column("application_process_en", Text, nullable=False, server_default=""),
    Column("alert", Text, nullable=False),
    Column("alert_en", Text, nullable=False, server_default=""),
    Column("reports_to_police", String(10), nullable=False),
    Column("never_alone", Boolean, nullable=False),
    Column("assured_date", Date),
    Column("assured_by", String(200), nullable=False),
    Column("confidential_location", Boolean, nullable=False),
    Column("changed_at", Instant, nullable=False),
    # What `service_at_location` points to: see there.
    UniqueConstraint("id", "confidential_location", name="uq_directory_service_confidential"),
    Index("ix_directory_service_organisation_id", "organisation_id"),
)

directory_location = Table(
    "directory_location",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("organisation_id", String(32), ForeignKey("organisation.id"), nullable=False),
    Column("name", String(200), nullable=False),
    Column("region", String(4), nullable=False),
    Column("address", Text, nullable=False),
    Column("postal_code", String(5), nullable=False),
    Column("transportation", Text, nullable=False),
    Column("accessibility", Text, nullable=False),
)

# A service with a confidential place can't have a row here: its pair (id, true) would have to be pointed to, and the
# check lets in false alone. So the database itself refuses an address for it, whatever a program does.
service_at_location = Table(
    "service_at_location",
    metadata,
    Column("service_id", String(64), primary_key=True),
    Column("location_id", String(64), ForeignKey("directory_location.id"), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("confidential_location", Boolean, nullable=False),
    ForeignKeyConstraint(
        ["service_id", "confidential_location"],
        ["directory_service.id", "directory_service.confidential_location"],
        name="fk_service_at_location_open",
    ),
    CheckConstraint("NOT confidential_location", name="open"),
)

directory_schedule = Table(
    "directory_schedule",
    metadata,
    Column("service_id", String(64), ForeignKey("directory_service.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("days", String(40), nullable=False),
    Column("opens_at", String(5), nullable=False),
    Column("closes_at", String(5), nullable=False),
    Column("timezone", String(40), nullable=False),
    Column("description", Text, nullable=False),
    Column("description_en", Text, nullable=False, server_default=""),
)

directory_phone = Table(
    "directory_phone",
    metadata,
    Column("service_id", String(64), ForeignKey("directory_service.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("number", String(40), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("extension", String(8), nullable=False),
    Column("description", Text, nullable=False),
    Column("tested_on", Date),
    Column("tested_by", String(200), nullable=False),
    Column("expires_after_days", Integer, nullable=False),
)

_LISTS = ("categories", "areas", "required_documents", "languages")
_INNER = ("id", "organisation", "locations", "phones", "schedules")
TOPIC = "directory"
"""Woken when an entry has changed."""


@dataclass(frozen=True)
class Kept:
    """An entry with the agency that keeps it and when it last changed."""

    entry: Entry
    agency: str
    changed_at: datetime


def all_of(uow: UnitOfWork, organisation_id: str) -> list[Kept]:
    """Every entry of one agency, by name."""
    return _entries(uow, directory_service.c.organisation_id == organisation_id)


def everything(uow: UnitOfWork) -> list[Kept]:
    """The entries of all agencies, by name."""
    return _entries(uow, None)


def own(uow: UnitOfWork, organisation_id: str, service_id: str) -> Kept:
    """An entry of this agency. Raises RecordNotFound, for another agency's too."""
    c = directory_service.c
    found = _entries(uow, (c.organisation_id == organisation_id) & (c.id == service_id))
    if not found:
        raise RecordNotFound(service_id)
    return found[0]


def last_change(uow: UnitOfWork) -> datetime | None:
    """When any entry last changed."""
    changed: datetime | None = uow.db.execute(select(func.max(directory_service.c.changed_at))).scalar_one()
    return changed


def owners(uow: UnitOfWork, table: Table, ids: Iterable[str]) -> dict[str, str]:
    """The agency of each of these records that exists."""
    query = select(table.c.id, table.c.organisation_id).where(table.c.id.in_(list(ids)))
    return {row.id: row.organisation_id for row in uow.db.execute(query)}


def code_taken(uow: UnitOfWork, code: str, service_id: str) -> bool:
    """Whether another entry, of any agency, has this code."""
    c = directory_service.c
    return uow.db.execute(select(c.id).where(c.code == code, c.id != service_id)).first() is not None


def keep(uow: UnitOfWork, organisation_id: str, entry: Entry) -> None:
    """Keep an entry with everything in it, in place of what it was before.

    Raises AddressOfConfidential where the organisation's new words would give the address of another entry away.
    """
    _upsert(uow, directory_organisation, organisation_id, asdict(entry.organisation))
    unlink(uow, entry.id)
    values = {name: value for name, value in asdict(entry).items() if name not in _INNER}
    values |= {name: json.dumps(values[name], ensure_ascii=False) for name in _LISTS}
    values |= {"id": entry.id, "run_by": entry.organisation.id, "code": entry.code or None, "changed_at": uow.now}
    _upsert(uow, directory_service, organisation_id, values)
    for position, location in enumerate(entry.locations):
        _upsert(uow, directory_location, organisation_id, asdict(location))
        link = {"service_id": entry.id, "location_id": location.id, "confidential_location": False}
        uow.db.execute(insert(service_at_location).values(position=position, **link))
    for position, phone in enumerate(entry.phones):
        uow.db.execute(insert(directory_phone).values(service_id=entry.id, position=position, **asdict(phone)))
    for position, schedule in enumerate(entry.schedules):
        row = asdict(schedule) | {"days": ",".join(schedule.days)}
        uow.db.execute(insert(directory_schedule).values(service_id=entry.id, position=position, **row))
    _forget_unused(uow, organisation_id)
    # Reading makes each entry of the same organisation anew, and none can be made with an address it must not have.
    _entries(uow, directory_service.c.run_by == entry.organisation.id)
    uow.wake(TOPIC)


def remove(uow: UnitOfWork, organisation_id: str, service_id: str) -> None:
    """Delete an entry for good, with places and organisation that nothing else needs."""
    unlink(uow, service_id)
    uow.db.execute(delete(directory_service).where(directory_service.c.id == service_id))
    _forget_unused(uow, organisation_id)
    uow.wake(TOPIC)


def unlink(uow: UnitOfWork, service_id: str) -> None:
    """Take everything off an entry that has rows of its own."""
    for table in (service_at_location, directory_phone, directory_schedule):
        uow.db.execute(delete(table).where(table.c.service_id == service_id))


def _forget_unused(uow: UnitOfWork, organisation_id: str) -> None:
    """An address that no service has any more is not kept either."""
    used = select(service_at_location.c.location_id)
    c = directory_location.c
    uow.db.execute(delete(directory_location).where(c.organisation_id == organisation_id, c.id.not_in(used)))
    named = select(directory_service.c.run_by)
    d = directory_organisation.c
    uow.db.execute(delete(directory_organisation).where(d.organisation_id == organisation_id, d.id.not_in(named)))


def _upsert(uow: UnitOfWork, table: Table, organisation_id: str, values: dict[str, Any]) -> None:
    here = (table.c.id == values["id"]) & (table.c.organisation_id == organisation_id)
    if uow.db.execute(update(table).where(here).values(values)).rowcount == 0:
        uow.db.execute(insert(table).values(organisation_id=organisation_id, **values))


def _entries(uow: UnitOfWork, which: ColumnElement[bool] | None) -> list[Kept]:
    query = select(directory_service).order_by(directory_service.c.name, directory_service.c.id)
    rows = uow.db.execute(query if which is None else query.where(which)).all()
    ids = [row.id for row in rows]
    run_by = _organisations(uow, {row.run_by for row in rows})
    places, phones, schedules = _locations(uow, ids), _phones(uow, ids), _schedules(uow, ids)
    found = []
    for row in rows:
        inner = {
            "locations": tuple(places[row.id]),
            "phones": tuple(phones[row.id]),
            "schedules": tuple(schedules[row.id]),
        }
        entry = _entry(row, run_by[row.run_by], inner)
        found.append(Kept(entry, row.organisation_id, row.changed_at))
    return found


def _entry(row: Any, organisation: Organisation, inner: dict[str, Any]) -> Entry:
    own = {name: getattr(row, name) for name in Entry.__dataclass_fields__ if name not in _INNER}
    own |= {name: tuple(json.loads(own[name])) for name in _LISTS}
    own |= {"code": row.code or "", "status": Status(row.status)}
    return Entry(id=row.id, organisation=organisation, **own, **inner)


def _organisations(uow: UnitOfWork, ids: set[str]) -> dict[str, Organisation]:
    rows = uow.db.execute(select(directory_organisation).where(directory_organisation.c.id.in_(ids)))
    return {row.id: Organisation(row.id, row.name, row.description, row.website, row.email) for row in rows}


def _locations(uow: UnitOfWork, ids: Sequence[str]) -> dict[str, list[Location]]:
    link = service_at_location.c
    query = select(link.service_id, directory_location).join(
        directory_location, directory_location.c.id == link.location_id
    )
    found: dict[str, list[Location]] = defaultdict(list)
    for row in uow.db.execute(query.where(link.service_id.in_(ids)).order_by(link.position)):
        found[row.service_id].append(Location(**{name: getattr(row, name) for name in Location.__dataclass_fields__}))
    return found


def _phones(uow: UnitOfWork, ids: Sequence[str]) -> dict[str, list[Phone]]:
    found: dict[str, list[Phone]] = defaultdict(list)
    for row in _parts(uow, directory_phone, ids):
        found[row.service_id].append(Phone(**{name: getattr(row, name) for name in Phone.__dataclass_fields__}))
    return found


def _schedules(uow: UnitOfWork, ids: Sequence[str]) -> dict[str, list[Schedule]]:
    found: dict[str, list[Schedule]] = defaultdict(list)
    for row in _parts(uow, directory_schedule, ids):
        days = tuple(filter(None, row.days.split(",")))
        own = (row.opens_at, row.closes_at, row.timezone, row.description, row.description_en)
        found[row.service_id].append(Schedule(days, *own))
    return found


def _parts(uow: UnitOfWork, table: Table, ids: Sequence[str]) -> Iterable[Any]:
    return uow.db.execute(select(table).where(table.c.service_id.in_(ids)).order_by(table.c.position))


def agency_names(uow: UnitOfWork) -> dict[str, str]:
    """What each agency is called."""
    return {row.id: row.name for row in uow.db.execute(select(organisation.c.id, organisation.c.name))}
