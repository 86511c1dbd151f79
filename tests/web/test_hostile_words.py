"""Whatever a client writes stays words: hundreds of hostile texts, in each field, on each page that shows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from bot.channels.web.model import clean_text
from bot.channels.web.service import find
from bot.channels.web.session import COOKIE
from bot.conversation.model import Kind
from bot.conversation.transcript import record_client
from bot.counselling.service import record_value
from bot.handoff import queue, reading, service
from bot.rights.service import count_miss
from bot.storage.unit_of_work import Database, UnitOfWork
from bot.web import paces
from tests.handoff.builders import conversation, say, wait
from tests.web.hostile import HOSTILE, ODD, Watch, by_class
from tests.web.house import House

WRITTEN = [clean_text(text) for text in HOSTILE]
"""As the web chat takes them in: line ends as one character, no blanks around."""
EVERYTHING = "\n".join(WRITTEN)
SHARE = 40
"""Texts of one page without protections; each has a frame of its own."""
INERT = frozenset({"template markers", "css", "clobbering and capture"})
"""Classes that are not after code that runs in a browser of today; they are shown all the same."""
FRAMES = """(texts) => Promise.all(texts.map(([name, text]) => new Promise((done) => {
  const frame = document.createElement('iframe');
  frame.name = name;
  let poked = false; // a frame whose link was followed loads again
  const finish = () => {
    if (poked) return;
    poked = true;
    setTimeout(done, 300);
    for (const element of frame.contentDocument?.querySelectorAll('*') ?? []) {
      for (const kind of ['click', 'mouseover', 'focus', 'keydown', 'pointerdown', 'input']) {
        element.dispatchEvent(new Event(kind, { bubbles: true, cancelable: true }));
      }
      if (element.localName === 'a') element.click?.();
    }
  };
  frame.onload = finish;
  setTimeout(finish, 1000);
  frame.srcdoc = `<!doctype html><body>${text}<input value="${text}"><i title='${text}'></i><a href="${text}">x</a>`;
  document.body.append(frame);
})))"""


PATIENCE = 120_000
"""Milliseconds for a page with hundreds of texts."""


@pytest.fixture(autouse=True)
def all_on_one_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SHOWN", 1000)
    monkeypatch.setattr(queue, "SHOWN", 1000)


@pytest.fixture
def context(house: House, chromium: Browser, base: str) -> Iterator[BrowserContext]:
    """A browser in which nothing may run, nothing may be stopped by the policy, and nothing may leave the site."""
    context = house.visitor(chromium, base)
    context.set_default_timeout(PATIENCE)
    watch = Watch().over(context)
    yield context
    for page in context.pages:
        assert page.evaluate(ODD) == [], page.url
    context.close()
    assert watch.trouble == []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def client_writes(db: Database, talk: str, *texts: str) -> list[str]:
    """Lines of the client, their ids."""
    ids = [db.new_id() for _ in texts]

    def work(uow: UnitOfWork) -> None:
        for line, text in zip(ids, texts, strict=True):
            record_client(uow, talk, kind=Kind.TEXT, text=text, lang="id", inbox_id=line)

    db.run_sync(work)
    return ids


def own_conversation(house: House, session: str = "") -> str:
    found = house.db.run_sync(lambda uow: find(uow, session or house.session), read_only=True)
    assert found is not None
    return found.id


def texts_of(page: Page, selector: str) -> list[str]:
    return [str(text) for text in page.locator(selector).evaluate_all("all => all.map(one => one.textContent)")]


def value(words: str) -> dict[str, Any]:
    return {"name": "feelings", "label": words, "status": "told", "words": words, "origin": None}


def test_there_are_hundreds_of_them_and_no_two_alike() -> None:
    assert len(HOSTILE) == len(set(HOSTILE)) >= 300


def test_on_a_page_without_protections_they_do_run(chromium: Browser) -> None:
    context = chromium.new_context()
    context.set_default_timeout(PATIENCE)
    watch = Watch().over(context)
    running = {name: texts for name, texts in by_class().items() if name not in INERT}
    tried = {text for texts in running.values() for text in texts}
    numbered = [(str(number), text) for number, text in enumerate(HOSTILE) if text in tried]
    for start in range(0, len(numbered), SHARE):
        page = context.new_page()
        page.evaluate(FRAMES, numbered[start : start + SHARE])
        page.close()
    context.close()
    ran = {HOSTILE[int(one.split()[1])] for one in watch.trouble if one.startswith("ran ") and one[4:].isdecimal()}
    assert len(ran) >= 150
    assert [name for name, texts in running.items() if not ran & set(texts)] == []


def test_in_the_chat_and_at_the_desk_live_and_after_a_reload(house: House, base: str, context: BrowserContext) -> None:
    talk, handoff_id = own_conversation(house), house.records["handoff_id"][0]
    chat, desk = context.new_page(), context.new_page()
    chat.goto(f"{base}/chat")
    desk.goto(f"{base}/desk/conversations/{handoff_id}")
    expect(desk.locator("[data-live=connected]")).to_be_visible(timeout=PATIENCE)
    before = desk.locator(".line--client").count()
    client_writes(house.db, talk, *WRITTEN)
    for page, shown in ((chat, ".line--client .bubble"), (desk, ".line--client .line__text")):
        expect(page.locator(shown)).to_have_count(before + len(HOSTILE), timeout=PATIENCE)
        assert texts_of(page, shown)[before:] == WRITTEN
        page.reload()
        expect(page.locator(shown)).to_have_count(before + len(HOSTILE), timeout=PATIENCE)
        assert texts_of(page, shown)[before:] == WRITTEN
        assert page.evaluate(ODD) == []


def test_typed_into_the_chat_by_its_own_person(house: House, base: str, page: Page) -> None:
    page.goto(f"{base}/chat")
    page.wait_for_selector("html[data-ready]")
    before = page.locator(".line--client").count()
    page.route("**/chat/messages", lambda route: route.abort())
    for text in HOSTILE[::8]:
        page.locator("#text").fill(text)
        page.locator("#composer button").click()
    expect(page.locator(".line--client")).to_have_count(before + len(HOSTILE[::8]))


def test_on_the_page_of_a_message_that_was_not_sent(house: House, base: str, page: Page) -> None:
    page.goto(f"{base}/chat")
    long = EVERYTHING * 2
    page.evaluate(
        """(text) => {
          const form = document.createElement('form');
          form.method = 'post';
          form.action = '/chat/messages';
          for (const [name, words] of [['text', text], ['payload', ''], ['id', text], ['open', text]]) {
            const field = document.createElement('textarea');
            field.name = name;
            field.value = words;
            form.append(field);
          }
          document.body.append(form);
          form.submit();
        }""",
        long,
    )
    page.wait_for_url("**/chat/messages")
    expect(page.get_by_text("Pesan belum terkirim")).to_be_visible()
    assert HOSTILE[0] in page.locator("textarea").input_value()


def test_on_the_neutral_page_while_somebody_reads_along(house: House, base: str, page: Page) -> None:
    client_writes(house.db, own_conversation(house, house.covert_session), *WRITTEN)
    page.context.add_cookies([{"name": COOKIE, "value": house.covert_session, "url": base}])
    page.goto(f"{base}/chat")
    assert texts_of(page, ".line--client .bubble") == WRITTEN


def test_in_the_note_beside_the_conversation_and_on_its_page(house: House, base: str, page: Page) -> None:
    talk = conversation(house.db)
    note = {"dimensions": [value(text) for text in HOSTILE], "do_not_ask": HOSTILE, "safe": value(EVERYTHING)}
    handoff_id = wait(house.db, talk, note=note, note_text=EVERYTHING).handoff_id
    house.db.run_sync(lambda uow: service.claim(uow, handoff_id, house.me.staff, say))
    page.goto(f"{base}/desk/conversations/{handoff_id}")
    assert len([text for text in texts_of(page, "[data-note] .value__words") if "alert(1)" in text]) >= 300
    assert page.evaluate(ODD) == []
    page.goto(f"{base}/desk/conversations/{handoff_id}/note")
    assert "alert(1)" in page.locator("main").inner_text()


def test_on_the_client_s_own_page_of_their_note(house: House, base: str, page: Page) -> None:
    talk = own_conversation(house)

    def told(uow: UnitOfWork) -> None:
        for name in ("type", "plan", "feelings"):
            words = {"name": name, "words": EVERYTHING, "status": "told", "message": "m1", "start": 0, "end": 5}
            record_value(uow, talk, {**words, "origin": "client_words"})

    house.db.run_sync(told)
    page.goto(f"{base}/chat/note")
    assert HOSTILE[0] in page.locator("main").inner_text()


def test_in_the_queue_and_before_the_claim(house: House, base: str, page: Page) -> None:
    for text in HOSTILE[::3]:
        waiting = wait(house.db, note_text=text).handoff_id
    page.goto(f"{base}/desk")
    shown = set(texts_of(page, ".qrow__preview"))
    assert len([text for text in HOSTILE[::3] if text[:60].strip() in {one[:60].strip() for one in shown}]) >= 100
    assert page.evaluate(ODD) == []
    page.goto(f"{base}/desk/conversations/{waiting}")


def test_left_as_a_message_and_as_how_to_be_reached(house: House, base: str, page: Page) -> None:
    talk = conversation(house.db)
    handoff_id = wait(house.db, talk).handoff_id
    left, contact = client_writes(house.db, talk, EVERYTHING, EVERYTHING[::-1] + EVERYTHING)
    house.db.run_sync(lambda uow: service.leave_message(uow, talk, left))
    house.db.run_sync(lambda uow: service.agree_contact(uow, talk, contact))
    house.db.run_sync(lambda uow: service.claim(uow, handoff_id, house.me.staff, say))
    page.goto(f"{base}/desk/conversations/{handoff_id}")
    assert any(EVERYTHING in text for text in texts_of(page, ".barline"))


def test_looked_for_among_the_rights_and_counted_as_not_found(
    house: House, base: str, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A quick machine looks for all of them within a minute, which is more than one address may.
    monkeypatch.setattr(paces, "GET", {**paces.GET, "/hak": None})
    for text in HOSTILE:
        page.goto(f"{base}/hak?q={quote(text)}", wait_until="domcontentloaded")
        assert page.locator("[name=q]").input_value() == text.strip().replace("\n", "").replace("\r", "")[:200]
        assert page.evaluate(ODD) == []
    for who in "abcd":
        for text in HOSTILE:
            house.db.run_sync(lambda uow, who=who, text=text: count_miss(uow, who, text))
    page.goto(f"{base}/publish")
