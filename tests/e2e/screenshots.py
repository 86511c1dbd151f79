"""The pictures in docs/images: `python -m tests.e2e.screenshots`. The real product, an invented person."""

from __future__ import annotations

import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect
from sqlalchemy import update

from bot.accounts.model import Role, Staff
from bot.accounts.store import organisation
from bot.clock import WIB, ManualClock, SystemClock
from bot.config import ROOT
from bot.handoff import service as handoff
from bot.handoff.tasks.service import plan
from bot.replies.model import Draft
from bot.replies.service import write as write_reply
from bot.rights.channel.service import set_channel
from bot.rights.publishing import service
from bot.rights.service import count_miss, import_starters
from bot.storage.encryption import MasterKey
from bot.storage.engine import make_engine
from bot.storage.migrate import upgrade
from bot.storage.unit_of_work import Database, UnitOfWork
from tests.accounts.people import PASSWORD, join
from tests.doubles.serving import serve
from tests.e2e.browser import SKIP, DeskTab, Phone, chromium
from tests.e2e.product import Login, Product
from tests.e2e.publishing import Colleague
from tests.handoff.builders import wait
from tests.handoff.desk_app import catalogue, desk_app
from tests.replies.test_service import SHARED_NOTE
from tests.rights.conftest import opened
from tests.rights.publishing.conftest import adopted, agency, published, publishing_app, write

IMAGES = ROOT / "docs" / "images"
MOST_BYTES = 200_000
SHARP = 2
"""Device pixels a CSS pixel for the phone; the desk is wide enough without."""

STORY = "Skripsi saya macet sejak enam bulan lalu dan saya bertengkar dengan ayah karena uang kuliah belum dibayar"
SHORT = (
    "Bekas luka bisa memudar, jadi Anda boleh berobat dulu dan meminta semua temuan dicatat di rekam medis. Visum "
    "adalah laporan dokter untuk pembuktian; surat permintaannya dibuat polisi, dibawa ke rumah sakit, lalu disimpan "
    "penyidik. Biayanya berbeda di tiap daerah; UPTD PPA bisa ditanya sebelum membayar. Pemeriksaan butuh persetujuan "
    "Anda."
)
ANSWERS = {
    "memengaruhi tidur": SKIP,
    "terjadi sebelumnya": "tagihannya datang tiap awal bulan",
    "Perasaan apa": "saya cemas dan malu",
    "menolong Anda": "sahabat saya masih mau mendengarkan",
}

REPLIES = (
    Draft("salam", "Salam pembuka", "Selamat malam {sapaan}, saya {petugas}. Saya sudah membaca catatan Anda."),
    Draft("jeda", "Istirahat sebentar", "Kita bisa berhenti dulu sebentar. Saya tetap di sini."),
    Draft("tutup", "Salam penutup", "Terima kasih sudah bercerita. Kami buka lagi {buka}."),
)


