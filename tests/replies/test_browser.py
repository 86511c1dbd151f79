"""Canned replies in a real browser: "/" in the message, keyboard, touch, places to fill, and nothing sent by itself."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from bot.accounts.model import Staff
from bot.conversation.transcript import transcript
from bot.storage.unit_of_work import Database
from tests.accounts.people import join
from tests.handoff.builders import claimed
from tests.handoff.conftest import come_in
from tests.replies.test_service import SHARED_NOTE, keep

HOSTILE = "<img src=x onerror=\"document.title='owned'\">"


@pytest.fixture
def rani(db: Database) -> Staff:
    """A worker with three replies of her own and one of the organisation."""
    rani = join(db, designation="Petugas Rani").staff
    keep(db, rani, "salam", title="Salam pembuka", text_id="Halo {sapaan}, saya {petugas}.")
    keep(db, rani, "jeda", title="Istirahat sebentar", text_id="Kita berhenti dulu sebentar.")
    keep(db, rani, "tutup", title="Salam penutup", text_id="Sampai jumpa. Buka lagi {buka}.")
    keep(db, rani, "aman", shared=True, title=HOSTILE, text_id=HOSTILE)
    return rani


def open_conversation(page: Page, db: Database, desk: str, who: Staff) -> str:
    """Show a conversation that this worker holds. Returns the conversation's id."""
    handoff_id, talk = claimed(db, who, note=SHARED_NOTE)
    come_in(page.context, db, desk, who)
    page.goto(f"{desk}/desk/conversations/{handoff_id}")
    expect(page.locator("[data-live=connected]")).to_be_visible()
    return talk


def offered(page: Page) -> Locator:
    """The replies in the list."""
    return page.locator("[data-replies]").get_by_role("option")


def said(db: Database, talk: str) -> list[str]:
    return [line.text or "" for line in db.run_sync(lambda uow: transcript(uow, talk)) if line.staff]


def test_by_keyboard_a_reply_is_found_inserted_changed_and_only_then_sent(
    db: Database, desk: str, page: Page, rani: Staff
) -> None:
    talk = open_conversation(page, db, desk, rani)
    box, search = page.get_by_label("Pesan untuk klien"), page.get_by_role("combobox", name="Cari balasan siap")
    # The first stroke leads to the message, the next one to the replies.
    page.keyboard.press("/")
    expect(box).to_be_focused()
    page.keyboard.press("/")
    expect(search).to_be_focused()
    options = offered(page)
    expect(options).to_have_count(4)
    page.keyboard.type("salam")
    expect(options).to_have_count(2)
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(options.first).to_contain_text("Halo Bu Sari, saya Petugas Rani.")
    expect(page.locator("[data-replies-state]")).to_have_text("2 balasan")
    page.keyboard.press("ArrowDown")
    chosen = search.get_attribute("aria-activedescendant")
    assert page.locator(f"#{chosen}").get_attribute("aria-selected") == "true"
    expect(page.locator(f"#{chosen}")).to_contain_text("Salam penutup")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(search).to_be_hidden()
    expect(box).to_be_focused()
    expect(box).to_have_value("Halo Bu Sari, saya Petugas Rani.")
    assert said(db, talk) == []
    page.keyboard.type(" Apa kabar?")
    page.keyboard.press("Enter")
    expect(page.locator(".line--me:not(.line--pending)")).to_have_count(1)
    assert said(db, talk) == ["Halo Bu Sari, saya Petugas Rani. Apa kabar?"]


def test_escape_closes_and_a_stroke_within_a_word_or_twice_is_only_a_stroke(
    db: Database, desk: str, page: Page, rani: Staff
) -> None:
    talk = open_conversation(page, db, desk, rani)
    box, search = page.get_by_label("Pesan untuk klien"), page.get_by_role("combobox", name="Cari balasan siap")
    box.click()
    page.keyboard.type("dan/atau ")
    expect(search).to_be_hidden()
    page.keyboard.press("/")
    page.keyboard.type("tidak ada")
    expect(page.locator("[data-replies-state]")).to_have_text("Tidak ada yang cocok.")
    page.keyboard.press("Enter")
    expect(search).to_be_focused()
    page.keyboard.press("Escape")
    expect(search).to_be_hidden()
    expect(box).to_be_focused()
    expect(box).to_have_value("dan/atau ")
    page.keyboard.type("//")
    expect(search).to_be_hidden()
    expect(box).to_have_value("dan/atau /")
    page.keyboard.press("/")
    expect(box).to_have_value("dan/atau //")
    assert said(db, talk) == []


