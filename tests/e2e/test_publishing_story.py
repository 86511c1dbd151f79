"""An article's whole life in a real browser: written, reviewed, published, expired, restored; and hostile words."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.clock import ManualClock
from bot.rights.publishing import service
from bot.rights.service import count_miss, import_starters
from bot.storage.unit_of_work import Database
from tests.doubles.serving import serve
from tests.e2e.browser import chromium as headless
from tests.e2e.publishing import Colleague
from tests.rights.conftest import ARTICLE
from tests.rights.publishing.conftest import Agency, adopted, agency, publishing_app, release, write
from tests.rights.publishing.test_preview import HOSTILE, sent_by_telegram

DAY = 86_400
TITLE = "Bolehkah saya memelihara zebra?"
PUBLIC = "/hak/a-topic?lang=id"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with headless() as browser:
        yield browser


@pytest.fixture
def zoo(db: Database, tmp_path: Path) -> Database:
    """A database with one starter."""
    folder = tmp_path / "rights"
    folder.mkdir()
    (folder / "R90-a-topic.md").write_text(ARTICLE, encoding="utf-8")
    db.run_sync(lambda uow: import_starters(uow, folder))
    return db


@pytest.fixture
def us(zoo: Database) -> Agency:
    return agency(zoo)


@pytest.fixture
def site(zoo: Database) -> Iterator[str]:
    with serve(publishing_app(zoo)) as base_url:
        yield base_url


def public_text(chromium: Browser, site: str) -> str:
    """What somebody reads who has no account, without scripts."""
    page = chromium.new_context(locale="id-ID", java_script_enabled=False).new_page()
    page.goto(site + PUBLIC)
    return page.locator("main").inner_text()


def in_telegram(db: Database) -> list[str]:
    """What the Bot API gets when somebody asks for the article; apart from the browser's own loop."""
    with ThreadPoolExecutor(1) as elsewhere:
        return elsewhere.submit(lambda: asyncio.run(sent_by_telegram(db, "a-topic", "id"))).result()


def test_write_review_publish_expire_restore(
    chromium: Browser, site: str, zoo: Database, us: Agency, clock: ManualClock
) -> None:
    editor = Colleague(chromium, site, us.editor.staff.login)
    editor.adopts(TITLE)
    editor.writes(id_questions="boleh zebra\nizin zebra\npunya zebra", id_short="Zebra boleh & “jinak” <b>🦓</b>.")
    expect(editor.message()).to_contain_text("Zebra boleh & “jinak” <b>🦓</b>.")
    editor.page.locator("[name=id_short]").fill("Sebaiknya jangan.")
    editor.sees("menyuruh")
    editor.page.locator("[name=id_short]").fill("Zebra boleh & “jinak” <b>🦓</b>.")
    expect(editor.page.get_by_text("Lengkap, tidak ada yang menghalangi")).to_be_visible()
    typed = editor.message().text_content()
    editor.saves()
    editor.presses("Kirim untuk ditinjau")
    editor.sees("Versi 2 menunggu tinjauan.")
    assert "jinak" not in public_text(chromium, site)

    reviewer = Colleague(chromium, site, us.reviewer.staff.login)
    reviewer.opens(TITLE)
    read = reviewer.message().text_content()
    reviewer.publishes()
    reviewer.sees("Pembaca mendapat versi ini sejak sekarang")
    assert "Zebra boleh & “jinak” <b>🦓</b>." in public_text(chromium, site)
    assert in_telegram(zoo) == [read] == [typed]

    clock.advance(200 * DAY)
    zoo.run_sync(service.keep_up)
    text = public_text(chromium, site)
    assert "jinak" not in text
    assert "Kebun binatang" in text

    editor.signs_in()
    editor.sees("lewat 39 hari")
    editor.opens(TITLE)
    editor.sees("Pembaca hanya mendapat siapa yang bisa ditanya")
    editor.presses("Pulihkan versi 2")
    editor.writes(valid_until="2027-12-31")
    editor.saves()
    assert "jinak" not in public_text(chromium, site)
    editor.presses("Kirim untuk ditinjau")
    reviewer.signs_in()
    reviewer.opens(TITLE)
    reviewer.publishes()
    assert "jinak" in public_text(chromium, site)
    assert editor.troubles == reviewer.troubles == []


def test_what_people_looked_for_and_did_not_find_is_told_in_words_without_who(
    chromium: Browser, site: str, zoo: Database, us: Agency
) -> None:
    for asked in ("bagaimana warisan tanah kakek", "warisan dibagi", "saya Sari, warisan rumah ibu"):
        zoo.run_sync(lambda uow, text=asked: count_miss(uow, uow.new_id(), text))
    editor = Colleague(chromium, site, us.editor.staff.login)
    report = editor.page.locator(
        "section", has=editor.page.get_by_role("heading", name="Dicari tetapi tidak ditemukan")
    )
    expect(report).to_contain_text("warisan")
    expect(report).to_contain_text("dalam 3 percakapan")
    for kept_back in ("Sari", "kakek", "rumah"):
        expect(report).not_to_contain_text(kept_back)


def test_a_withdrawn_article_is_gone_for_readers_at_once(
    chromium: Browser, site: str, zoo: Database, us: Agency
) -> None:
    article = adopted(zoo, us, "R90")
    write(zoo, us, article, questions=("boleh zebra", "izin zebra", "punya zebra"))
    release(zoo, us, article)
    assert TITLE in public_text(chromium, site)
    reviewer = Colleague(chromium, site, us.reviewer.staff.login)
    reviewer.opens(TITLE)
    reviewer.page.get_by_text("Tarik artikel").click()
    reviewer.page.get_by_label("Mengapa?").fill("Peraturannya dicabut.")
    reviewer.presses("Ya, tarik")
    reviewer.sees("Ditarik")
    assert TITLE not in public_text(chromium, site)
    assert reviewer.troubles == []


def test_two_agencies_see_nothing_of_each_other(chromium: Browser, site: str, zoo: Database, us: Agency) -> None:
    other = agency(zoo)
    editor = Colleague(chromium, site, us.editor.staff.login)
    editor.adopts(TITLE)
    address = editor.page.url.partition("?")[0]
    stranger = Colleague(chromium, site, other.both.staff.login)
    for page in ("", "/edit", "/diff", "/versions/1", "/file.md"):
        answer = stranger.page.goto(address + page)
        assert answer is not None
        assert answer.status == 404
    stranger.page.goto(f"{site}/publish")
    stranger.sees("Lembaga Anda belum menulis artikel.")
    expect(stranger.page.get_by_text(TITLE)).to_have_count(0)


def test_hostile_words_run_nowhere(chromium: Browser, site: str, us: Agency) -> None:
    editor = Colleague(chromium, site, us.editor.staff.login)
    editor.adopts(TITLE)
    everything = "\n\n".join(HOSTILE)
    editor.writes(id_short=everything, id_body=everything, id_steps=everything)
    expect(editor.message()).to_contain_text("<script>alert(1)</script>")
    _opens_all(editor.page)
    editor.saves()
    _opens_all(editor.page)
    editor.page.get_by_role("link", name="Lihat yang berubah").click()
    expect(editor.page.locator("ins").first).to_be_visible()
    assert editor.page.locator("main script, main iframe, main img, main svg[onload], main style").count() == 0
    assert editor.troubles == []


def _opens_all(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((part) => (part.open = true))")
    for link in page.locator(".sheetlike a").all():
        assert (link.get_attribute("href") or "https:").startswith(("https:", "/"))
