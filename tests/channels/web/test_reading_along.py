"""Somebody reads along: the web chat hides everything, at once and after a reload, until the person ends it."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from bot.assistant.catalogue import load_catalogue
from bot.channels.web.note_links import follow, make_link
from bot.channels.web.session import COOKIE
from bot.conversation import cover
from bot.conversation.model import Keeping, Kind, Reply, Sender
from bot.conversation.store import conversation as conversations
from bot.conversation.transcript import post, record_client
from bot.storage.unit_of_work import Database
from tests.channels.web.test_events import listening, newest, say, take

STORY = "suami saya memukul"
TOPIC = load_catalogue().say("utter_cover_recipe", "id", {})
REVEALING = (STORY, "petugas", "Petugas", "Kata aman", "Hapus data", "110", "112", "darurat", "Izin", "pemulihan")


@pytest.fixture
def person(site: str, live_db: Database) -> Iterator[httpx.Client]:
    """A browser with a conversation that is kept and has a story in it."""
    with httpx.Client(base_url=site, timeout=60, follow_redirects=True) as client:
        client.get("/chat")
        client.post("/chat/messages", json={"id": str(uuid.uuid4()), "text": STORY})
        live_db.run_sync(lambda uow: uow.db.execute(update(conversations).values(keeping=Keeping.GIVEN)))
        say(live_db, f"Anda bercerita: {STORY}")
        yield client


def hide(db: Database, *, first: str = TOPIC.text) -> str:
    conversation = newest(db)

    def work(uow: Any) -> None:
        cover.begin(uow, conversation)
        record_client(uow, conversation, kind=Kind.TEXT, text=None, lang="id", inbox_id=uow.new_id())
        reply = Reply(TOPIC.response, first, "id")
        post(uow, conversation, reply, sender=Sender.SYSTEM, under_cover=True)

    db.run_sync(work)
    return conversation


def test_the_page_shows_the_topic_and_nothing_of_before(person: httpx.Client, live_db: Database) -> None:
    assert STORY in person.get("/chat").text
    hide(live_db)
    page = person.get("/chat").text
    assert TOPIC.text in page
    assert [word for word in REVEALING if word in page] == []


def test_a_reload_and_each_other_page_of_the_conversation_show_nothing_either(
    person: httpx.Client, live_db: Database
) -> None:
    conversation = newest(live_db)
    link = live_db.run_sync(lambda uow: make_link(uow, conversation, "https://x.test"))
    hide(live_db)
    for path in ("/chat", "/chat?wait=1", "/chat/note", "/chat/code"):
        answer = person.get(path)
        assert answer.url.path == "/chat", path
        assert STORY not in answer.text
    assert person.get("/chat/note.json").status_code == 404
    assert person.post("/chat/code", headers={"Origin": str(person.base_url)}).url.path == "/chat"
    assert live_db.run_sync(lambda uow: follow(uow, link.rsplit("/", 1)[1])) is None


def test_what_is_written_meanwhile_is_seen_and_answered(person: httpx.Client, live_db: Database) -> None:
    conversation = hide(live_db)
    live_db.run_sync(
        lambda uow: record_client(uow, conversation, kind=Kind.TEXT, text="resep apa", lang="id", inbox_id="m1")
    )
    say(live_db, "Ini dari konseling", to=conversation)
    page = person.get("/chat").text
    assert "resep apa" in page
    assert "konseling" not in page, "it is held"


def test_the_open_page_is_told_to_hide_before_anything_else(person: httpx.Client, live_db: Database) -> None:
    with listening(person) as events:
        take(events, 2)
        threading.Timer(0.2, hide, (live_db,)).start()
        names = [name for name, _, _ in take(events, 2)]
    assert names == ["hide", "line"]


def test_a_stream_that_comes_back_meanwhile_hears_nothing_of_before(person: httpx.Client, live_db: Database) -> None:
    hide(live_db)
    with listening(person) as events:
        (hidden, line) = take(events, 2)
    assert hidden[0] == "hide"
    assert line[2]["text"] == TOPIC.text


def test_when_it_is_over_everything_is_there_again(person: httpx.Client, live_db: Database) -> None:
    conversation = hide(live_db)
    say(live_db, "Tertahan", to=conversation)
    with listening(person) as events:
        take(events, 2)
        live_db.run_sync(lambda uow: cover.end(uow, conversation))
        names = [name for name, _, _ in take(events, 2)]
    assert names == ["line", "state"], "the neutral page looks again"
    page = person.get("/chat").text
    assert STORY in page
    assert "Tertahan" in page


def test_a_return_code_opens_the_neutral_page_too(person: httpx.Client, live_db: Database) -> None:
    made = person.post("/chat/code", headers={"Origin": str(person.base_url)}).text
    code = made.split('class="code">')[1].split("<")[0]
    hide(live_db)
    with httpx.Client(base_url=person.base_url, timeout=60, follow_redirects=True) as other:
        page = other.post("/chat/return", data={"code": code}, headers={"Origin": str(person.base_url)})
        assert COOKIE in other.cookies
        assert STORY not in page.text


def test_only_this_conversation_is_hidden(person: httpx.Client, live_db: Database) -> None:
    with httpx.Client(base_url=person.base_url, timeout=60) as other:
        other.get("/chat")
        other.post("/chat/messages", json={"id": str(uuid.uuid4()), "text": "halo"})
        with live_db.unit(read_only=True) as uow:
            first = uow.db.execute(select(conversations.c.id).order_by(conversations.c.number)).scalars().first()
        live_db.run_sync(lambda uow: cover.begin(uow, str(first)))
        assert "halo" in other.get("/chat").text
