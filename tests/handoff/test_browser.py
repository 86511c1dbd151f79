"""A worker's shift in a real browser: keyboard, live chat, a broken connection, colleagues, danger, narrow screens."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from bot.accounts.model import Role
from bot.accounts.sessions import end_session
from bot.clock import ManualClock
from bot.conversation import cover
from bot.conversation.model import Holder, Kind
from bot.conversation.transcript import load, record_client, transcript
from bot.handoff import live, service
from bot.handoff.model import REVOKED, WARM
from bot.safety import service as safety
from bot.safety.model import Assessment, Category, Risk
from bot.storage.unit_of_work import Database
from tests.accounts.people import PASSWORD, join, worker
from tests.handoff.builders import NOTE, claimed, conversation, say, wait

HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"


@pytest.fixture(autouse=True)
def quick_beat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "BEAT", 0.5)


def sign_in(page: Page, desk: str, login: str = "rani@contoh.test") -> None:
    page.goto(f"{desk}/desk/login")
    page.get_by_label("Nama masuk").fill(login)
    page.get_by_label("Kata sandi").fill(PASSWORD)
    page.get_by_role("button", name="Masuk").click()
    expect(page.locator("[data-live=connected]")).to_be_visible()


def client_says(db: Database, talk: str, text: str) -> None:
    db.run_sync(lambda uow: record_client(uow, talk, kind=Kind.TEXT, text=text, lang="id", inbox_id=uow.new_id()))


def said(db: Database, talk: str) -> list[str]:
    """What workers said, in order."""
    return [line.text or "" for line in db.run_sync(lambda uow: transcript(uow, talk)) if line.staff]


def holder(db: Database, talk: str) -> Holder:
    return db.run_sync(lambda uow: load(uow, talk)).holder


def test_a_shift_by_keyboard_from_login_to_returning_the_chat(db: Database, desk: str, page: Page) -> None:
    join(db, designation="Petugas Rani", login="rani@contoh.test")
    sign_in(page, desk)
    expect(page.get_by_text("Tidak ada yang menunggu")).to_be_visible()

    talk = conversation(db)
    wait(db, talk)
    expect(page.locator("[data-waiting-row]")).to_have_count(1)
    page.keyboard.press("j")
    expect(page.locator(".qrow__link")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="menunggu petugas")).to_be_visible()
    expect(page.get_by_text("dia membanting pintu")).to_have_count(0)
    page.keyboard.press("c")

    expect(page.get_by_text("Anda pegang sejak")).to_be_visible()
    expect(page.locator("#m-1")).to_contain_text("dia membanting pintu")
    client_says(db, talk, "halo, ini siapa?")
    expect(page.locator(".line--client").last).to_contain_text("halo, ini siapa?")

    page.keyboard.press("/")
    page.keyboard.type("Halo, saya Rani.")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("Saya sudah membaca catatannya.")
    page.keyboard.press("Enter")
    expect(page.locator(".line--me")).to_have_count(1)
    expect(page.locator(".line--pending")).to_have_count(0)
    assert said(db, talk) == ["Halo, saya Rani.\nSaya sudah membaca catatannya."]
    page.reload()
    expect(page.locator(".line--me")).to_have_count(1)

    page.get_by_text("Selesaikan", exact=True).click()
    page.get_by_role("button", name="Ya, kembalikan").click()
    expect(page.get_by_text("Percakapan kembali ke asisten.")).to_be_visible()
    assert holder(db, talk) is Holder.BOT


def test_lines_written_while_offline_are_shown_as_unsent_and_arrive_once_in_order(
    db: Database, desk: str, page: Page, context: BrowserContext
) -> None:
    rani = join(db, login="rani@contoh.test").staff
    handoff_id, talk = claimed(db, rani)
    sign_in(page, desk)
    page.goto(f"{desk}/desk/conversations/{handoff_id}")
    expect(page.locator("[data-live=connected]")).to_be_visible()

    context.set_offline(True)
    box = page.get_by_label("Pesan untuk klien")
    for line in ("satu", "dua", "tiga"):
        box.fill(line)
        box.press("Enter")
    expect(page.get_by_text("belum terkirim")).to_have_count(3)
    expect(page.locator("[data-bar]")).to_contain_text("Sambungan terputus")
    for number in range(12):
        client_says(db, talk, f"sementara itu {number}")

    context.set_offline(False)
    expect(page.locator(".line--pending")).to_have_count(0, timeout=30_000)
    expect(page.locator(".line--client")).to_have_count(2 + 12, timeout=30_000)
    expect(page.locator(".line--me")).to_have_count(3)
    expect(page.locator("[data-bar]")).to_be_hidden()
    assert said(db, talk) == ["satu", "dua", "tiga"]
    numbers = page.locator("[data-lines] > li").evaluate_all("all => all.map(li => Number(li.dataset.number))")
    assert numbers == list(range(1, 4 + 12 + 3 + 1))


def test_an_unsent_line_survives_a_reload(db: Database, desk: str, page: Page, context: BrowserContext) -> None:
    rani = join(db, login="rani@contoh.test").staff
    handoff_id, talk = claimed(db, rani)
    sign_in(page, desk)
    page.goto(f"{desk}/desk/conversations/{handoff_id}")
    page.route("**/messages", lambda route: route.abort())
    box = page.get_by_label("Pesan untuk klien")
    box.fill("jangan hilang")
    box.press("Enter")
    expect(page.get_by_text("belum terkirim")).to_be_visible()
    box.fill("baru separuh")
    page.unroute("**/messages")
    page.reload()
    expect(page.locator(".line--me")).to_contain_text("jangan hilang")
    expect(page.locator(".line--pending")).to_have_count(0)
    expect(page.get_by_label("Pesan untuk klien")).to_have_value("baru separuh")
    assert said(db, talk) == ["jangan hilang"]


def test_an_answer_that_got_lost_does_not_say_the_line_twice(db: Database, desk: str, page: Page) -> None:
    rani = join(db, login="rani@contoh.test").staff
    handoff_id, talk = claimed(db, rani)
    sign_in(page, desk)
    page.goto(f"{desk}/desk/conversations/{handoff_id}")
    lost: list[Any] = []

    def lose_the_first_answer(route: Any) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.fetch())
        route.abort()

    page.route("**/messages", lose_the_first_answer)
    box = page.get_by_label("Pesan untuk klien")
    box.fill("sekali saja")
    box.press("Enter")
    expect(page.locator(".line--me:not(.line--pending)")).to_have_count(1)
    expect(page.locator(".line--pending")).to_have_count(0)
    page.wait_for_timeout(1500)
    assert said(db, talk) == ["sekali saja"]
    expect(page.locator(".line--me")).to_have_count(1)


def test_a_colleague_sees_at_once_who_took_the_conversation(db: Database, desk: str, page: Page) -> None:
    join(db, login="rani@contoh.test")
    budi = worker(db, "Petugas Budi")
    handoff_id = wait(db).handoff_id
    sign_in(page, desk)
    page.goto(f"{desk}/desk/conversations/{handoff_id}")
    expect(page.locator("[data-live=connected]")).to_be_visible()
    db.run_sync(lambda uow: service.claim(uow, handoff_id, budi, say))
    expect(page.get_by_role("heading", name="Dipegang Petugas Budi")).to_be_visible()


def test_whoever_lost_a_conversation_can_not_write_into_it_and_keeps_the_words(
    db: Database, desk: str, page: Page, clock: ManualClock
) -> None:
    rani, budi = join(db, login="rani@contoh.test").staff, worker(db, "Petugas Budi")
    handoff_id, talk = claimed(db, rani)
    sign_in(page, desk)
    page.goto(f"{desk}/desk/conversations/{handoff_id}")
    expect(page.locator("[data-live=connected]")).to_be_visible()
    page.route("**/heartbeat", lambda route: route.abort())
    page.get_by_label("Pesan untuk klien").fill("belum saya kirim")

    def lose(uow: Any) -> None:
        service.expire_leases(uow, say)
        service.claim(uow, handoff_id, budi, say)

    clock.advance(61)
    db.run_sync(lose)
    expect(page.locator("[data-bar]")).to_contain_text("kini dipegang Petugas Budi")
    expect(page.get_by_label("Pesan untuk klien")).to_have_value("belum saya kirim")
    page.get_by_label("Pesan untuk klien").press("Enter")
    assert said(db, talk) == []


def test_a_session_that_ended_elsewhere_is_said_with_the_way_back(db: Database, desk: str, page: Page) -> None:
    join(db, login="rani@contoh.test")
    sign_in(page, desk)
    token = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "desk_session")
    db.run_sync(lambda uow: end_session(uow, token))
    expect(page.locator("[data-bar]")).to_contain_text("Sesi berakhir")
    page.get_by_role("link", name="Masuk lagi").click()
    expect(page).to_have_url(re.compile("/desk/login"))


def test_a_conversation_that_was_deleted_is_said_to_be_gone(db: Database, desk: str, page: Page) -> None:
    rani = join(db, login="rani@contoh.test").staff
    handoff_id, talk = claimed(db, rani)
    sign_in(page, desk)
    page.goto(f"{desk}/desk/conversations/{handoff_id}")
    expect(page.locator("[data-live=connected]")).to_be_visible()
    db.run_sync(lambda uow: uow.vault.destroy_owner(talk))
    expect(page.locator("[data-bar]")).to_contain_text("sudah tidak ada")
    page.get_by_label("Pesan untuk klien").press("Enter")
    assert page.get_by_label("Pesan untuk klien").get_attribute("readonly") is not None


def test_consent_taken_back_closes_note_and_conversation_on_an_open_page_at_once(
    db: Database, desk: str, page: Page
) -> None:
    rani = join(db, login="rani@contoh.test").staff
    handoff_id, talk = claimed(db, rani)
    sign_in(page, desk)
    page.goto(f"{desk}/desk/conversations/{handoff_id}")
    expect(page.locator("[data-note]")).to_contain_text("kakak mau menampung")
    expect(page.locator("[data-live=connected]")).to_be_visible()
    db.run_sync(lambda uow: (service.withdraw(uow, talk, REVOKED), service.forget(uow, talk)))
    expect(page.locator("[data-bar]")).to_contain_text("mencabut izinnya")
    expect(page.locator("[data-note]")).to_have_text("Catatan ini tidak lagi dibagikan.")
    expect(page.get_by_text("dia membanting pintu")).to_have_count(0)
    page.reload()
    expect(page.get_by_text("Orang ini mencabut izinnya. Catatan dan percakapannya tertutup")).to_be_visible()
    expect(page.locator("[data-note]")).to_have_count(0)


def test_a_worker_writes_an_assessment_and_opens_the_sheet(db: Database, desk: str, page: Page) -> None:
    rani = join(db, designation="Petugas Rani", login="rani@contoh.test").staff
    handoff_id, _ = claimed(db, rani)
    sign_in(page, desk)
    page.goto(f"{desk}/desk/conversations/{handoff_id}")
    page.get_by_text("Isi asesmen").click()
    page.get_by_label("Pengamatan petugas").fill("Tampak lelah.")
    page.get_by_label("kesehatan", exact=True).check()
    page.get_by_label("Keamanan menurut petugas").select_option("ada kekhawatiran")
    page.get_by_role("button", name="Simpan asesmen").click()
    expect(page.get_by_text("Asesmen tersimpan.")).to_be_visible()
    expect(page.locator("#assessment dl")).to_contain_text("Tampak lelah.")
    expect(page.locator("#assessment q")).to_have_count(0)
    page.get_by_role("link", name="Buka untuk dibaca atau dicetak").click()
    expect(page.locator(".watermark").first).to_contain_text("Dibuka oleh Petugas Rani")
    expect(page.get_by_text("Tampak lelah.")).to_be_visible()


def test_new_danger_counts_in_the_title_and_is_spoken_without_content(db: Database, desk: str, page: Page) -> None:
    join(db, login="rani@contoh.test")
    sign_in(page, desk)
    wait(db)
    expect(page).to_have_title("(1) Antrean")
    expect(page.get_by_role("alert")).to_be_empty()
    wait(db, risk="imminent", note_text="rahasia sekali")
    expect(page).to_have_title("(2) Antrean")
    expect(page.get_by_role("alert")).to_have_text("Ada yang menunggu dalam bahaya")
    expect(page.locator("[data-waiting-row]").first).to_contain_text("Segera")


def test_focus_stays_on_its_row_when_the_queue_changes(db: Database, desk: str, page: Page) -> None:
    join(db, login="rani@contoh.test")
    first = wait(db).handoff_id
    sign_in(page, desk)
    page.keyboard.press("j")
    wait(db, risk="imminent")
    expect(page.locator("[data-waiting-row]")).to_have_count(2)
    assert page.evaluate("document.activeElement.closest('[data-row]').dataset.row") == first


def test_unread_messages_of_my_other_conversations_are_counted(db: Database, desk: str, page: Page) -> None:
    rani = join(db, login="rani@contoh.test").staff
    _, talk = claimed(db, rani)
    sign_in(page, desk)
    expect(page.locator(".unread")).to_be_hidden()
    client_says(db, talk, "masih di sana?")
    client_says(db, talk, "halo?")
    expect(page.locator(".unread")).to_have_text("2 baru")
    page.locator(".qrow__link").click()
    expect(page.locator("[data-lines]")).to_contain_text("halo?")
    page.goto(f"{desk}/desk")
    expect(page.locator("[data-live=connected]")).to_be_visible()
    expect(page.locator(".unread")).to_be_hidden()


def test_a_value_of_the_note_leads_to_the_very_words(db: Database, desk: str, page: Page) -> None:
    rani = join(db, login="rani@contoh.test").staff
    talk = conversation(db)
    client_says(db, talk, "😢😢 saya takut pulang")
    message = db.run_sync(lambda uow: transcript(uow, talk))[-1].id
    entry = {
        "name": "feelings",
        "label": {"id": "Perasaan", "en": "Feelings"},
        "status": "told",
        "words": "takut pulang",
        "origin": {"kind": "client_words", "message": message, "start": 8, "end": 20},
    }
    handoff_id = wait(db, talk, note=NOTE | {"wants": None, "dimensions": [entry]}).handoff_id
    db.run_sync(lambda uow: service.claim(uow, handoff_id, rani, say))
    sign_in(page, desk)
    page.goto(f"{desk}/desk/conversations/{handoff_id}")
    page.get_by_role("link", name="ke pesan 4").click()
    expect(page.locator("#m-4 mark")).to_have_text("takut pulang")
    expect(page.locator("#m-4")).to_be_focused()


def test_shortcuts_are_listed_rest_while_typing_and_can_be_switched_off(db: Database, desk: str, page: Page) -> None:
    rani = join(db, login="rani@contoh.test").staff
    handoff_id, _ = claimed(db, rani)
    wait(db)
    sign_in(page, desk)
    page.goto(f"{desk}/desk/conversations/{handoff_id}")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Pintasan")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("/")
    page.keyboard.type("cjk?/")
    expect(page.get_by_label("Pesan untuk klien")).to_have_value("cjk?/")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    dialog.get_by_label("Pintasan satu huruf aktif").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.closest('[data-row]')") is None


def test_hostile_words_stay_words_in_the_live_page(db: Database, desk: str, page: Page) -> None:
    rani = join(db, designation=HOSTILE, login="rani@contoh.test").staff
    handoff_id, talk = claimed(db, rani, note_text=HOSTILE)
    sign_in(page, desk)
    page.goto(f"{desk}/desk/conversations/{handoff_id}")
    client_says(db, talk, HOSTILE)
    expect(page.locator(".line--client").last).to_contain_text(HOSTILE)
    wait(db, risk="imminent", note_text=HOSTILE)
    expect(page.locator("[data-waiting-row]")).to_contain_text(HOSTILE[:40])
    page.get_by_label("Pesan untuk klien").fill(HOSTILE)
    page.get_by_label("Pesan untuk klien").press("Enter")
    expect(page.locator(".line--me:not(.line--pending)")).to_contain_text(HOSTILE)
    assert "owned" not in page.title()
    assert page.locator("main img").count() == 0


@pytest.mark.parametrize("width", [320, 390, 768, 1024, 1280])
def test_no_page_is_wider_than_the_screen(db: Database, desk: str, chromium: Browser, width: int) -> None:
    roles = (Role.WORKER, Role.SUPERVISOR, Role.ADMIN)
    rani = join(db, *roles, designation="Petugas Rani", login="rani@contoh.test").staff
    handoff_id, talk = claimed(db, rani)
    client_says(db, talk, "panjang" * 60)
    waiting = wait(db, risk="imminent", note_text="tanpaspasi" * 20).handoff_id
    context = chromium.new_context(viewport={"width": width, "height": 800}, locale="id-ID")
    page = context.new_page()
    sign_in(page, desk)
    form = f"/desk/conversations/{handoff_id}/disclosure"
    page.goto(f"{desk}{form}?ground=life_in_danger")
    page.get_by_label("Di mana").fill("tanpaspasi" * 20)
    page.get_by_label("Siapa di sana yang menerima").fill("petugas jaga")
    page.get_by_label("Mengapa ini perlu").fill("tanpaspasi" * 40)
    page.get_by_label("Ya, klien diberi tahu lebih dahulu").check()
    page.get_by_role("button", name="Simpan rancangan").click()
    page.wait_for_url("**/desk/disclosures/*")
    draft = page.url.removeprefix(desk)
    db.run_sync(lambda uow: safety.react(uow, talk, Assessment(Risk.IMMINENT, Category.VIOLENCE_NOW)))
    paths = ["/desk", f"/desk/conversations/{handoff_id}", f"/desk/conversations/{waiting}", "/desk/staff"]
    paths += ["/desk/team", "/desk/answers", "/desk/hours", "/desk/organisation"]
    for path in (*paths, "/desk/alerts", form, f"{form}?ground=life_in_danger", "/desk/disclosures", draft):
        page.goto(desk + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.evaluate("document.querySelector('.top').scrollWidth") <= width, path
    context.close()


@pytest.mark.parametrize("width", [320, 390])
def test_on_a_phone_a_long_name_of_a_page_covers_nothing_beside_it(
    db: Database, desk: str, chromium: Browser, width: int
) -> None:
    join(db, *Role, login="rani@contoh.test")
    context = chromium.new_context(viewport={"width": width, "height": 800}, locale="id-ID")
    page = context.new_page()
    page.goto(f"{desk}/desk/login")
    page.get_by_label("Nama masuk").fill("rani@contoh.test")
    page.get_by_label("Kata sandi").fill(PASSWORD)
    page.get_by_role("button", name="Masuk").click()
    for path in ("/desk/requests", "/desk/organisation", "/desk/team"):
        page.goto(f"{desk}{path}")
        queue = page.locator(".top__nav a:visible")
        assert queue.evaluate("link => [link, link.parentElement].every((one) => one.scrollWidth <= one.clientWidth)")
        boxes = [page.locator(part).bounding_box() for part in (".top__nav", ".top__more summary", ".top__tools")]
        ends = [(box["x"], box["x"] + box["width"]) for box in boxes if box]
        assert len(ends) == 3
        assert ends[0][1] <= ends[1][0] + 0.5
        assert ends[1][1] <= ends[2][0] + 0.5
        assert ends[2][1] <= width
    context.close()


def test_on_a_phone_conversation_and_note_take_turns(db: Database, desk: str, chromium: Browser) -> None:
    rani = join(db, login="rani@contoh.test").staff
    handoff_id, _ = claimed(db, rani)
    context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="id-ID")
    page = context.new_page()
    sign_in(page, desk)
    page.goto(f"{desk}/desk/conversations/{handoff_id}")
    expect(page.get_by_label("Pesan untuk klien")).to_be_visible()
    expect(page.locator("[data-note]")).to_be_hidden()
    page.get_by_role("button", name="Catatan").click()
    expect(page.locator("[data-note]")).to_be_visible()
    expect(page.get_by_label("Pesan untuk klien")).to_be_hidden()
    page.get_by_role("link", name="ke pesan 1").click()
    expect(page.locator("#m-1")).to_be_in_viewport()
    context.close()


def test_the_desk_works_without_scripts(db: Database, desk: str, chromium: Browser) -> None:
    join(db, login="rani@contoh.test")
    talk = conversation(db)
    wait(db, talk)
    context = chromium.new_context(java_script_enabled=False, locale="id-ID")
    page = context.new_page()
    page.goto(f"{desk}/desk/login")
    page.get_by_label("Nama masuk").fill("rani@contoh.test")
    page.get_by_label("Kata sandi").fill(PASSWORD)
    page.get_by_role("button", name="Masuk").click()
    page.get_by_role("button", name="Ambil percakapan").click()
    page.get_by_label("Pesan untuk klien").fill("Halo, saya di sini.")
    page.get_by_role("button", name="Kirim").click()
    expect(page.locator(".line--me")).to_contain_text("Halo, saya di sini.")
    page.get_by_text("Selesaikan", exact=True).click()
    page.get_by_role("radio", name="Lainnya").check()
    page.get_by_role("button", name="Ya, akhiri").click()
    expect(page.get_by_text("Percakapan diakhiri.")).to_be_visible()
    assert said(db, talk) == ["Halo, saya di sini."]
    context.close()


def test_while_somebody_reads_along_a_line_needs_its_own_tick(page: Page, desk: str, db: Database) -> None:
    handoff_id, conversation_id = claimed(db, join(db, login="rani@contoh.test").staff)
    sign_in(page, desk)
    page.goto(f"{desk}/desk/conversations/{handoff_id}")
    tick = page.get_by_label("Saya tahu orang lain mungkin membaca")
    expect(tick).to_be_hidden()
    db.run_sync(lambda uow: cover.begin(uow, conversation_id))
    expect(page.get_by_text("Ada yang ikut membaca: jangan menulis")).to_be_visible()
    box = page.get_by_label("Pesan untuk klien")
    box.fill("Halo")
    box.press("Enter")
    expect(tick).to_be_focused()
    expect(page.locator(".line--me")).to_have_count(0)
    tick.check()
    box.press("Enter")
    expect(page.locator(".line--me")).to_have_count(1)
    expect(tick).not_to_be_checked()
    db.run_sync(lambda uow: cover.end(uow, conversation_id))
    expect(tick).to_be_hidden()


def test_a_supervisor_takes_over_and_the_worker_s_open_page_says_so_and_takes_no_more_lines(
    db: Database, desk: str, page: Page, chromium: Browser
) -> None:
    rani = join(db, login="rani@contoh.test", designation="Petugas Rani").staff
    join(db, Role.SUPERVISOR, login="sari@contoh.test", designation="Penyelia Sari")
    handoff_id, talk = claimed(db, rani)
    sign_in(page, desk)
    page.goto(f"{desk}/desk/conversations/{handoff_id}")
    other = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="id-ID")
    team = other.new_page()
    sign_in(team, desk, "sari@contoh.test")
    team.goto(f"{desk}/desk/team")
    row = team.locator(f'[data-row="{handoff_id}"]')
    expect(row).to_contain_text("menunggu jawaban")
    db.run_sync(lambda uow: service.say(uow, handoff_id, rani, "Saya di sini", "line-0001"))
    expect(row).to_contain_text("sudah dijawab")
    page.get_by_label("Pesan untuk klien").fill("belum saya kirim")
    row.get_by_role("link").click()
    team.get_by_label("Catatan untuk Petugas Rani").fill("Pelan-pelan saja.")
    team.get_by_role("button", name="Kirim catatan").click()
    expect(page.locator("[data-coaching]")).to_contain_text("Pelan-pelan saja.")
    team.get_by_role("radio", name="Bahayanya meningkat").check()
    team.get_by_role("button", name="Ambil alih dari Petugas Rani").click()
    expect(team.locator("[data-lines]")).to_contain_text("Saya di sini")
    expect(page.locator("[data-bar]")).to_contain_text("kini dipegang Penyelia Sari")
    expect(page.get_by_label("Pesan untuk klien")).to_have_value("belum saya kirim")
    page.get_by_label("Pesan untuk klien").press("Enter")
    assert said(db, talk) == ["Saya di sini"]
    other.close()


def test_to_somebody_who_left_a_line_needs_its_own_tick_until_they_are_back(
    db: Database, desk: str, page: Page, clock: ManualClock
) -> None:
    rani = join(db, login="rani@contoh.test").staff
    handoff_id, talk = claimed(db, rani)
    db.run_sync(lambda uow: service.say(uow, handoff_id, rani, "Saya di sini", "line-0001"))
    sign_in(page, desk)
    page.goto(f"{desk}/desk/conversations/{handoff_id}")
    tick = page.get_by_label("Menurut kata-katanya ini aman sekarang")
    expect(tick).to_be_hidden()
    clock.advance(WARM.total_seconds() + 1)
    expect(tick).to_be_visible()
    box = page.get_by_label("Pesan untuk klien")
    box.fill("Masih di sana?")
    box.press("Enter")
    expect(tick).to_be_focused()
    tick.check()
    box.press("Enter")
    expect(page.locator(".line--me:not(.line--pending)")).to_have_count(2)
    expect(tick).not_to_be_checked()
    client_says(db, talk, "ya, saya di sini")
    expect(tick).to_be_hidden()
    box.fill("Baik.")
    box.press("Enter")
    expect(page.locator(".line--me:not(.line--pending)")).to_have_count(3)