def main(folder: Path = IMAGES) -> None:
    """Take every picture; the same command takes them again after a change of the pages."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, Product(Path(home)) as product, chromium() as browser:
        worker = product.colleague(designation="Petugas Melati")
        public_pages(browser, product.base_url, folder)
        exploring(browser, product.base_url, folder)
        at_the_desk(browser, product.base_url, worker, folder)
    with chromium() as browser:
        beside_the_queue(browser, folder)
        for_agencies(browser, folder)
        giving_out(browser, folder)


def public_pages(browser: Browser, base_url: str, folder: Path) -> None:
    phone = Phone(browser, base_url, scale=SHARP)
    phone.open("/")
    take(phone.page, folder / "start.png")
    phone.open("/hak")
    phone.page.get_by_role("link", name="Saya tidak mampu bayar pengacara").tap()
    expect(phone.page.get_by_role("heading", name="Jawaban singkat")).to_be_visible()
    take(phone.page, folder / "rights-article.png")


def exploring(browser: Browser, base_url: str, folder: Path) -> None:
    for dark, name in ((False, "chat-phone.png"), (True, "chat-phone-dark.png")):
        phone = Phone(browser, base_url, dark=dark, scale=SHARP)
        begins(phone)
        phone.says("saya jadi susah tidur dan jarang makan")
        phone.hears("susah tidur")
        expect(phone.offers.first).to_be_visible()
        expect(phone.page.locator("#typing")).to_be_hidden()
        take(phone.page, folder / name)


def at_the_desk(browser: Browser, base_url: str, worker: Login, folder: Path) -> None:
    light, dark = DeskTab(browser, base_url), DeskTab(browser, base_url, dark=True)
    light.signs_in(worker)
    phone = Phone(browser, base_url)
    begins(phone)
    phone.answers_until("Boleh saya rangkum", ANSWERS)
    phone.presses("Sudah benar")
    phone.chooses("Bicara dengan petugas")
    phone.hears("Ini persis yang akan dibaca")
    phone.presses("Ya, teruskan dengan catatan")
    light.claims()
    light.says("Selamat malam. Saya sudah membaca catatan Anda, jadi Anda tidak perlu mengulang ceritanya.")
    phone.hears("tidak perlu mengulang")
    phone.says("terima kasih. saya bingung mulai dari mana bicara dengan ayah")
    light.reads("saya bingung mulai dari mana")
    light.says("Tidak perlu terburu-buru. Bagian mana yang paling ingin Anda sampaikan kepada beliau?")
    light.reads("Bagian mana yang paling ingin")
    another_waits(browser, base_url)
    expect(light.waiting).to_have_count(1)
    take(light.page, folder / "desk.png")
    dark.signs_in(worker)
    dark.page.goto(light.page.url)
    dark.reads("Bagian mana yang paling ingin")
    dark.is_live()
    take(dark.page, folder / "desk-dark.png")


def beside_the_queue(browser: Browser, folder: Path) -> None:
    """Canned replies and the search; they need no assistant. An invented shift."""
    with tempfile.TemporaryDirectory() as home:
        upgrade(f"sqlite:///{home}/x.db")
        with opened(Path(home) / "x.db", SystemClock()) as db, serve(desk_app(db)) as base_url:
            melati = join(db, designation="Petugas Melati", login="melati@contoh.test").staff
            jobs = (Role.SUPERVISOR, Role.AUDITOR)
            boss = join(db, *jobs, designation="Penyelia Tuti", login="tuti@contoh.test").staff
            for draft in REPLIES:
                db.run_sync(lambda uow, draft=draft: write_reply(uow, boss, draft, shared=True))
            held = takes(db, melati, note=SHARED_NOTE)
            takes(db, boss, risk="high")
            ended = takes(db, boss)
            db.run_sync(lambda uow: handoff.close(uow, ended, boss, "other", catalogue().say))
            wait(db, risk="elevated")
            desk = DeskTab(browser, base_url)
            desk.signs_in(Login(melati, "melati@contoh.test", PASSWORD))
            desk.page.goto(f"{base_url}/desk/conversations/{held}")
            desk.is_live()
            desk.page.get_by_label("Pesan untuk klien").click()
            desk.page.keyboard.type("/salam")
            expect(desk.page.locator("[data-replies]").get_by_role("option")).to_have_count(2)
            take(desk.page, folder / "replies.png")
            desk.page.goto(f"{base_url}/desk/search")
            take(desk.page, folder / "search.png")
            for kind, days, owner in (("shelter", 0, melati), ("coordination", 2, boss), ("rights", 6, melati)):
                due = (db.clock.now() + WIB).date() + timedelta(days=days)
                given = (kind, due.isoformat(), owner.id)
                db.run_sync(lambda uow, given=given: plan(uow, held, melati, *given))
            db.run_sync(lambda uow: plan(uow, held, melati, "counselling", "", "", done=True))
            desk.page.goto(f"{base_url}/desk/tasks")
            take(desk.page, folder / "tasks.png")
            overseeing(browser, base_url, Login(boss, "tuti@contoh.test", PASSWORD), held, folder)


def overseeing(browser: Browser, base_url: str, boss: Login, held: str, folder: Path) -> None:
    """What a supervisor, who is the auditor too, sees of the same shift."""
    desk = DeskTab(browser, base_url)
    desk.signs_in(boss)
    pages = {"team": "team", "take-over": f"conversations/{held}", "account": "account", "audit": "audit"}
    for name, path in pages.items():
        desk.page.goto(f"{base_url}/desk/{path}")
        if name == "team":
            desk.is_live()
        take(desk.page, folder / f"{name}.png")


def takes(db: Database, who: Staff, **asked: Any) -> str:
    """Somebody asks for a worker, in the real words, and this one comes. Returns the handoff's id."""
    waiting = wait(db, **asked).handoff_id
    db.run_sync(lambda uow: handoff.claim(uow, waiting, who, catalogue().say))
    return waiting


