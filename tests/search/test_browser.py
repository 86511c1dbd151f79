"""The search in a real browser: from the queue by keyboard, to the very message, on every width, without scripts."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.handoff import service
from bot.storage.unit_of_work import Database
from tests.accounts.people import join
from tests.handoff.builders import CONSENT, claimed, say, wait
from tests.handoff.conftest import come_in

LONG = "tanpaspasi" * 30


def test_from_the_queue_to_the_very_message(db: Database, desk: str, page: Page) -> None:
    rani = join(db).staff
    handoff_id, _ = claimed(db, rani, consent=CONSENT)
    come_in(page.context, db, desk, rani)
    page.goto(f"{desk}/desk")
    expect(page.locator("[data-live=connected]")).to_be_visible()
    page.keyboard.press("s")
    expect(page.get_by_role("heading", name="Cari percakapan")).to_be_visible()
    page.get_by_label("Kata dalam percakapan").fill("takut pulang")
    page.keyboard.press("Enter")
    expect(page.locator("mark")).to_have_text("takut pulang")
    assert page.url == f"{desk}/desk/search"
    page.get_by_role("link", name=re.compile("ke pesan 3")).click()
    assert page.url == f"{desk}/desk/conversations/{handoff_id}#m-3"
    expect(page.locator("#m-3")).to_be_in_viewport()


@pytest.mark.parametrize("width", [1280, 390, 320])
def test_without_scripts_and_on_every_width_the_filter_finds_and_can_be_cleared(
    db: Database, desk: str, chromium: Browser, width: int
) -> None:
    rani, budi = join(db, designation=f"Petugas {LONG}").staff, join(db, designation="Petugas Budi").staff
    ended, _ = claimed(db, budi, risk="imminent")
    db.run_sync(lambda uow: service.close(uow, ended, budi, "other", say))
    claimed(db, rani)
    wait(db)
    context = chromium.new_context(viewport={"width": width, "height": 800}, locale="id-ID", java_script_enabled=False)
    come_in(context, db, desk, rani)
    page = context.new_page()
    page.goto(f"{desk}/desk/search")
    results = page.locator(".people > li")
    expect(results).to_have_count(3)
    page.get_by_label("Pernah dipegang").select_option("Petugas Budi")
    page.get_by_label("Risiko, sedikitnya").select_option("Bahaya")
    page.get_by_role("button", name="Cari").first.click()
    expect(results).to_have_count(1)
    expect(results).to_contain_text("terakhir dipegang Petugas Budi")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_label("Nomor").fill("K-99")
    page.get_by_role("button", name="Cari").first.click()
    expect(page.get_by_text("Tidak ada yang cocok")).to_be_visible()
    page.get_by_role("link", name="Hapus saringan").click()
    expect(results).to_have_count(3)
    unnamed = "[...document.querySelectorAll('input:not([type=hidden]), select')].filter(f => !f.labels.length).length"
    assert page.evaluate(unnamed) == 0
    context.close()
