"""Writing and reading on both screens: quiet, true, and gone when somebody reads along."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from bot.conversation import cover
from bot.storage.unit_of_work import Database
from tests.accounts.people import join
from tests.handoff.builders import claimed, conversation
from tests.handoff.live.conftest import SESSION
from tests.handoff.test_browser import client_says, sign_in
from tests.handoff.test_presence import hold

RANI = "rani@contoh.test"


@pytest.fixture
def talk(db: Database) -> str:
    return conversation(db, session=SESSION)


@pytest.fixture
def both(db: Database, desk: str, page: Page, phone: Page, talk: str) -> tuple[Page, Page]:
    """The worker's page and the person's, in the same conversation."""
    handoff_id = hold(db, talk, join(db, designation="Petugas Rani", login=RANI).staff)
    phone.goto(f"{desk}/chat")
    phone.wait_for_selector("html[data-ready]")
    sign_in(page, desk, RANI)
    page.goto(f"{desk}/desk/conversations/{handoff_id}")
    expect(page.locator("[data-live=connected]")).to_be_visible()
    return page, phone


def test_each_side_sees_the_other_writing_and_what_was_read(db: Database, both: tuple[Page, Page], talk: str) -> None:
    worker, person = both
    box, answer = worker.get_by_label("Pesan untuk klien"), person.get_by_label("Tulis pesan")
    client_says(db, talk, "halo?")
    expect(person.locator(".line--client").last.locator(".line__read")).to_have_text("dibaca")
    expect(person.locator(".line__read")).to_have_count(1)

    box.press_sequentially("Halo, s")
    expect(person.locator("#types")).to_have_text("Petugas Rani sedang mengetik…")
    box.press_sequentially("aya di sini.")
    box.press("Enter")
    expect(person.locator(".line--worker")).to_contain_text("Halo, saya di sini.")
    expect(person.locator("#types")).to_be_empty()
    expect(worker.locator(".line--me .line__state")).to_have_text("sudah tampil di layar klien")

    answer.press_sequentially("saya ")
    expect(worker.locator("[data-types]")).to_have_text("Klien sedang mengetik…")
    client_says(db, talk, "saya takut")
    expect(worker.locator("[data-types]")).to_be_empty()
    expect(person.locator(".line--client").last.locator(".line__read")).to_be_visible()
    expect(person.locator(".line__read")).to_have_count(1)


def test_when_somebody_reads_along_the_person_s_page_shows_none_of_it(
    db: Database, both: tuple[Page, Page], talk: str
) -> None:
    worker, person = both
    person.get_by_label("Tulis pesan").press_sequentially("tolong")
    worker.get_by_label("Pesan untuk klien").press_sequentially("baik")
    expect(worker.locator("[data-types]")).not_to_be_empty()
    expect(person.locator("#types")).not_to_be_empty()
    db.run_sync(lambda uow: cover.begin(uow, talk))
    expect(person.locator("body.chat--neutral")).to_be_visible()
    expect(worker.locator("[data-types]")).to_be_empty()
    signs: list[str] = []
    for page in both:
        page.on("request", lambda sent: signs.append(sent.url) if sent.url.endswith("/presence") else None)
    worker.get_by_label("Pesan untuk klien").press_sequentially("baik lagi")
    person.get_by_label("Tulis pesan").press_sequentially("cuaca")
    client_says(db, talk, "cuaca")
    expect(worker.locator(".line--client").last).to_contain_text("cuaca")
    worker.wait_for_timeout(1000)
    assert signs == []
    shown = person.content()
    assert not [word for word in ("mengetik", "dibaca", "Rani") if word in shown]


def test_what_came_in_below_the_screen_is_not_read_before_it_is_looked_at(
    db: Database, both: tuple[Page, Page], talk: str
) -> None:
    worker, person = both
    for number in range(30):
        client_says(db, talk, f"baris {number}\n" * 4)
    worker.reload()
    expect(person.locator(".line--client").last.locator(".line__read")).to_be_visible()
    worker.locator("[data-scroll]").evaluate("area => area.scrollTo({ top: 0, behavior: 'instant' })")
    client_says(db, talk, "baru di bawah")
    expect(worker.locator("[data-new-below]")).to_be_visible()
    expect(person.locator(".line--client").last).to_contain_text("baru di bawah")
    worker.wait_for_timeout(1000)
    expect(person.locator(".line--client").last.locator(".line__read")).to_have_count(0)
    worker.locator("[data-new-below]").click()
    expect(person.locator(".line--client").last.locator(".line__read")).to_be_visible()


def test_of_another_channel_the_desk_says_that_it_does_not_tell(db: Database, desk: str, page: Page) -> None:
    handoff_id, _ = claimed(db, join(db, login=RANI).staff)
    sign_in(page, desk, RANI)
    page.goto(f"{desk}/desk/conversations/{handoff_id}")
    expect(page.get_by_text("Telegram tidak memberi tahu apakah klien sedang mengetik")).to_be_visible()
