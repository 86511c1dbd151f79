"""A value of the note leads to its message, however far back it is; where no consent opens it, the value says so."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from bot.accounts.model import Staff
from bot.conversation.model import Kind
from bot.conversation.transcript import record_client, transcript
from bot.handoff import service
from bot.handoff.reading import SHOWN
from bot.storage.unit_of_work import Database
from tests.accounts.people import join
from tests.handoff.builders import CONSENT, NOTE, conversation, say, wait
from tests.handoff.conftest import come_in

FAR = SHOWN + 150
AT = 60
WORDS = "takut pulang"
CLOSED = "pesannya tidak dibagikan, hanya catatan ini"


@pytest.fixture
def rani(db: Database) -> Staff:
    return join(db, login="rani@contoh.test").staff


def held(db: Database, rani: Staff, *, lines: int, at: int, opens_all: bool) -> str:
    """A conversation of many lines that a worker holds; a value of its note comes from line `at`."""
    talk = conversation(db)

    def more(uow: Any) -> str:
        for number in range(4, lines + 1):
            text = f"saya {WORDS}" if number == at else f"baris {number}"
            record_client(uow, talk, kind=Kind.TEXT, text=text, lang="id", inbox_id=uow.new_id())
        return next(one.id for one in transcript(uow, talk, limit=lines) if one.number == at)

    origin = {"kind": "client_words", "message": db.run_sync(more), "start": 5, "end": 17}
    entry = {"name": "feelings", "label": "Perasaan", "status": "told", "words": WORDS, "origin": origin}
    note = NOTE | {"wants": None, "dimensions": [entry]}
    consent = CONSENT | {"transcript": opens_all}
    handoff_id = wait(db, talk, note=note, consent=consent).handoff_id
    db.run_sync(lambda uow: service.claim(uow, handoff_id, rani, say))
    return handoff_id


def opened(context: BrowserContext, page: Page, db: Database, desk: str, rani: Staff, handoff_id: str) -> None:
    come_in(context, db, desk, rani)
    page.goto(f"{desk}/desk/conversations/{handoff_id}")
    expect(page.locator("[data-live=connected]")).to_be_visible()


def test_a_message_that_is_further_back_than_what_is_shown_is_fetched_and_the_words_are_marked(
    db: Database, desk: str, context: BrowserContext, page: Page, rani: Staff
) -> None:
    opened(context, page, db, desk, rani, held(db, rani, lines=FAR, at=AT, opens_all=True))
    first = page.locator("[data-lines] > li").first
    expect(page.locator(f"#m-{AT}")).to_have_count(0)
    page.get_by_role("link", name=f"ke pesan {AT}").click()
    expect(page.locator(f"#m-{AT} mark")).to_have_text(WORDS)
    expect(page.locator(f"#m-{AT}")).to_be_focused()
    expect(page.locator(f"#m-{AT}")).to_be_in_viewport()
    expect(first).to_have_attribute("data-number", str(AT - 10))
    numbers = page.locator("[data-lines] > li").evaluate_all(
        "lines => lines.map((line) => Number(line.dataset.number))"
    )
    assert numbers == list(range(AT - 10, numbers[-1] + 1))
    assert numbers[-1] >= FAR


def test_earlier_messages_come_by_a_button_until_the_first_one(
    db: Database, desk: str, context: BrowserContext, page: Page, rani: Staff
) -> None:
    opened(context, page, db, desk, rani, held(db, rani, lines=FAR, at=AT, opens_all=True))
    page.get_by_role("link", name="Pesan sebelumnya").click()
    expect(page.locator("#m-1")).to_have_count(1)
    expect(page.get_by_text("Awal percakapan")).to_have_count(1)
    expect(page.get_by_role("link", name="Pesan sebelumnya")).to_have_count(0)


def test_without_scripts_the_link_opens_the_page_with_that_part(
    db: Database, desk: str, chromium: Browser, rani: Staff
) -> None:
    handoff_id = held(db, rani, lines=FAR, at=AT, opens_all=True)
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    come_in(context, db, desk, rani)
    page.goto(f"{desk}/desk/conversations/{handoff_id}")
    page.get_by_role("link", name=f"ke pesan {AT}").click()
    expect(page.locator(f"#m-{AT}")).to_be_in_viewport()
    context.close()


@pytest.mark.parametrize("since", ["", "?since=1", f"?since={AT}"])
def test_what_no_consent_opens_is_said_so_plainly_and_no_address_opens_it(
    db: Database, desk: str, context: BrowserContext, page: Page, rani: Staff, since: str
) -> None:
    handoff_id = held(db, rani, lines=AT + 5, at=AT, opens_all=False)
    opened(context, page, db, desk, rani, handoff_id + since)
    expect(page.get_by_text(CLOSED)).to_be_visible()
    expect(page.locator("[data-jump]")).to_have_count(0)
    expect(page.get_by_role("link", name="Pesan sebelumnya")).to_have_count(0)
    for words in (f"saya {WORDS}", "baris 5"):
        assert words not in page.content()


@pytest.mark.parametrize(("since", "status"), [("0", 400), ("-1", 400), ("x", 400), (str(2**31), 400), ("999", 200)])
def test_a_number_that_is_none_is_refused_and_one_after_the_end_hides_nothing(
    db: Database, desk: str, context: BrowserContext, page: Page, rani: Staff, since: str, status: int
) -> None:
    handoff_id = held(db, rani, lines=4, at=4, opens_all=True)
    come_in(context, db, desk, rani)
    answer = page.goto(f"{desk}/desk/conversations/{handoff_id}?since={since}")
    assert answer is not None
    assert answer.status == status
    assert ('id="m-1"' in page.content()) == (status == 200)
