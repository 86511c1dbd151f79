"""A person on a phone and a worker at the desk, in two browsers, through two kills: nothing lost, nothing twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from bot.web.shell import EXIT_URL
from tests.e2e.browser import AFTER_A_KILL, SKIP, DeskTab, Phone, chromium
from tests.e2e.product import Product

DESIGNATION = "Petugas Melati"
STORY = "Skripsi saya macet sejak enam bulan lalu dan saya bertengkar dengan ayah karena uang kuliah belum dibayar"
ANSWERS = {
    "memengaruhi tidur": SKIP,
    "terjadi sebelumnya": "tagihannya datang tiap awal bulan",
    "Perasaan apa": "saya cemas dan malu",
    "menolong Anda": "sahabat saya masih mau mendengarkan",
}
CORRECTION = "sebenarnya saya kecewa"
NOT_KEPT = "Pesan Anda (tidak disimpan)"
RIGHTS = "apakah ada bantuan hukum gratis?"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as launched:
        yield launched


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    with Product(tmp_path) as running:
        yield running


def test_a_person_and_a_worker_meet_through_two_kills(product: Product, browser: Browser) -> None:
    phone, desk = Phone(browser, product.base_url), DeskTab(browser, product.base_url)
    desk.accepts(product.invitation(), designation=DESIGNATION, login="melati@contoh.test", password="hujan teduh sore")
    contact(phone)
    exploring(phone)
    alternatives(phone)
    rights(phone)
    asks_for_a_worker(phone)
    the_worker_reads_the_note(desk, phone)
    they_talk_through_a_kill(product, desk, phone)
    back_with_the_assistant_while_rasa_is_killed(product, desk, phone)
    nothing_is_lost_or_doubled(phone)
    leaves_and_comes_back(browser, phone)


def contact(phone: Phone) -> None:
    phone.open()
    phone.starts()
    phone.hears("asisten otomatis")
    phone.presses("Boleh disimpan")
    phone.hears("aman untuk chat")
    phone.presses("Aman")
    phone.hears("ingin disapa")
    phone.presses(SKIP)
    phone.hears("Silakan bercerita")


def exploring(phone: Phone) -> None:
    phone.says(STORY)
    phone.hears("")
    phone.answers_until("Boleh saya rangkum", ANSWERS)
    phone.hears("Seberapa berat: memilih tidak menjawab")
    phone.presses("Ada yang keliru")
    phone.hears("Bagian mana")
    phone.presses("Perasaan")
    phone.hears("“Perasaan”")
    phone.says(CORRECTION)
    phone.hears("Perasaan: “")
    phone.hears("kecewa")
    phone.presses("Sudah benar")


def alternatives(phone: Phone) -> None:
    phone.hears("coba sendiri")
    phone.presses(SKIP)
    phone.hears("bisa dipertimbangkan")
    phone.offers.first.tap()
    phone.hears("Kelebihan:")
    phone.presses("Kurang cocok")
    phone.hears("bisa dipertimbangkan")
    phone.presses("Belum memutuskan")
    phone.hears("belum memutuskan juga boleh")


def rights(phone: Phone) -> None:
    phone.says(RIGHTS)
    phone.hears("Sumber: UU 16/2011")
    phone.hears("belum ditinjau lembaga")


def asks_for_a_worker(phone: Phone) -> None:
    phone.chooses("Bicara dengan petugas")
    phone.hears("Ini persis yang akan dibaca")
    phone.presses("Ya, teruskan dengan catatan")
    phone.hears("Anda ada di antrean, urutan ke-1")


def the_worker_reads_the_note(desk: DeskTab, phone: Phone) -> None:
    """The row came without a reload; the note holds the person's words, and says so of what they skipped."""
    expect(desk.waiting).to_have_count(1)
    desk.claims()
    expect(desk.noted("Jenis masalah").locator("q")).to_contain_text("bertengkar dengan ayah")
    expect(desk.noted("Perasaan").locator("q")).to_contain_text("kecewa")
    expect(desk.noted("Seberapa berat")).to_contain_text("memilih tidak menjawab")
    expect(desk.noted("Seberapa berat").locator("q")).to_have_count(0)
    expect(desk.noted("Aman untuk chat").locator("q")).to_have_count(0)
    assert STORY not in desk.page.locator("[data-lines]").inner_text(), "what was said before was not shared"
    phone.hears(f"{DESIGNATION} sekarang di sini")
    expect(phone.page.locator("#status")).to_have_text("Bersama petugas")