def for_agencies(browser: Browser, folder: Path) -> None:
    """The pages at /publish; they need no assistant. An invented agency, some months after its first article."""
    clock = ManualClock()
    with tempfile.TemporaryDirectory() as home:
        upgrade(f"sqlite:///{home}/x.db")
        db = Database(make_engine(f"sqlite:///{home}/x.db"), MasterKey(b"k" * 32), clock=clock)
        db.run_sync(import_starters)
        us = agency(db)
        db.run_sync(lambda uow: rename(uow, us.id, "UPTD PPA Contoh"))
        visum = published(db, us, "R08")
        published(db, us, "R14")
        adopted(db, us, "R05")
        waiting = adopted(db, us, "R27")
        db.run_sync(lambda uow: service.submit(uow, us.editor.staff, waiting))
        db.run_sync(lambda uow: service.law_changed(uow, us.editor.staff, "PP 4/2006"))
        clock.advance(140 * 86_400)
        db.run_sync(service.keep_up)
        write(
            db,
            us,
            visum,
            short=SHORT,
        )
        for conversation in "abcd":
            db.run_sync(lambda uow, who=conversation: count_miss(uow, who, "warisan tanah kakek"))
        with serve(publishing_app(db)) as base_url:
            light = Colleague(browser, base_url, us.both.staff.login)
            take(light.page, folder / "publish-list.png")
            light.opens("Apa itu visum? Apakah gratis?")
            light.page.get_by_role("link", name="Lihat yang berubah").click()
            take(light.page, folder / "publish-diff.png")
            light.page.go_back()
            light.writes()
            take(light.page, folder / "publish-editor.png")
            dark = Colleague(browser, base_url, us.reviewer.staff.login, dark=True)
            dark.opens("Pacar atau mantan meneror saya. Apa yang berlaku?")
            take(dark.page, folder / "publish-review-dark.png")
        db.engine.dispose()


def giving_out(browser: Browser, folder: Path) -> None:
    """What becomes of a published article: its poster, and the preview for the agency's channel."""
    with tempfile.TemporaryDirectory() as home:
        upgrade(f"sqlite:///{home}/x.db")
        db = Database(make_engine(f"sqlite:///{home}/x.db"), MasterKey(b"k" * 32), clock=ManualClock())
        db.run_sync(import_starters)
        us = agency(db)
        db.run_sync(lambda uow: rename(uow, us.id, "UPTD PPA Contoh"))
        visum = published(db, us, "R08")
        db.run_sync(lambda uow: set_channel(uow, us.reviewer.staff, "@uptd_ppa_contoh"))
        with serve(publishing_app(db, telegram_token="4242:double-of-the-bot-api")) as base_url:
            phone = Phone(browser, base_url, scale=SHARP)
            phone.open("/i/R08/poster")
            take(phone.page, folder / "rights-poster.png")
            colleague = Colleague(browser, base_url, us.both.staff.login)
            colleague.page.goto(f"{base_url}/publish/articles/{visum}/channel")
            take(colleague.page, folder / "publish-channel.png")
        db.engine.dispose()


def rename(uow: UnitOfWork, organisation_id: str, name: str) -> None:
    uow.db.execute(update(organisation).where(organisation.c.id == organisation_id).values(name=name))


def begins(phone: Phone) -> None:
    phone.open()
    phone.starts()
    phone.presses("Boleh disimpan")
    phone.hears("aman untuk chat")
    phone.presses("Aman")
    phone.hears("ingin disapa")
    phone.presses(SKIP)
    phone.hears("Silakan bercerita")
    phone.says(STORY)
    phone.hears("Seberapa berat")


def another_waits(browser: Browser, base_url: str) -> None:
    phone = Phone(browser, base_url)
    phone.open()
    phone.says("dia mengancam mau memukul saya kalau saya pulang malam ini")
    phone.hears("110")


def take(page: Page, path: Path) -> None:
    """Without carets and movement, so that the same page makes the same picture."""
    page.mouse.move(0, 0)
    page.screenshot(path=path, animations="disabled", caret="hide")
    size = path.stat().st_size
    print(f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}: {size // 1000} kB", file=sys.stderr)
    if size > MOST_BYTES:
        raise SystemExit(f"{path.name} has {size} bytes, more than {MOST_BYTES}")


if __name__ == "__main__":
    main()
