"""An agency's directory: what is kept, what a test of a number belongs to, and what reaches clients."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError

from bot.accounts.model import RecordNotFound
from bot.accounts.store import audit
from bot.clock import ManualClock
from bot.content import BrokenContent
from bot.guard import make_contacts
from bot.rights.directory import contacts_for, services
from bot.rights.model import local_day
from bot.rights.services import service, store
from bot.rights.services.files import as_json
from bot.rights.services.known import Directory, listed, together
from bot.rights.services.model import AddressOfConfidential, Entry, Organisation, Status
from bot.storage.unit_of_work import Database
from tests.accounts.people import join, other_organisation
from tests.rights.publishing.conftest import Agency
from tests.rights.services.entries import OFFICE, SHELTER, entries, several

DAY = 86_400


def keep(db: Database, who: Agency, entry: Entry) -> Entry:
    db.run_sync(lambda uow: service.save(uow, who.editor.staff, entry))
    return db.run_sync(lambda uow: service.opened(uow, who.editor.staff, entry.id))


def kept(db: Database, who: Agency) -> list[Entry]:
    return db.run_sync(lambda uow: service.entries_of(uow, who.editor.staff))


def actions(db: Database) -> list[str]:
    return db.run_sync(lambda uow: list(uow.db.execute(select(audit.c.action).order_by(audit.c.number)).scalars()))


def test_an_entry_is_kept_with_everything_in_it(any_db: Database) -> None:
    home = other_organisation(any_db)
    staff = join(any_db, organisation_id=home).staff
    for entry in (OFFICE, SHELTER, replace(OFFICE, name="Baru", phones=(), schedules=())):
        any_db.run_sync(lambda uow, entry=entry: service.save(uow, staff, entry))
        assert any_db.run_sync(lambda uow, entry=entry: service.opened(uow, staff, entry.id)) == entry
    assert len(any_db.run_sync(store.everything)) == 2


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(several(entries()))
def test_whatever_an_entry_holds_comes_back_from_the_database(
    house: Database, ours: Agency, found: list[Entry]
) -> None:
    with house.unit() as uow:  # never committed
        codes = set()
        for entry in found:
            code = "" if entry.code in codes else entry.code
            codes.add(entry.code)
            store.keep(uow, ours.id, replace(entry, code=code))
            assert store.own(uow, ours.id, entry.id).entry == replace(entry, code=code)


def test_the_database_itself_refuses_an_address_for_a_confidential_service(any_db: Database) -> None:
    """Whatever a program does: past the model, by hand."""
    home = other_organisation(any_db)
    any_db.run_sync(lambda uow: store.keep(uow, home, SHELTER))
    any_db.run_sync(lambda uow: store.keep(uow, home, OFFICE))
    link = {"service_id": SHELTER.id, "location_id": OFFICE.locations[0].id, "position": 0}
    table, hidden = store.directory_service, {"confidential_location": True}
    for statement in (
        insert(store.service_at_location).values({**link, "confidential_location": False}),
        insert(store.service_at_location).values({**link, "confidential_location": True}),
        update(table).where(table.c.id == OFFICE.id).values(hidden),
        update(store.service_at_location).values(service_id=SHELTER.id),
    ):
        with pytest.raises(IntegrityError), any_db.unit() as uow:
            uow.db.execute(statement)


def test_an_address_goes_when_the_place_becomes_confidential(house: Database, ours: Agency) -> None:
    keep(house, ours, OFFICE)
    keep(house, ours, replace(OFFICE, confidential_location=True, locations=()))
    for table in (store.directory_location, store.service_at_location):
        count = select(func.count()).select_from(table)
        assert house.run_sync(lambda uow, count=count: uow.db.execute(count).scalar_one()) == 0


def test_an_organisation_does_not_come_to_name_the_address_of_its_shelter(house: Database, ours: Agency) -> None:
    keep(house, ours, SHELTER)
    told = replace(OFFICE, organisation=replace(OFFICE.organisation, description="Jl. Rahasia No. 1"))
    with pytest.raises(AddressOfConfidential):
        keep(house, ours, told)
    assert kept(house, ours) == [SHELTER]


def test_a_test_belongs_to_the_number_that_was_called(house: Database, ours: Agency, clock: ManualClock) -> None:
    keep(house, ours, OFFICE)
    house.run_sync(lambda uow: service.mark_tested(uow, ours.editor.staff, OFFICE.id, 0))
    (entry,) = kept(house, ours)
    today = local_day(clock.now())
    assert [(phone.tested_on, bool(phone.tested_by)) for phone in entry.phones] == [(today, True), (None, False)]
    forged = replace(entry.phones[1], tested_on=today, tested_by="saya")
    other = replace(entry.phones[0], number="022-555-9999")
    saved = keep(house, ours, replace(entry, phones=(entry.phones[0], forged, other)))
    assert [phone.tested_on for phone in saved.phones] == [today, None, None]
    house.run_sync(lambda uow: service.mark_failed(uow, ours.editor.staff, OFFICE.id, 0))
    assert kept(house, ours)[0].phones[0].tested_on is None
    assert actions(house)[-4:] == ["directory.write", "directory.test", "directory.write", "directory.test_failed"]
    for number in (-1, 3):
        with pytest.raises(RecordNotFound):
            house.run_sync(lambda uow, number=number: service.mark_tested(uow, ours.editor.staff, OFFICE.id, number))


def test_an_adopted_starter_takes_the_place_of_the_file_once_somebody_saw_to_it(
    house: Database, ours: Agency, theirs: Agency, clock: ManualClock
) -> None:
    before = len(house.run_sync(lambda uow: service.starters(uow)))
    service_id = house.run_sync(lambda uow: service.adopt(uow, ours.editor.staff, "S129"))
    assert len(house.run_sync(lambda uow: service.starters(uow))) == before - 1
    (entry,) = kept(house, ours)
    assert (entry.code, entry.status, [phone.said for phone in entry.phones]) == (
        "S129", Status.INACTIVE, ["129", "021-129", "08111-129-129"],
    )  # fmt: skip
    with pytest.raises(RecordNotFound):
        house.run_sync(lambda uow: service.adopt(uow, theirs.editor.staff, "S129"))
    today = local_day(clock.now())
    directory = Directory()

    def codes(*, production: bool) -> list[str]:
        house.run_sync(directory.refresh, read_only=True)
        found = contacts_for("violence_now", "id", today=today, production=production, known=directory.known())
        return [contact.code for contact in found[3:]]

    assert codes(production=False) == ["S129"]  # nobody saw to it yet: the file's stands
    keep(house, ours, replace(entry, status=Status.CLOSED))
    assert codes(production=False) == []
    keep(house, ours, replace(entry, status=Status.ACTIVE))
    assert (codes(production=False), codes(production=True)) == (["S129"], [])
    house.run_sync(lambda uow: service.mark_tested(uow, ours.editor.staff, service_id, 0))
    assert codes(production=True) == ["S129"]
    house.run_sync(lambda uow: service.remove(uow, ours.editor.staff, service_id))
    assert (codes(production=False), codes(production=True)) == (["S129"], [])


@pytest.mark.parametrize("code", ["S110", "S112", "S119", "UNKNOWN"])
def test_the_numbers_that_always_stand_are_nobody_s(house: Database, ours: Agency, code: str) -> None:
    with pytest.raises(RecordNotFound):
        house.run_sync(lambda uow: service.adopt(uow, ours.editor.staff, code))
    if code != "UNKNOWN":
        with pytest.raises(service.CodeInUse):
            keep(house, ours, replace(OFFICE, code=code))
        pretender = replace(OFFICE, code=code, status=Status.ACTIVE)
        assert {"110", "112", "119"} <= {one.tel for one in together(services(), [pretender]) if one.always_shown}


def test_what_an_agency_keeps_is_told_in_danger_and_stays_while_the_database_is_away(
    house: Database, ours: Agency, clock: ManualClock
) -> None:
    directory = Directory()
    contacts = make_contacts(lambda: local_day(clock.now()), production=True, known=directory.known)
    keep(house, ours, OFFICE)
    for number in (0, 1):
        house.run_sync(lambda uow, number=number: service.mark_tested(uow, ours.editor.staff, OFFICE.id, number))
    assert "Pendampingan" not in contacts("id", "3273")
    house.run_sync(directory.refresh, read_only=True)
    house.engine.dispose()
    assert "Pendampingan korban: 022-555-0101" in contacts("id", "3273")
    assert "Pendampingan" not in contacts("id", "3174")
    assert "Pendampingan" not in contacts("id", None)
    clock.advance(61 * DAY)  # the database is still away, and the test is over
    assert "Pendampingan" not in contacts("id", "3273")
    assert [line[:3] for line in contacts("id", "3273").splitlines()] != []


def test_a_service_of_several_regions_is_told_once(house: Database, ours: Agency, clock: ManualClock) -> None:
    entry = replace(OFFICE, areas=("32", "3273"))
    known = together(services(), [entry])
    found = contacts_for(
        "violence_now", "id", today=local_day(clock.now()), production=False, region="3273", known=known
    )
    assert [contact.code for contact in found].count(OFFICE.id) == 1


def test_files_come_in_untested_and_inactive_or_not_at_all(house: Database, ours: Agency, clock: ManualClock) -> None:
    today = local_day(clock.now())
    boasting = replace(
        OFFICE,
        phones=tuple(replace(phone, tested_on=today, tested_by="Kami") for phone in OFFICE.phones),
        assured_date=today,
        assured_by="Kami",
    )
    text = as_json([boasting, SHELTER]).encode()
    broken = text.replace(b'"0811-555-0102"', b'"x"')
    with pytest.raises(BrokenContent):
        house.run_sync(lambda uow: service.bring_in(uow, ours.editor.staff, [("a.json", broken)]))
    assert kept(house, ours) == []
    assert house.run_sync(lambda uow: service.bring_in(uow, ours.editor.staff, [("a.json", text)])) == 2
    assert [(entry.status, entry.assured_by, entry.phones[0].tested_on) for entry in kept(house, ours)] == [
        (Status.INACTIVE, "", None)
    ] * 2
    assert house.run_sync(lambda uow: listed(uow, today, production=False))[0].agency is None


def test_one_s_own_export_changes_nothing_when_it_comes_back(house: Database, ours: Agency) -> None:
    keep(house, ours, OFFICE)
    house.run_sync(lambda uow: service.mark_tested(uow, ours.editor.staff, OFFICE.id, 1))
    house.run_sync(lambda uow: service.assure(uow, ours.editor.staff, OFFICE.id))
    before = kept(house, ours)
    files = [("a.json", as_json(before).encode())]
    house.run_sync(lambda uow: service.bring_in(uow, ours.editor.staff, files))
    assert kept(house, ours) == before


def test_another_agency_s_records_are_neither_found_nor_overwritten(
    house: Database, ours: Agency, theirs: Agency
) -> None:
    keep(house, theirs, replace(OFFICE, code="S171"))
    for attempt in (service.opened, service.assure, service.remove):
        with pytest.raises(RecordNotFound):
            house.run_sync(lambda uow, attempt=attempt: attempt(uow, ours.editor.staff, OFFICE.id))
    stolen = (
        OFFICE,
        replace(SHELTER, organisation=OFFICE.organisation),
        replace(OFFICE, id="x", organisation=Organisation("o", "Lain")),
        replace(SHELTER, organisation=Organisation("o", "Lain"), code="S171"),
    )
    for entry in stolen:
        with pytest.raises(service.CodeInUse):
            keep(house, ours, entry)
    with pytest.raises(BrokenContent, match="belongs to another record"):
        house.run_sync(lambda uow: service.bring_in(uow, ours.editor.staff, [("a.json", as_json([OFFICE]).encode())]))
    assert kept(house, ours) == []
    assert [asdict(entry)["name"] for entry in kept(house, theirs)] == [OFFICE.name]


def test_a_directory_of_the_public_says_who_keeps_each_entry(house: Database, ours: Agency, clock: ManualClock) -> None:
    keep(house, ours, OFFICE)
    today = local_day(clock.now())
    found = house.run_sync(lambda uow: listed(uow, today, production=False))
    assert found[0].agency
    assert {one.agency for one in found[1:]} == {None}
    assert sum(one.always for one in found) == 3
    production = house.run_sync(lambda uow: listed(uow, today + timedelta(days=1), production=True))
    assert {one.entry.code for one in production} == {"S110", "S112", "S119"}
