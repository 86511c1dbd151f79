"""Passing on and taking over at the desk: plain forms, and two workers in two real browsers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, expect, sync_playwright

from bot.accounts.model import Role
from bot.handoff import live, transfer
from bot.storage.unit_of_work import Database
from tests.accounts.people import PASSWORD, join, other_organisation
from tests.doubles.serving import serve
from tests.handoff.builders import claimed
from tests.handoff.desk_app import Browser, desk_app


async def test_a_colleague_is_offered_accepts_and_finds_the_draft(db: Database) -> None:
    app, rani, budi = desk_app(db), join(db, designation="Petugas Rani"), join(db, designation="Petugas Budi")
    handoff_id, _ = claimed(db, rani.staff)
    page, first, second = f"/desk/conversations/{handoff_id}", Browser(app, rani), Browser(app, budi)
    assert f'<option value="staff:{budi.staff.id}">Petugas Budi' in (await first.get(page)).text
    assert (await first.post(f"{page}/draft", text="Besok pagi")).status_code == 204
    await first.post(f"{page}/transfer", to=f"staff:{budi.staff.id}")
    offering = (await first.get(page)).text
    assert "Ditawarkan kepada Petugas Budi" in offering
    assert "dia membanting pintu" in offering

    assert "Ditawarkan kepada Anda" in (await second.get("/desk")).text
    offered = (await second.get(page)).text
    assert "Petugas Rani menawarkan" in offered
    assert "membanting" not in offered
    assert (await second.post(f"{page}/transfer/accept")).headers["location"] == page
    taken = (await second.get(page)).text
    assert "dia membanting pintu" in taken
    assert ">Besok pagi</textarea>" in taken
    assert "Dipegang Petugas Budi" in (await first.get(page)).text


async def test_an_offer_turned_down_leads_the_colleague_back_and_leaves_the_first_where_they_were(db: Database) -> None:
    app, rani, budi = desk_app(db), join(db), join(db)
    handoff_id, _ = claimed(db, rani.staff)
    page = f"/desk/conversations/{handoff_id}"
    for who, leads_to in ((budi, "/desk"), (rani, page)):
        await Browser(app, rani).post(f"{page}/transfer", to=f"staff:{budi.staff.id}")
        assert (await Browser(app, who).post(f"{page}/transfer/off")).headers["location"] == leads_to
    assert "Ditawarkan" not in (await Browser(app, budi).get("/desk")).text


@pytest.mark.parametrize("to", ["", "staff:nobody", "organisation:nowhere", "agency:x", "staff:"])
async def test_an_offer_to_nobody_is_refused_in_words(db: Database, to: str) -> None:
    rani = join(db)
    handoff_id, _ = claimed(db, rani.staff)
    browser = Browser(desk_app(db), rani)
    refused = await browser.post(f"/desk/conversations/{handoff_id}/transfer", to=to)
    assert refused.headers["location"].endswith("?notice=no_transfer")
    assert "Penawaran ini tidak berlaku lagi" in (await browser.get(refused.headers["location"])).text


async def test_another_organisation_is_listed_and_sees_a_404_until_the_person_agrees(db: Database) -> None:
    app, rani, there = desk_app(db), join(db), other_organisation(db)
    empty, sari = other_organisation(db), join(db, organisation_id=there)
    handoff_id, talk = claimed(db, rani.staff)
    page, first, second = f"/desk/conversations/{handoff_id}", Browser(app, rani), Browser(app, sari)
    shown = (await first.get(page)).text
    assert f'<option value="organisation:{there}">' in shown
    assert empty not in shown, "nobody there could accept"
    await first.post(f"{page}/transfer", to=f"organisation:{there}")
    assert "sedang ditanya" in (await first.get(page)).text
    for path in (page, f"{page}/events"):
        assert (await second.get(path)).status_code == 404
    assert (await second.post(f"{page}/transfer/accept")).status_code == 404
    db.run_sync(lambda uow: transfer.answer(uow, talk, "note"))
    assert "menawarkan" in (await second.get(page)).text
    await second.post(f"{page}/transfer/accept")
    assert "Saya takut pulang malam ini." in (await second.get(page)).text
    assert (await first.get(page)).status_code == 404


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


def sign_in(context: BrowserContext, desk: str, login: str):  # type: ignore[no-untyped-def]
    page = context.new_page()
    page.goto(f"{desk}/desk/login")
    page.get_by_label("Nama masuk").fill(login)
    page.get_by_label("Kata sandi").fill(PASSWORD)
    page.get_by_role("button", name="Masuk").click()
    expect(page.locator("[data-live=connected]")).to_be_visible()
    return page


def test_two_workers_at_once_pass_a_conversation_on_with_what_was_begun(
    db: Database, chromium: Chromium, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "BEAT", 0.5)
    rani = join(db, Role.WORKER, designation="Petugas Rani", login="rani@contoh.test").staff
    join(db, Role.WORKER, designation="Petugas Budi", login="budi@contoh.test")
    handoff_id, _ = claimed(db, rani)
    with serve(desk_app(db)) as desk:
        contexts = [chromium.new_context(viewport={"width": 1280, "height": 800}, locale="id-ID") for _ in range(2)]
        first = sign_in(contexts[0], desk, "rani@contoh.test")
        second = sign_in(contexts[1], desk, "budi@contoh.test")
        first.goto(f"{desk}/desk/conversations/{handoff_id}")
        with first.expect_response(lambda answer: answer.url.endswith("/draft")):
            first.get_by_label("Pesan untuk klien").fill("Besok pagi saya")
        first.get_by_text("Selesaikan", exact=True).click()
        first.get_by_label("Kepada").select_option(label="Petugas Budi · hadir")
        first.get_by_role("button", name="Tawarkan").click()
        expect(first.get_by_text("Ditawarkan kepada Petugas Budi")).to_be_visible()

        second.get_by_role("link", name="dari Petugas Rani").click()
        expect(second.get_by_text("Petugas Rani menawarkan")).to_be_visible()
        second.get_by_role("button", name="Terima percakapan").click()
        expect(second.get_by_label("Pesan untuk klien")).to_have_value("Besok pagi saya")
        expect(first.locator("[data-bar]")).to_contain_text("Petugas Budi")
        for context in contexts:
            context.close()
