"""The chat in a real browser: what a person sees, loses nothing of, and how they get away."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy import select, update

from bot.channels.web.model import BURST
from bot.channels.web.session import COOKIE
from bot.conversation import cover
from bot.conversation.erase import erase
from bot.conversation.model import Button, Holder, Keeping, Reply, Sender
from bot.conversation.store import conversation, inbox
from bot.conversation.transcript import change_holder, post
from bot.conversation.turn_store import Work
from bot.storage.unit_of_work import Database, UnitOfWork
from bot.web.shell import EXIT_URL
from tests.channels.web.responder import Responder, say

HARMLESS = "<!doctype html><title>cuaca - Penelusuran</title><p>Cerah berawan</p>"


@pytest.fixture
def chat(page: Page, site: str, responder: Responder) -> Page:
    """The open chat of a person who has not written yet; the harmless page is served by the test."""
    page.route("https://www.google.com/**", lambda route: route.fulfill(body=HARMLESS, content_type="text/html"))
    page.goto(f"{site}/")
    page.get_by_role("link", name="Mengobrol").click()
    page.wait_for_selector("html[data-ready]")
    return page


def write(page: Page, text: str) -> None:
    page.get_by_label("Tulis pesan").fill(text)
    page.get_by_role("button", name="Kirim").click()


def newest(db: Database) -> str:
    with db.unit(read_only=True) as uow:
        return str(uow.db.execute(select(conversation.c.id).order_by(conversation.c.number.desc())).scalars().first())


def told(db: Database, text: str, sender: Sender = Sender.BOT, *buttons: Button) -> None:
    reply = Reply("utter_test", text, "id", buttons)
    db.run_sync(lambda uow: post(uow, newest(db), reply, sender=sender, staff_id="s1", epoch=0))


def change(db: Database, **values: object) -> None:
    db.run_sync(lambda uow: uow.db.execute(update(conversation).values(**values)))


def stored_messages(db: Database) -> int:
    with db.unit(read_only=True) as uow:
        return len(uow.db.execute(select(inbox.c.id)).all())


def test_a_conversation_goes_back_and_forth(chat: Page) -> None:
    chat.get_by_role("button", name="Mulai").click()
    expect(chat.get_by_text("Saya dengar: Mulai")).to_be_visible()
    write(chat, "saya takut pulang")
    expect(chat.get_by_text("Saya dengar: saya takut pulang")).to_be_visible()
    chat.get_by_role("button", name="Lewati").click()
    expect(chat.get_by_text("Saya dengar: Lewati")).to_be_visible()
    said = chat.locator(".line--client .bubble").all_inner_texts()
    assert said == ["Mulai", "saya takut pulang", "Lewati"]


def test_buttons_of_before_are_gone_once_the_person_has_answered(chat: Page) -> None:
    write(chat, "satu")
    expect(chat.get_by_text("Saya dengar: satu")).to_be_visible()
    write(chat, "dua")
    expect(chat.get_by_text("Saya dengar: dua")).to_be_visible()
    expect(chat.get_by_role("button", name="Lewati")).to_have_count(1)


def test_the_menu_has_every_way_out_in_one_tap_and_never_covers_quick_exit(chat: Page, live_db: Database) -> None:
    for width in (320, 390, 1280):
        chat.set_viewport_size({"width": width, "height": 700})
        chat.locator("#menu summary").click()
        for words in ("Bicara dengan petugas", "Hak saya", "Jeda dulu", "Berhenti", "Hapus data saya", "Lihat catatan"):
            expect(chat.get_by_role("button", name=words)).to_be_visible()
        box = chat.locator("#exit").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        on_top = "([x, y]) => document.elementFromPoint(x, y).closest('#exit') !== null"
        for x in (box["x"] + 12, box["x"] + box["width"] / 2, box["x"] + box["width"] - 12):
            assert chat.evaluate(on_top, [x, box["y"] + box["height"] / 2])
        chat.locator("#menu summary").click()
    chat.locator("#menu summary").click()
    chat.get_by_role("button", name="Bicara dengan petugas").click()
    expect(chat.get_by_text("Saya dengar: Bicara dengan petugas")).to_be_visible()


@pytest.mark.parametrize("way", ["click", "escape twice", "menu"])
def test_quick_exit_leaves_nothing_behind(chat: Page, site: str, way: str) -> None:
    write(chat, "rahasia")
    expect(chat.get_by_text("Saya dengar: rahasia")).to_be_visible()
    length = chat.evaluate("history.length")
    if way == "click":
        chat.locator("#exit").click()
    elif way == "menu":
        chat.locator("#menu summary").click()
        chat.locator("#menu").get_by_role("link", name="Keluar cepat").click()
    else:
        chat.keyboard.press("Escape")
        chat.keyboard.press("Escape")
    chat.wait_for_url(EXIT_URL)
    assert chat.evaluate("history.length") == length
    chat.go_back()
    assert chat.url == f"{site}/"
    chat.goto(f"{site}/chat")
    expect(chat.get_by_text("Halo", exact=True)).to_be_visible()
    assert "rahasia" not in chat.content()


def test_a_single_escape_does_not_leave(chat: Page) -> None:
    chat.keyboard.press("Escape")
    chat.wait_for_timeout(1300)
    chat.keyboard.press("Escape")
    chat.wait_for_timeout(100)
    assert "/chat" in chat.url


def test_quick_exit_works_without_a_network(chat: Page) -> None:
    write(chat, "rahasia")
    expect(chat.get_by_text("Saya dengar: rahasia")).to_be_visible()
    chat.route("**/*", lambda route: route.abort())
    chat.locator("#exit").click()
    chat.wait_for_function("() => !document.body || !document.body.innerText.includes('rahasia')")


def test_nobody_else_is_asked_for_anything(page: Page, site: str, responder: Responder) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in ("/", "/chat", "/chat/return"):
        page.goto(site + path)
    page.goto(f"{site}/chat")
    write(page, "halo")
    expect(page.get_by_text("Saya dengar: halo")).to_be_visible()
    assert all(url.startswith(site) for url in asked)


@pytest.mark.parametrize("path", ["/", "/chat", "/chat/return"])
def test_the_first_load_is_small(page: Page, site: str, path: str) -> None:
    sizes: list[int] = []
    page.on("response", lambda response: sizes.append(len(response.body()) + 600))
    page.goto(site + path, wait_until="networkidle")
    assert sum(sizes) < 100_000


def test_the_tab_says_nothing_about_what_this_is(chat: Page) -> None:
    write(chat, "halo")
    expect(chat.get_by_text("Saya dengar: halo")).to_be_visible()
    assert chat.title() == "Catatan"


def test_a_lost_connection_loses_no_word_and_repeats_none(chat: Page, live_db: Database) -> None:
    write(chat, "satu")
    expect(chat.get_by_text("Saya dengar: satu")).to_be_visible()
    chat.context.set_offline(True)
    write(chat, "dua")
    write(chat, "tiga")
    expect(chat.get_by_text("Belum terkirim")).to_be_visible()
    expect(chat.get_by_text("Sambungan terputus")).to_be_visible()
    chat.context.set_offline(False)
    expect(chat.get_by_text("Saya dengar: tiga")).to_be_visible(timeout=20_000)
    expect(chat.get_by_text("Sambungan terputus")).to_be_hidden(timeout=20_000)
    assert chat.locator(".line--client .bubble").all_inner_texts() == ["satu", "dua", "tiga"]
    assert stored_messages(live_db) == 3


def test_an_answer_that_got_lost_is_asked_for_with_the_same_id(chat: Page, live_db: Database) -> None:
    lost = {"answers": 1}

    def lose(route: Route) -> None:
        answer = route.fetch()
        if lost["answers"]:
            lost["answers"] -= 1
            route.abort()
        else:
            route.fulfill(response=answer)

    chat.route("**/chat/messages", lose)
    write(chat, "hanya sekali")
    chat.get_by_role("button", name="Coba lagi").click()
    expect(chat.get_by_text("Saya dengar: hanya sekali")).to_be_visible()
    assert stored_messages(live_db) == 1


def test_too_many_messages_at_once_are_sent_a_little_later(chat: Page, live_db: Database, responder: Responder) -> None:
    responder.paused = True
    for number in range(BURST + 1):
        write(chat, f"pesan {number}")
    expect(chat.get_by_text("tidak ada yang hilang")).to_be_visible()
    expect(chat.locator(".line--client[data-state=sent]")).to_have_count(BURST + 1, timeout=20_000)
    assert stored_messages(live_db) == BURST + 1


def test_what_is_too_long_stays_in_the_box_and_says_by_how_much(chat: Page, live_db: Database) -> None:
    write(chat, "x" * 4_010)
    expect(chat.get_by_text("lebih 10 karakter")).to_be_visible()
    assert len(chat.get_by_label("Tulis pesan").input_value()) == 4_010
    write(chat, "x" * 4_000)
    expect(chat.locator(".line--client[data-state=sent]")).to_have_count(1)


def test_a_worker_is_announced_and_looks_different(chat: Page, live_db: Database) -> None:
    write(chat, "halo")
    expect(chat.get_by_role("button", name="Lewati")).to_be_visible()
    live_db.run_sync(lambda uow: change_holder(uow, newest(live_db), Holder.WORKER))
    told(live_db, "Seorang petugas bergabung.", Sender.SYSTEM)
    told(live_db, "Selamat malam.", Sender.WORKER)
    expect(chat.locator(".line--worker")).to_contain_text("pekerja sosial · manusia")
    expect(chat.locator(".line--system")).to_contain_text("Seorang petugas bergabung.")
    expect(chat.get_by_text("Bersama petugas")).to_be_visible()
    expect(chat.get_by_role("button", name="Lewati")).to_have_count(0)
    write(chat, "terima kasih")
    expect(chat.locator(".line--client[data-state=sent]")).to_have_count(2)
    expect(chat.locator("#typing")).to_be_hidden()


def test_with_a_worker_the_menu_offers_only_what_works_at_once(chat: Page, live_db: Database) -> None:
    write(chat, "halo")
    expect(chat.get_by_role("button", name="Lewati")).to_be_visible()
    live_db.run_sync(lambda uow: change_holder(uow, newest(live_db), Holder.WORKER))
    expect(chat.get_by_text("Bersama petugas")).to_be_visible()
    chat.locator("#menu summary").click()
    for words in ("Berhenti", "Hapus data saya"):
        expect(chat.get_by_role("button", name=words)).to_be_visible()
    for words in ("Bicara dengan petugas", "Hak saya", "Lihat catatan", "ganti bahasa"):
        expect(chat.get_by_role("button", name=words)).to_be_hidden()


def test_a_long_answer_is_read_from_its_beginning(chat: Page, live_db: Database) -> None:
    write(chat, "halo")
    expect(chat.get_by_text("Saya dengar: halo")).to_be_visible()
    told(live_db, "panjang\n" * 60 + "akhir", Sender.BOT, Button("Baik", "/greet"))
    expect(chat.get_by_role("button", name="Baik")).to_be_attached()
    expect(chat.get_by_text("halo", exact=True)).to_be_in_viewport()
    chat.get_by_role("button", name="Lanjut ke bawah").click()
    expect(chat.get_by_role("button", name="Baik")).to_be_in_viewport()
    expect(chat.get_by_role("button", name="Lanjut ke bawah")).to_be_hidden()


def test_the_return_code_is_offered_once_and_not_at_every_question(chat: Page, live_db: Database) -> None:
    write(chat, "halo")
    expect(chat.get_by_text("Saya dengar: halo")).to_be_visible()
    change(live_db, keeping=Keeping.GIVEN)
    told(live_db, "Percakapan ini disimpan.")
    expect(chat.locator("#offer")).to_be_visible()
    write(chat, "lanjut")
    expect(chat.locator("#offer")).to_be_hidden()
    expect(chat.get_by_text("Saya dengar: lanjut")).to_be_visible()
    expect(chat.locator("#offer")).to_be_hidden()
    chat.locator("#menu summary").click()
    expect(chat.get_by_role("link", name="Kode kembali")).to_be_visible()


@pytest.mark.parametrize("reloaded", [False, True])
def test_a_quick_exit_among_the_answers_leaves_like_the_one_in_the_bar(
    chat: Page, site: str, live_db: Database, reloaded: bool
) -> None:
    write(chat, "halo")
    expect(chat.get_by_text("Saya dengar: halo")).to_be_visible()
    told(live_db, "Anda boleh menutup obrolan ini.", Sender.BOT, Button("Tutup sekarang", "/quick_exit"))
    expect(chat.get_by_role("link", name="Tutup sekarang")).to_be_visible()
    if reloaded:
        chat.goto(f"{site}/chat")
    chat.get_by_role("link", name="Tutup sekarang").click()
    chat.wait_for_url(EXIT_URL)
    # The page told the server in passing, and nobody waited for that.
    until = time.monotonic() + 30
    while any(cookie["name"] == COOKIE for cookie in chat.context.cookies(site)) and time.monotonic() < until:
        chat.wait_for_timeout(50)
    chat.goto(f"{site}/chat")
    expect(chat.get_by_text("Halo", exact=True)).to_be_visible()


def test_no_dots_stay_when_the_answer_is_quicker_than_the_receipt(chat: Page) -> None:
    write(chat, "halo")
    expect(chat.get_by_text("Saya dengar: halo")).to_be_visible()

    def late(route: Route) -> None:
        answer = route.fetch()
        time.sleep(1)
        route.fulfill(response=answer)

    chat.route("**/chat/messages", late)
    write(chat, "dua")
    expect(chat.get_by_text("Saya dengar: dua")).to_be_visible()
    expect(chat.locator(".line--client[data-state=sent]")).to_have_count(2)
    chat.wait_for_timeout(1500)
    expect(chat.locator("#typing")).to_be_hidden()


def test_dots_are_shown_while_the_assistant_is_asked(chat: Page, responder: Responder) -> None:
    responder.paused = True
    write(chat, "halo")
    expect(chat.locator("#typing")).to_be_visible()
    responder.paused = False
    expect(chat.get_by_text("Saya dengar: halo")).to_be_visible()
    expect(chat.locator("#typing")).to_be_hidden()


def test_after_a_reload_the_conversation_is_still_there(chat: Page, live_db: Database) -> None:
    write(chat, "halo")
    expect(chat.get_by_text("Saya dengar: halo")).to_be_visible()
    change(live_db, keeping=Keeping.GIVEN)
    write(chat, "boleh disimpan")
    expect(chat.get_by_text("Saya dengar: boleh disimpan")).to_be_visible()
    chat.reload()
    expect(chat.get_by_text("Pesan Anda (tidak disimpan)")).to_be_visible()
    expect(chat.get_by_text("boleh disimpan", exact=True)).to_be_visible()
    expect(chat.get_by_text("Ingin bisa melanjutkan")).to_be_visible()


def test_the_words_around_follow_the_language_and_the_draft_stays(chat: Page, live_db: Database) -> None:
    write(chat, "halo")
    expect(chat.get_by_text("Saya dengar: halo")).to_be_visible()
    chat.get_by_label("Tulis pesan").fill("sedang menulis")
    change(live_db, lang="en")
    told(live_db, "We can go on in English.")
    expect(chat.get_by_label("Write a message")).to_have_value("sedang menulis")
    assert chat.evaluate("document.documentElement.lang") == "en"
    chat.locator("#menu summary").click()
    expect(chat.get_by_role("button", name="Talk to a human")).to_be_visible()
    chat.get_by_label("Write a message").fill("thank you")
    expect(chat.get_by_role("button", name="Talk to a human")).to_be_hidden()
    chat.get_by_role("button", name="Send").click()
    expect(chat.get_by_text("Saya dengar: thank you")).to_be_visible()


def test_erased_lines_leave_the_screen(chat: Page, live_db: Database) -> None:
    write(chat, "hapus data saya")
    expect(chat.get_by_text("Saya dengar: hapus data saya")).to_be_visible()
    before = newest(live_db)
    live_db.run_sync(lambda uow: erase(uow, before))
    told(live_db, "Data Anda sudah dihapus.", Sender.SYSTEM)
    expect(chat.get_by_text("Data Anda sudah dihapus.")).to_be_visible()
    expect(chat.locator(".line")).to_have_count(1)
    write(chat, "halo lagi")
    expect(chat.get_by_text("Saya dengar: halo lagi")).to_be_visible()


def test_a_return_code_opens_the_conversation_in_another_browser(
    chat: Page, chromium: Browser, site: str, live_db: Database
) -> None:
    write(chat, "halo")
    expect(chat.get_by_text("Saya dengar: halo")).to_be_visible()
    change(live_db, keeping=Keeping.GIVEN)
    chat.reload()
    chat.get_by_role("link", name="Buat kode kembali").click()
    chat.get_by_role("button", name="Buat kode").click()
    code = chat.locator(".code").inner_text()
    chat.goto(f"{site}/chat")
    context = chromium.new_context(locale="id-ID")
    other = context.new_page()
    other.goto(f"{site}/chat/return")
    other.get_by_label("Kode kembali").fill(code.lower())
    other.get_by_role("button", name="Buka percakapan").click()
    expect(other.get_by_text("Saya dengar: halo")).to_be_visible()
    told(live_db, "Selamat datang kembali.")
    expect(other.get_by_text("Selamat datang kembali.")).to_be_visible()
    expect(chat.get_by_text("Percakapan ini tidak terbuka lagi di sini")).to_be_visible()
    assert "Saya dengar" not in chat.content()
    context.close()


XSS = [
    "<script>document.title='bobol'</script>",
    "<img src=x onerror=\"document.title='bobol'\">",
    "<svg onload=\"document.title='bobol'\">",
    '"><iframe src="javascript:top.document.title=\'bobol\'">',
    "</textarea></template><script>document.title='bobol'</script>",
    "https://x.test/\"onmouseover=\"document.title='bobol'",
    "javascript:document.title='bobol'",
    "{{constructor.constructor(\"document.title='bobol'\")()}}",
]


def test_what_anybody_writes_is_inert(chat: Page, live_db: Database, responder: Responder) -> None:
    def repeat(uow: UnitOfWork, work: Work) -> None:
        say(uow, work, work.pending.text, (work.pending.text, "/affirm"))

    responder.script = repeat
    complaints: list[str] = []
    chat.on("console", lambda message: complaints.append(message.text) if "Content Security" in message.text else None)
    write(chat, "halo")
    expect(chat.locator(".line--bot")).to_have_count(1)
    change(live_db, keeping=Keeping.GIVEN)
    for text in XSS:
        write(chat, text)
        told(live_db, text, Sender.WORKER)
    expect(chat.locator(".line--worker")).to_have_count(len(XSS))
    expect(chat.locator(".line--bot")).to_have_count(len(XSS) + 1)
    shown = chat.locator(".line--worker .bubble").all_inner_texts()
    assert shown == XSS
    chat.reload()
    chat.wait_for_selector("html[data-ready]")
    assert chat.locator(".line--worker .bubble").all_inner_texts() == XSS
    assert chat.title() == "Catatan"
    assert complaints == []


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_runs_over_the_edge(page: Page, site: str, responder: Responder, live_db: Database, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 640})
    for path in ("/", "/nowhere", "/chat/return", "/chat"):
        page.goto(site + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    write(page, "w" * 300)
    expect(page.locator(".line--bot")).to_have_count(1)
    told(
        live_db,
        "https://contoh.example/" + "a" * 200,
        Sender.BOT,
        Button("Pilihan yang namanya panjang sekali " * 2, "/a"),
    )
    expect(page.locator(".line--bot")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(
        "document.getElementById('scroll').scrollWidth <= document.getElementById('scroll').clientWidth"
    )


def test_the_plain_page_does_the_same_without_scripts(chromium: Browser, site: str, responder: Responder) -> None:
    context = chromium.new_context(locale="id-ID", java_script_enabled=False, viewport={"width": 360, "height": 640})
    page = context.new_page()
    page.goto(f"{site}/chat")
    page.get_by_role("button", name="Mulai").click()
    expect(page.get_by_text("Saya dengar: Mulai")).to_be_visible()
    page.goto(f"{site}/chat")
    page.get_by_role("button", name="Lewati").click()
    expect(page.get_by_text("Saya dengar: Lewati")).to_be_visible()
    page.goto(f"{site}/chat")
    page.get_by_label("Tulis pesan").fill("tanpa skrip")
    page.get_by_role("button", name="Kirim").click()
    expect(page.get_by_text("Saya dengar: tanpa skrip")).to_be_visible()
    assert page.locator("#exit").get_attribute("href") == "/chat/leave"
    context.close()


def test_everything_can_be_reached_with_the_keyboard(chat: Page) -> None:
    reached = []
    for _ in range(14):
        chat.keyboard.press("Tab")
        reached.append(chat.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))
    assert {"exit", "Menu", "Mulai", "text"} <= set(reached)
    chat.keyboard.press("Escape")


def reads_along(db: Database, on: bool = True) -> None:
    """What the safe word does, and what ends it; the topic is said as the turn says it."""

    def work(uow: UnitOfWork) -> None:
        if not on:
            cover.end(uow, newest(db))
            return
        cover.begin(uow, newest(db))
        post(uow, newest(db), Reply("utter_cover_recipe", TOPIC, "id"), sender=Sender.SYSTEM, under_cover=True)

    db.run_sync(work)


TOPIC = "Info rumah (otomatis). Resep singkat."


def test_when_somebody_reads_along_the_open_page_turns_neutral_and_stays_so(chat: Page, live_db: Database) -> None:
    write(chat, "suami saya memukul")
    expect(chat.get_by_text("Saya dengar: suami saya memukul")).to_be_visible()
    reads_along(live_db)
    expect(chat.get_by_text(TOPIC)).to_be_visible()
    for _ in range(2):
        expect(chat.get_by_text("memukul")).to_have_count(0)
        expect(chat.get_by_role("button", name="Menu")).to_have_count(0)
        assert "110" not in chat.locator("body").inner_text()
        chat.reload()
    chat.go_back()
    chat.go_forward()
    expect(chat.get_by_text(TOPIC)).to_be_visible()
    expect(chat.get_by_text("memukul")).to_have_count(0)


def test_the_neutral_page_sends_hears_and_turns_back_by_itself(chat: Page, live_db: Database) -> None:
    write(chat, "cerita saya")
    expect(chat.get_by_text("Saya dengar: cerita saya")).to_be_visible()
    change(live_db, keeping=Keeping.GIVEN)
    reads_along(live_db)
    expect(chat.get_by_text(TOPIC)).to_be_visible()
    chat.get_by_label("Tulis pesan").fill("resep lain")
    chat.get_by_label("Tulis pesan").press("Enter")
    expect(chat.get_by_text("resep lain", exact=True)).to_be_visible()
    post_topic = Reply("utter_cover_plants", "Info rumah (otomatis). Tanaman.", "id")
    live_db.run_sync(lambda uow: post(uow, newest(live_db), post_topic, sender=Sender.SYSTEM, under_cover=True))
    expect(chat.get_by_text("Tanaman")).to_be_visible()
    reads_along(live_db, on=False)
    expect(chat.get_by_text("Saya dengar: cerita saya")).to_be_visible()
    expect(chat.get_by_text("Menu", exact=True)).to_be_visible()


def test_the_way_out_works_on_the_neutral_page(chat: Page, live_db: Database) -> None:
    write(chat, "cerita saya")
    expect(chat.get_by_text("Saya dengar: cerita saya")).to_be_visible()
    reads_along(live_db)
    expect(chat.get_by_text(TOPIC)).to_be_visible()
    chat.locator("#exit").click()
    expect(chat).to_have_url(EXIT_URL)


def test_the_neutral_page_fits_a_phone(chat: Page, live_db: Database) -> None:
    write(chat, "cerita saya")
    expect(chat.get_by_text("Saya dengar: cerita saya")).to_be_visible()
    reads_along(live_db)
    expect(chat.get_by_text(TOPIC)).to_be_visible()
    assert chat.evaluate("document.documentElement.scrollWidth") <= 390
