"""The event stream: every line once, in order, however often it breaks."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from bot.channels.web.events import STREAMS, Place
from bot.channels.web.service import come_back, make_code
from bot.channels.web.session import COOKIE
from bot.conversation.erase import erase
from bot.conversation.model import Button, Holder, Keeping, Reply, Sender
from bot.conversation.store import conversation
from bot.conversation.transcript import change_holder, post
from bot.storage.unit_of_work import Database

Event = tuple[str, str, dict[str, Any]]


@pytest.fixture
def person(site: str) -> Iterator[httpx.Client]:
    """A browser with a conversation that has one waiting message."""
    with httpx.Client(base_url=site, timeout=60) as client:
        client.get("/chat")
        client.post("/chat/messages", json={"id": str(uuid.uuid4()), "text": "halo"})
        yield client


@contextmanager
def listening(person: httpx.Client, place: str = "", **headers: str) -> Iterator[Iterator[Event]]:
    """The events as (name, id, data), without beats."""
    with person.stream("GET", f"/chat/events?after={place}", headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "no-store" in answer.headers["cache-control"]
        yield _events(answer)


def _events(answer: httpx.Response) -> Iterator[Event]:
    fields: dict[str, str] = {}
    for line in answer.iter_lines():
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif fields:
            if fields.get("event") not in (None, "beat"):
                yield fields["event"], fields.get("id", ""), json.loads(fields["data"])
            fields = {}


def take(events: Iterator[Event], count: int) -> list[Event]:
    return [next(events) for _ in range(count)]


def newest(db: Database) -> str:
    with db.unit(read_only=True) as uow:
        ids = uow.db.execute(select(conversation.c.id).order_by(conversation.c.number.desc())).scalars()
        return str(ids.first())


def say(db: Database, *texts: str, to: str = "") -> None:
    for text in texts:
        reply = Reply("utter_test", text, "id", (Button("Lewati", "/refuse_answer"),))
        db.run_sync(lambda uow, reply=reply: post(uow, to or newest(db), reply, sender=Sender.BOT, epoch=0))


def test_what_was_said_before_and_what_is_said_while_listening_arrives_in_order(
    person: httpx.Client, live_db: Database
) -> None:
    say(live_db, "satu", "dua")
    with listening(person) as events:
        first = take(events, 3)
        say(live_db, "tiga")
        (later,) = take(events, 1)
    assert [event[0] for event in first] == ["line", "line", "state"]
    assert [event[2]["text"] for event in (*first[:2], later)] == ["satu", "dua", "tiga"]
    assert later[2]["buttons"] == [["Lewati", "/refuse_answer"]]


def test_a_broken_stream_goes_on_after_the_last_line(person: httpx.Client, live_db: Database) -> None:
    texts = [str(number) for number in range(30)]
    heard: list[str] = []
    last = ""
    for start in range(0, 30, 5):
        say(live_db, *texts[start : start + 5])
        with listening(person, **({"last-event-id": last} if last else {})) as events:
            for name, number, data in take(events, 3):
                assert name == "line"
                heard.append(data["text"])
                last = number
    with listening(person, last) as events:
        heard += [data["text"] for _, _, data in take(events, 30 - len(heard))]
    assert heard == texts


def test_the_state_is_told_when_it_changes(person: httpx.Client, live_db: Database) -> None:
    with listening(person) as events:
        ((name, _, data),) = take(events, 1)
        assert (name, data["holder"], data["busy"], data["keeping"]) == ("state", "bot", True, False)
        live_db.run_sync(lambda uow: change_holder(uow, newest(live_db), Holder.QUEUE))
        ((name, _, data),) = take(events, 1)
        assert (name, data["holder"], data["status"], data["busy"]) == ("state", "queue", "Menunggu petugas", False)


def test_after_an_erasure_the_page_is_emptied_and_hears_the_closing_word(
    person: httpx.Client, live_db: Database
) -> None:
    say(live_db, "satu", "dua")
    before = newest(live_db)
    with listening(person) as events:
        last = take(events, 3)[1][1]
        live_db.run_sync(lambda uow: erase(uow, before))
        say(live_db, "Data Anda sudah dihapus.")
        names = [event[0] for event in take(events, 2)]
    assert names[0] == "erased"
    with listening(person, last) as events:
        assert [(event[0], event[2].get("text")) for event in take(events, 2)] == [
            ("erased", None),
            ("line", "Data Anda sudah dihapus."),
        ]


def test_a_page_whose_conversation_went_to_another_device_is_told_so(person: httpx.Client, live_db: Database) -> None:
    live_db.run_sync(lambda uow: uow.db.execute(update(conversation).values(keeping=Keeping.GIVEN)))
    code = live_db.run_sync(lambda uow: make_code(uow, person.cookies[COOKIE]))
    with listening(person) as events:
        take(events, 1)
        live_db.run_sync(lambda uow: come_back(uow, code))
        say(live_db, "hanya untuk perangkat baru")
        assert take(events, 1)[0][0] == "gone"
        assert list(events) == []


def test_without_a_conversation_there_is_nothing_to_follow(site: str) -> None:
    for cookies in ({}, {COOKIE: "a" * 43}, {COOKIE: "x"}):
        with httpx.Client(base_url=site, cookies=cookies) as stranger:
            assert stranger.get("/chat/events").status_code == 204


def test_one_session_can_not_open_streams_without_end(person: httpx.Client) -> None:
    with ExitStack() as stack:
        opened = [stack.enter_context(listening(person)) for _ in range(STREAMS)]
        for events in opened:
            take(events, 1)
        assert person.get("/chat/events").status_code == 429


@pytest.mark.parametrize("text", ["", "12", "abc", "12345678.", "12345678.x", "12345678." + "9" * 30, "1234567é.1"])
def test_what_is_no_place_is_the_beginning(text: str) -> None:
    assert Place.read(text) == Place("", 0)


def test_a_place_counts_in_its_own_conversation_only() -> None:
    place = Place.read("abcd-_12.7")
    assert (place.within("abcd-_12xxxxxxxxxxxxxx"), place.within("other-12xxxxxxxxxxxxxx")) == (7, 0)