def they_talk_through_a_kill(product: Product, desk: DeskTab, phone: Phone) -> None:
    desk.says("Selamat malam, saya sudah membaca catatan Anda.")
    phone.hears("sudah membaca catatan")
    phone.says("terima kasih sudah membaca")
    desk.reads("terima kasih sudah membaca")
    product.kill_app()
    phone.says("ini saya tulis saat sambungan terputus")
    desk.says("Ini juga saya tulis saat sambungan terputus.")
    product.restart(wait=False)
    product.wait_alive()
    desk.reads("ini saya tulis saat sambungan terputus", timeout=AFTER_A_KILL)
    expect(phone.page.get_by_text("Ini juga saya tulis saat sambungan terputus.", exact=True)).to_have_count(
        1, timeout=AFTER_A_KILL
    )
    desk.is_live()


def back_with_the_assistant_while_rasa_is_killed(product: Product, desk: DeskTab, phone: Phone) -> None:
    product.wait_ready()
    desk.returns()
    phone.hears("kembali bersama asisten otomatis")
    product.kill_rasa()
    phone.presses("Lanjut")
    phone.hears("langkah berikutnya", timeout=AFTER_A_KILL)
    phone.presses(SKIP)
    phone.hears("menulis lebih dulu")


def nothing_is_lost_or_doubled(phone: Phone) -> None:
    shown = phone.lines
    numbers = [number for number, _ in shown]
    assert numbers == list(range(1, len(shown) + 1))
    said = Counter(phone.own.all_inner_texts())
    for text in (STORY, CORRECTION, RIGHTS, "terima kasih sudah membaca", "ini saya tulis saat sambungan terputus"):
        assert said[text] == 1
    phone.open()
    kept = [line for line in phone.lines if line[1] != NOT_KEPT]
    assert kept == [line for line in shown if line[0] > shown[-1][0] - len(kept)]
    assert kept[0][1].startswith("Halo"), "only the lines from before the consent are not kept"


def leaves_and_comes_back(browser: Browser, phone: Phone) -> None:
    phone.page.goto(f"{phone.base_url}/chat/code")
    phone.page.get_by_role("button", name="Buat kode").tap()
    code = phone.page.locator(".code").inner_text()
    phone.open()
    before, steps = phone.lines, phone.page.evaluate("history.length")
    phone.page.locator("#exit").tap()
    phone.page.wait_for_url(EXIT_URL)
    expect(phone.page.get_by_text("Cerah berawan")).to_be_visible()
    assert phone.page.evaluate("history.length") == steps, "the chat's entry was replaced"
    phone.open()
    assert phone.lines == []
    other = Phone(browser, phone.base_url)
    other.open("/chat/return")
    other.page.get_by_label("Kode kembali").fill(code.lower())
    other.page.get_by_role("button", name="Buka percakapan").tap()
    other.page.wait_for_selector("html[data-ready]")
    assert other.lines == before


def test_danger_in_the_web_chat_is_answered_at_once_and_stands_first_at_the_desk(
    shared_product: Product, browser: Browser
) -> None:
    desk = DeskTab(browser, shared_product.base_url)
    desk.signs_in(shared_product.colleague(designation=DESIGNATION))
    phone = Phone(browser, shared_product.base_url)
    phone.open()
    phone.says("suami saya di depan pintu bawa pisau mau bunuh saya")
    phone.hears("Polisi: 110", timeout=10_000)
    expect(phone.page.locator("#status")).to_have_text("Menunggu petugas")
    first = desk.waiting.first
    expect(first).to_have_attribute("data-risk", "imminent")
    expect(first).to_contain_text("Segera")
    expect(desk.page).to_have_title("(1) Antrean")
    desk.page.keyboard.press("j")
    desk.page.keyboard.press("Enter")
    desk.page.get_by_role("button", name="Ambil percakapan").last.click()
    desk.reads("bawa pisau")
    phone.hears("sekarang di sini")
