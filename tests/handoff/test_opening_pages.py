"""The desk's page of opening hours: who may change them, and what a broken line is told."""

from __future__ import annotations

import pytest

from bot.accounts.model import Role
from bot.clock import ManualClock
from bot.handoff.levels import service_levels
from bot.handoff.opening import abilities_of, hours_of, write_abilities, write_hours
from bot.handoff.routing import Abilities
from bot.storage.unit_of_work import Database
from tests.accounts.people import join, other_organisation
from tests.handoff.builders import wait
from tests.handoff.desk_app import Browser, desk_app


async def test_without_hours_the_page_says_closed(db: Database) -> None:
    page = (await Browser(desk_app(db), join(db)).get("/desk/hours")).text
    assert "Sekarang tutup, dan tidak ada jam berikutnya." in page


async def test_a_supervisor_writes_hours_and_everybody_of_the_desk_reads_them(db: Database, clock: ManualClock) -> None:
    app, boss = desk_app(db), join(db, Role.SUPERVISOR, designation="Penyelia Tuti")
    browser = Browser(app, boss)
    saved = await browser.post("/desk/hours", lines="zona WITA\r\nsabtu 08.00-16.00\r\n")
    assert saved.headers["location"] == "/desk/hours?notice=hours_saved"
    assert "Jadwal tersimpan." in (await browser.get("/desk/hours?notice=hours_saved")).text
    page = (await Browser(app, join(db)).get("/desk/hours")).text
    # It is Saturday, 17.00 in Makassar.
    assert "Sekarang tutup. Berikutnya: 28 November 2026, 08.00 WITA." in page
    assert "Terakhir diubah Penyelia Tuti" in page
    assert "readonly" in page
    clock.advance(-3600 - 1)
    # Somebody else: a session that began an hour ahead of the clock is over.
    assert "Sekarang buka menurut jadwal." in (await Browser(app, join(db)).get("/desk/hours")).text


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("senin 08.00-16.00\nselasa 8-16", "Baris 2: “8-16” bukan jam; tulis seperti 08.00-16.00."),
        ("\n\nsenen 08.00-16.00", "Baris 3: “senen” bukan hari"),
        ("zona <b>", "Baris 1: “&lt;b&gt;” bukan zona waktu"),
        ("senin 08.00-12.00, 11.00-13.00", "bertumpuk dengan jam lain di hari itu"),
    ],
)
async def test_a_broken_line_is_named_nothing_is_saved_and_nothing_that_was_written_is_lost(
    db: Database, lines: str, told: str
) -> None:
    boss = join(db, Role.SUPERVISOR)
    db.run_sync(lambda uow: write_hours(uow, boss.staff, "setiap 00.00-24.00"))
    answer = await Browser(desk_app(db), boss).post("/desk/hours", lines=lines)
    assert answer.status_code == 400
    assert told in answer.text
    assert lines.splitlines()[-1].replace("<b>", "&lt;b&gt;") in answer.text
    assert db.run_sync(lambda uow: hours_of(uow, boss.staff.organisation_id).is_open(uow.now))


async def test_abilities_are_written_by_a_supervisor_for_their_own_people(db: Database) -> None:
    app, boss, rani = desk_app(db), join(db, Role.SUPERVISOR), join(db).staff
    stranger = join(db, organisation_id=other_organisation(db)).staff
    browser = Browser(app, boss)
    await browser.post(f"/desk/hours/workers/{rani.id}", languages="id, en", topics="kdrt_fisik")
    known = db.run_sync(lambda uow: abilities_of(uow, rani.organisation_id))
    assert known[rani.id] == Abilities(languages=frozenset({"id", "en"}), topics=frozenset({"kdrt_fisik"}))
    page = (await browser.get("/desk/hours")).text
    assert 'value="kdrt_fisik" checked' in page
    assert "Kekerasan fisik di rumah" in page
    ticked = {"languages": ["en"], "topics": ["utang", "duka"]}
    await browser.post(f"/desk/hours/workers/{rani.id}", **ticked)
    known = db.run_sync(lambda uow: abilities_of(uow, rani.organisation_id))
    assert known[rani.id] == Abilities(languages=frozenset({"en"}), topics=frozenset({"utang", "duka"}))
    assert (await browser.post(f"/desk/hours/workers/{stranger.id}", skills="x")).status_code == 404
    refused = await browser.post(f"/desk/hours/workers/{rani.id}", skills="<script>")
    assert refused.status_code == 400
    assert "“&lt;script&gt;” hanya boleh huruf" in refused.text
    assert (await Browser(app, join(db)).post(f"/desk/hours/workers/{rani.id}", skills="x")).status_code == 403


async def test_the_queue_marks_what_is_overdue_and_what_needs_other_skills(db: Database, clock: ManualClock) -> None:
    rani = join(db)
    db.run_sync(lambda uow: write_abilities(uow, rani.staff, rani.staff.id, {"languages": "en"}))
    wait(db)
    browser = Browser(desk_app(db), rani)
    page = (await browser.get("/desk")).text
    assert "Keahlian lain" in page
    assert "Lewat batas" not in page
    clock.advance(service_levels()["none"].total_seconds() + 1)
    browser = Browser(desk_app(db), join(db))
    assert "Lewat batas" in (await browser.get("/desk")).text