def test_a_place_that_nobody_could_fill_is_selected_and_holds_the_line_back(
    db: Database, desk: str, page: Page, rani: Staff
) -> None:
    talk = open_conversation(page, db, desk, rani)
    box = page.get_by_label("Pesan untuk klien")
    box.click()
    page.keyboard.type("/tutup")
    expect(offered(page)).to_have_count(1)
    page.keyboard.press("Enter")
    expect(box).to_have_value("Sampai jumpa. Buka lagi {buka}.")
    expect(page.locator("[data-unfilled]")).to_have_text("Isi dulu sebelum mengirim: {buka}")
    selected = "text => text.value.slice(text.selectionStart, text.selectionEnd)"
    assert box.evaluate(selected) == "{buka}"
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    assert box.evaluate(selected) == "{buka}"
    expect(page.locator(".line--me")).to_have_count(0)
    page.keyboard.type("besok pagi")
    expect(page.locator("[data-unfilled]")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.locator(".line--me:not(.line--pending)")).to_have_count(1)
    assert said(db, talk) == ["Sampai jumpa. Buka lagi besok pagi."]


def test_on_a_phone_the_list_opens_and_inserts_by_touch(
    db: Database, desk: str, chromium: Browser, rani: Staff
) -> None:
    context = chromium.new_context(
        viewport={"width": 390, "height": 844}, locale="id-ID", has_touch=True, is_mobile=True
    )
    page = context.new_page()
    talk = open_conversation(page, db, desk, rani)
    page.get_by_label("Pesan untuk klien").fill("Baik. ")
    page.get_by_role("button", name="Balasan siap").tap()
    expect(offered(page)).to_have_count(4)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    offered(page).filter(has_text="Istirahat sebentar").tap()
    expect(page.get_by_label("Pesan untuk klien")).to_have_value("Baik. Kita berhenti dulu sebentar.")
    page.get_by_role("button", name="Balasan siap").tap()
    page.locator("[data-lines]").tap(position={"x": 5, "y": 5})
    expect(offered(page).first).to_be_hidden()
    assert said(db, talk) == []
    context.close()


def test_an_empty_list_and_one_that_does_not_come_say_so(db: Database, desk: str, page: Page) -> None:
    open_conversation(page, db, desk, join(db).staff)
    state = page.locator("[data-replies-state]")
    page.route("**/replies", lambda route: route.abort())
    page.get_by_role("button", name="Balasan siap").click()
    expect(state).to_have_text("Daftar balasan tidak bisa dimuat. Tutup dan buka lagi untuk mencoba.")
    page.keyboard.press("Escape")
    page.unroute("**/replies")
    page.get_by_role("button", name="Balasan siap").click()
    expect(state).to_have_text("Belum ada balasan siap.")
    page.get_by_role("link", name="Kelola balasan").click()
    expect(page.get_by_role("heading", name="Balasan siap")).to_be_visible()


def test_hostile_words_stay_words_and_what_does_not_fit_is_not_inserted(
    db: Database, desk: str, page: Page, rani: Staff
) -> None:
    open_conversation(page, db, desk, rani)
    box = page.get_by_label("Pesan untuk klien")
    page.get_by_role("button", name="Balasan siap").click()
    page.keyboard.type("aman")
    expect(offered(page)).to_contain_text(HOSTILE)
    page.keyboard.press("Enter")
    expect(box).to_have_value(HOSTILE)
    assert page.title() != "owned"
    full = "x" * 3_990 + " "
    box.fill(full)
    page.get_by_role("button", name="Balasan siap").click()
    page.keyboard.press("Enter")
    expect(page.locator("[data-replies-state]")).to_have_text("Tidak muat: satu pesan paling panjang 4.000 karakter.")
    expect(box).to_have_value(full)


@pytest.mark.parametrize("width", [1280, 390, 320])
def test_the_page_of_replies_fits_and_works_without_scripts(
    db: Database, desk: str, chromium: Browser, rani: Staff, width: int
) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 800}, locale="id-ID", java_script_enabled=False)
    come_in(context, db, desk, rani)
    page = context.new_page()
    page.goto(f"{desk}/desk/replies")
    form = page.locator("form[action='/desk/replies']")
    form.get_by_label("Judul").fill("Panjang")
    form.get_by_label("Kunci").fill("panjang")
    form.get_by_label("Teks Indonesia").fill("tanpaspasi" * 60)
    form.get_by_role("button", name="Simpan").click()
    expect(page.get_by_text("Balasan tersimpan.")).to_be_visible()
    expect(page.locator("p", has_text="tanpaspasi" * 60)).to_be_visible()
    page.get_by_label("Hapus Istirahat sebentar").click()
    page.get_by_role("button", name="Ya, hapus").click()
    expect(page.get_by_text("Balasan dihapus.")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
