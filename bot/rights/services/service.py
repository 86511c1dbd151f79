"""Use cases of an agency's directory: write, adopt, test, look through, remove, bring in. Each is audited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bot.accounts import audit
from bot.accounts.model import RecordNotFound, Staff
from bot.content import BrokenContent
from bot.rights.directory import services
from bot.rights.model import local_day
from bot.rights.publishing.service import agency_name
from bot.rights.services import store
from bot.rights.services.files import read_files
from bot.rights.services.known import entry_of_starter
from bot.rights.services.model import AddressOfConfidential, Entry, Phone, Status
from bot.storage.unit_of_work import UnitOfWork


class CodeInUse(Exception):
    """Another agency keeps this starter, or a record with this id; the message is the field."""


def starters(uow: UnitOfWork) -> list[Entry]:
    """The starters that no agency has adopted, without the numbers that always stand."""
    taken = {kept.entry.code for kept in store.everything(uow)}
    free = (service for service in services() if not service.always_shown and service.code not in taken)
    return [entry_of_starter(service) for service in free]


def adopt(uow: UnitOfWork, who: Staff, code: str) -> str:
    """Keep a starter as one's own entry, inactive until somebody has seen to it. Returns its id.

    Raises RecordNotFound.
    """
    starter = next((entry for entry in starters(uow) if entry.code == code), None)
    if starter is None:
        raise RecordNotFound(code)
    organisation = replace(starter.organisation, id=uow.new_id())
    entry = replace(starter, id=uow.new_id(), organisation=organisation, status=Status.INACTIVE)
    save(uow, who, entry)
    return entry.id


def save(uow: UnitOfWork, who: Staff, entry: Entry) -> None:
    """Keep an entry, new or changed. Tests of numbers are only ever written by `mark_tested`.

    Raises CodeInUse, AddressOfConfidential.
    """
    _own_ids(uow, who, entry)
    entry = _with_own_tests(entry, _before(uow, who, entry.id))
    store.keep(uow, who.organisation_id, entry)
    audit.record(uow, who, "directory.write", "service", entry.id)


def mark_tested(uow: UnitOfWork, who: Staff, service_id: str, number: int) -> None:
    """Somebody called this number today and got through. Raises RecordNotFound."""
    entry = _own(uow, who, service_id)
    if not 0 <= number < len(entry.phones):
        raise RecordNotFound(service_id)
    tested = replace(
        entry.phones[number], tested_on=local_day(uow.now), tested_by=agency_name(uow, who.organisation_id)
    )
    _change_phone(uow, who, entry, number, tested)
    audit.record(uow, who, "directory.test", "service", f"{entry.id}/{number}")


def mark_failed(uow: UnitOfWork, who: Staff, service_id: str, number: int) -> None:
    """Nobody answered, or somebody else: from now on the number is as if never tested. Raises RecordNotFound."""
    entry = _own(uow, who, service_id)
    if not 0 <= number < len(entry.phones):
        raise RecordNotFound(service_id)
    _change_phone(uow, who, entry, number, entry.phones[number].untested)
    audit.record(uow, who, "directory.test_failed", "service", f"{entry.id}/{number}")


def assure(uow: UnitOfWork, who: Staff, service_id: str) -> None:
    """Somebody looked through the entry today and it is right. Raises RecordNotFound."""
    entry = _own(uow, who, service_id)
    by = agency_name(uow, who.organisation_id)
    store.keep(uow, who.organisation_id, replace(entry, assured_date=local_day(uow.now), assured_by=by))
    audit.record(uow, who, "directory.assure", "service", entry.id)


def remove(uow: UnitOfWork, who: Staff, service_id: str) -> None:
    """Delete an entry for good; a starter of its code is shown again. Raises RecordNotFound."""
    entry = _own(uow, who, service_id)
    store.remove(uow, who.organisation_id, entry.id)
    audit.record(uow, who, "directory.remove", "service", entry.id)


def bring_in(uow: UnitOfWork, who: Staff, files: Sequence[tuple[str, bytes]]) -> int:
    """Keep the entries of files: all of them, or none. Returns how many. Raises BrokenContent.

    A new one is inactive; one that the agency has already keeps its status, its tests and who looked through it.
    """
    entries = read_files(files)
    seen: set[str] = set()
    for entry in entries:
        if entry.id in seen:
            raise BrokenContent(_named(files), 1, "id", f"{entry.id} is used twice")
        seen.add(entry.id)
        before = _before(uow, who, entry.id)
        entry = replace(
            entry,
            status=before.status if before else Status.INACTIVE,
            assured_date=before.assured_date if before else None,
            assured_by=before.assured_by if before else "",
        )
        try:
            save(uow, who, entry)
        except CodeInUse as taken:
            raise BrokenContent(_named(files), 1, str(taken), f"of {entry.id} belongs to another record") from None
        except AddressOfConfidential:
            what = f"of {entry.id} would give the address of a confidential place away"
            raise BrokenContent(_named(files), 1, "organization", what) from None
    audit.record(uow, who, "directory.import", "service", str(len(entries)))
    return len(entries)


def entries_of(uow: UnitOfWork, who: Staff) -> list[Entry]:
    """The entries of one's own agency, by name."""
    return [kept.entry for kept in store.all_of(uow, who.organisation_id)]


def opened(uow: UnitOfWork, who: Staff, service_id: str) -> Entry:
    """One entry of one's own agency. Raises RecordNotFound."""
    return _own(uow, who, service_id)


def _own(uow: UnitOfWork, who: Staff, service_id: str) -> Entry:
    return store.own(uow, who.organisation_id, service_id).entry


def _before(uow: UnitOfWork, who: Staff, service_id: str) -> Entry | None:
    try:
        return _own(uow, who, service_id)
    except RecordNotFound:
        return None


def _own_ids(uow: UnitOfWork, who: Staff, entry: Entry) -> None:
    """Raises CodeInUse where an id or the code is another agency's, or that of a number that always stands."""
    places = [location.id for location in entry.locations]
    for field, table, ids in (
        ("id", store.directory_service, [entry.id]),
        ("organization.id", store.directory_organisation, [entry.organisation.id]),
        ("location.id", store.directory_location, places),
    ):
        if set(store.owners(uow, table, ids).values()) - {who.organisation_id}:
            raise CodeInUse(field)
    always = {service.code for service in services() if service.always_shown}
    if entry.code and (entry.code in always or store.code_taken(uow, entry.code, entry.id)):
        raise CodeInUse("code")


def _with_own_tests(entry: Entry, before: Entry | None) -> Entry:
    """A test belongs to the number that was called: whoever writes another one writes an untested one."""
    known = before.phones if before else ()
    return replace(entry, phones=tuple(_as_tested(phone, known) for phone in entry.phones))


def _as_tested(phone: Phone, known: Sequence[Phone]) -> Phone:
    old = next((one for one in known if one.same(phone)), phone.untested)
    return replace(phone, tested_on=old.tested_on, tested_by=old.tested_by)


def _change_phone(uow: UnitOfWork, who: Staff, entry: Entry, number: int, phone: Phone) -> None:
    phones = (*entry.phones[:number], phone, *entry.phones[number + 1 :])
    store.keep(uow, who.organisation_id, replace(entry, phones=phones))


def _named(files: Sequence[tuple[str, bytes]]) -> Path:
    return Path(Path(files[0][0]).name)
