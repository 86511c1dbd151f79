"""Several conversations, several windows: each draft is kept, none is lost or said twice, what is unread is counted."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect
from sqlalchemy import update

from bot.accounts.model import Staff
from bot.conversation.store import outbox
from bot.conversation.transcript import desk_topic
from bot.storage.unit_of_work import Database, UnitOfWork
from tests.accounts.people import join
from tests.handoff.builders import claimed
from tests.handoff.test_browser import client_says, said, sign_in

RANI = "rani@contoh.test"


@pytest.fixture
def rani(db: Database) -> Staff:
    return join(db, login=RANI).staff


@pytest.fixture
def other(context: BrowserContext) -> Page:
    """Another window of the same browser."""
    return context.new_page()


def opens(page: Page, desk: str, handoff_id: str) -> Locator:
    """A conversation in a window; the box to write in."""
    page.goto(f"{desk}/desk/conversations/{handoff_id}")
    expect(page.locator("[data-live=connected]")).to_be_visible()
    return page.get_by_label("Pesan untuk klien")


def row(page: Page, handoff_id: str) -> Locator:
    return page.locator(f"[data-row='{handoff_id}']")


def test_going_from_one_conversation_to_another_keeps_each_draft(
    db: Database, desk: str, page: Page, rani: Staff
) -> None:
    (first, _), (second, talk) = claimed(db, rani), claimed(db, rani)
    sign_in(page, desk)
    box = opens(page, desk, first)
    box.fill("untuk yang pertama")
    row(page, second).get_by_role("link").click()
    expect(box).to_have_value("")
    box.fill("untuk yang kedua")
    row(page, first).get_by_role("link").click()
    expect(box).to_have_value("untuk yang pertama")
    row(page, second).get_by_role("link").click()
    expect(box).to_have_value("untuk yang kedua")
    box.press("Enter")
    expect(page.locator(".line--me:not(.line--pending)")).to_have_count(1)
    row(page, first).get_by_role("link").click()
    expect(box).to_have_value("untuk yang pertama")
    assert said(db, talk) == ["untuk yang kedua"]


def test_a_draft_goes_on_in_another_window_and_is_said_once(
    db: Database, desk: str, page: Page, other: Page, rani: Staff
) -> None:
    handoff_id, talk = claimed(db, rani)
    sign_in(page, desk)
    here, there = opens(page, desk, handoff_id), opens(other, desk, handoff_id)
    here.press_sequentially("Selamat")
    expect(there).to_have_value("Selamat")
    there.press("End")
    there.press_sequentially(" malam")
    expect(here).to_have_value("Selamat malam")
    here.press("Enter")
    expect(there).to_have_value("")
    expect(other.locator(".line--me")).to_have_count(1)
    there.press("Enter")
    page.wait_for_timeout(500)
    assert said(db, talk) == ["Selamat malam"]


def test_what_two_windows_wrote_without_knowing_of_each_other_is_both_there(
    db: Database, desk: str, page: Page, other: Page, rani: Staff
) -> None:
    handoff_id, _ = claimed(db, rani)
    sign_in(page, desk)
    here, there = opens(page, desk, handoff_id), opens(other, desk, handoff_id)
    page.route("**/draft", lambda route: route.abort())
    here.fill("dari sini")
    there.fill("dari sana")
    expect(here).to_have_value("dari sana\ndari sini")
    page.unroute("**/draft")
    here.press("End")
    here.press_sequentially("!")
    expect(there).to_have_value("dari sana\ndari sini!")


def test_a_draft_that_was_sent_from_another_window_does_not_come_back(
    db: Database, desk: str, page: Page, other: Page, rani: Staff
) -> None:
    handoff_id, talk = claimed(db, rani)
    sign_in(page, desk)
    opens(page, desk, handoff_id).fill("sekali saja")
    page.goto(f"{desk}/desk")
    box = opens(other, desk, handoff_id)
    expect(box).to_have_value("sekali saja")
    box.press("Enter")
    expect(other.locator(".line--me:not(.line--pending)")).to_have_count(1)
    expect(opens(page, desk, handoff_id)).to_have_value("")
    assert said(db, talk) == ["sekali saja"]


def test_a_line_said_in_one_window_leaves_what_was_begun_in_the_other(
    db: Database, desk: str, page: Page, other: Page, rani: Staff
) -> None:
    handoff_id, talk = claimed(db, rani)
    sign_in(page, desk)
    here, there = opens(page, desk, handoff_id), opens(other, desk, handoff_id)
    held_up: list[Route] = []
    page.route("**/messages", lambda route: held_up.append(route))
    here.fill("yang ini dikirim")
    here.press("Enter")
    expect(page.locator(".line--pending")).to_have_count(1)
    there.fill("yang ini masih ditulis")
    expect(here).to_have_value("yang ini masih ditulis")
    held_up[0].continue_()
    expect(other.locator(".line--me")).to_have_count(1)
    expect(there).to_have_value("yang ini masih ditulis")
    page.wait_for_timeout(500)
    page.unroute("**/messages")
    page.goto(f"{desk}/desk")
    expect(opens(page, desk, handoff_id)).to_have_value("yang ini masih ditulis")
    assert said(db, talk) == ["yang ini dikirim"]


def test_what_is_unread_is_counted_for_each_conversation_in_the_title_and_in_every_window(
    db: Database, desk: str, page: Page, other: Page, rani: Staff
) -> None:
    (first, talk), (second, another) = claimed(db, rani), claimed(db, rani)
    sign_in(page, desk)
    opens(other, desk, second)
    client_says(db, talk, "satu")
    client_says(db, talk, "dua")
    client_says(db, another, "sudah terbuka di jendela lain")
    expect(row(page, first).locator(".unread")).to_have_text("2 baru")
    expect(row(page, second).locator(".unread")).to_be_hidden()
    expect(page).to_have_title("2 baru · Antrean")
    opens(other, desk, first)
    expect(row(page, first).locator(".unread")).to_be_hidden()
    expect(page).to_have_title("Antrean")


def test_a_line_that_did_not_reach_the_person_says_so(db: Database, desk: str, page: Page, rani: Staff) -> None:
    handoff_id, talk = claimed(db, rani)
    sign_in(page, desk)
    box = opens(page, desk, handoff_id)
    box.fill("halo")
    box.press("Enter")
    expect(page.locator(".line--me .line__state")).to_have_text("menunggu dikirim")

    def refused(uow: UnitOfWork) -> None:
        uow.db.execute(update(outbox).where(outbox.c.conversation_id == talk).values(state="failed"))
        uow.wake(desk_topic(talk))

    db.run_sync(refused)
    expect(page.locator(".line--me .line__state")).to_have_text("tidak sampai")
