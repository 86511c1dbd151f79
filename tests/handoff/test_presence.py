"""Writing and reading as the other side knows of it: by a wake-up, by a number, only while a worker holds the chat."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from bot.accounts.model import Staff
from bot.accounts.sessions import SignedIn
from bot.channels.telegram.client import make_bot
from bot.channels.telegram.send import TelegramChannel
from bot.channels.web import events, pages
from bot.channels.web.session import COOKIE
from bot.clock import ManualClock
from bot.conversation import cover
from bot.conversation.model import Kind, Sender
from bot.conversation.outbox import OutboxSender
from bot.conversation.transcript import load, record_client
from bot.handoff import live, presence_pages, service
from bot.handoff.model import HandoffNotFound, NotYours
from bot.handoff.presence import Presence, Typing, client_signs, of_worker, typing_topic, worker_signs
from bot.handoff.reading import open_conversation
from bot.handoff.store import handoff
from bot.storage.encryption import MasterKey
from bot.storage.engine import make_engine, metadata
from bot.storage.unit_of_work import Database
from tests.accounts.people import join, worker
from tests.channels.web.test_events import listening as following
from tests.doubles.bot_api import BotApi
from tests.doubles.serving import serve
from tests.handoff.builders import claimed, conversation, say, wait
from tests.handoff.desk_app import Browser, desk_app
from tests.handoff.test_live import listening, until

SESSION = "s" * 43
FAR = 10**9


@pytest.fixture(autouse=True)
def quick_beat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "BEAT", 0.3)
    monkeypatch.setattr(events, "BEAT", 0.3)
    monkeypatch.setattr(presence_pages, "TYPING_EVERY", 0)
    monkeypatch.setattr(pages, "TYPING_EVERY", 0)


@pytest.fixture
def rani(db: Database) -> SignedIn:
    return join(db, designation="Petugas Rani")


@pytest.fixture
def talk(db: Database) -> str:
    return conversation(db, session=SESSION)


@pytest.fixture
def held(db: Database, talk: str, rani: SignedIn) -> str:
    return hold(db, talk, rani.staff)


@pytest.fixture
def site(db: Database) -> Iterator[str]:
    with serve(desk_app(db)) as base:
        yield base


@pytest.fixture
def person(site: str) -> Iterator[httpx.Client]:
    """The browser of the person in the chat."""
    with httpx.Client(base_url=site, cookies={COOKIE: SESSION}, timeout=60) as client:
        yield client


def hold(db: Database, talk: str, staff: Staff) -> str:
    handoff_id = wait(db, talk).handoff_id
    db.run_sync(lambda uow: service.claim(uow, handoff_id, staff, say))
    return handoff_id


def client_says(db: Database, talk: str, text: str) -> None:
    db.run_sync(lambda uow: record_client(uow, talk, kind=Kind.TEXT, text=text, lang="id", inbox_id=uow.new_id()))


def worker_is(db: Database, handoff_id: str, staff: Staff, *, typing: bool = False, read: int = 0) -> None:
    db.run_sync(lambda uow: worker_signs(uow, handoff_id, staff, typing=typing, read=read))


def client_is(person: httpx.Client, **signs: Any) -> None:
    assert person.post("/chat/presence", json=signs).status_code == 204


def saw(db: Database, handoff_id: str) -> tuple[int, int]:
    """How far the worker and the client have read."""
    with db.unit(read_only=True) as uow:
        row = uow.db.execute(select(handoff).where(handoff.c.id == handoff_id)).one()
        return row.worker_saw, row.client_saw


def everything(db: Database) -> str:
    with db.unit(read_only=True) as uow:
        return repr([sorted(map(repr, uow.db.execute(select(table)))) for table in metadata.sorted_tables])


@contextmanager
def hears_of_writing(db: Database, talk: str, *sides: Sender) -> Iterator[list[str]]:
    """The signs of writing that were passed on meanwhile, by side."""
    heard: list[str] = []
    signal = db.wakeups.signal
    topics = {typing_topic(talk, side): side.value for side in sides or (Sender.CLIENT, Sender.WORKER)}
    db.wakeups.signal = lambda sent: (heard.extend(topics[t] for t in sent if t in topics), signal(sent))[1]  # type: ignore[method-assign]
    yield heard
    db.wakeups.signal = signal  # type: ignore[method-assign]


# Writing


def test_while_the_worker_writes_the_page_says_who_and_it_ends_by_itself(
    db: Database, person: httpx.Client, held: str, rani: SignedIn, clock: ManualClock
) -> None:
    with following(person) as news:
        until_state(news)
        worker_is(db, held, rani.staff, typing=True)
        assert next_typing(news) == {"on": True, "words": "Petugas Rani sedang mengetik…"}
        clock.advance(7)
        assert next_typing(news) == {"on": False, "words": ""}


def test_whoever_goes_on_writing_is_shown_as_writing(clock: ManualClock) -> None:
    typing = Typing(clock)
    assert not typing.on
    for _ in range(3):
        typing.heard()
        clock.advance(5)
        assert typing.on
        assert typing.pause(15) == 1
    clock.advance(1)
    assert not typing.on
    assert typing.pause(15) == 15


def test_what_the_worker_wrote_ends_it_at_once(db: Database, person: httpx.Client, held: str, rani: SignedIn) -> None:
    with following(person) as news:
        until_state(news)
        worker_is(db, held, rani.staff, typing=True)
        assert next_typing(news)["on"]
        db.run_sync(lambda uow: service.say(uow, held, rani.staff, "Halo", "m" * 12))
        names = [name for name, _, _ in take_until_quiet(news)]
        assert names.index("line") < names.index("typing")


def test_while_the_client_writes_the_desk_says_so_until_the_message_is_there(
    db: Database, site: str, person: httpx.Client, held: str, talk: str, rani: SignedIn
) -> None:
    with listening(site, f"/desk/conversations/{held}/events?after=4", rani) as news:
        until(news, "holder")
        client_is(person, typing=True)
        assert until(news, "typing") == {"on": True}
        client_says(db, talk, "baik")
        assert until(news, "message")["text"] == "baik"
        assert until(news, "typing") == {"on": False}


def test_it_ends_at_the_desk_when_the_client_stops(
    site: str, person: httpx.Client, held: str, rani: SignedIn, clock: ManualClock
) -> None:
    with listening(site, f"/desk/conversations/{held}/events?after=4", rani) as news:
        until(news, "holder")
        client_is(person, typing=True)
        assert until(news, "typing") == {"on": True}
        clock.advance(7)
        assert until(news, "typing") == {"on": False}


def test_writing_leaves_nothing_behind(db: Database, person: httpx.Client, held: str, rani: SignedIn) -> None:
    before = everything(db)
    worker_is(db, held, rani.staff, typing=True)
    client_is(person, typing=True)
    assert everything(db) == before


async def test_signs_that_come_too_quickly_are_passed_on_once(
    db: Database, monkeypatch: pytest.MonkeyPatch, held: str, talk: str, rani: SignedIn, clock: ManualClock
) -> None:
    monkeypatch.undo()
    desk = Browser(desk_app(db), rani)
    with hears_of_writing(db, talk) as heard:
        for _ in range(20):
            assert (
                await desk.post(f"/desk/conversations/{held}/presence", typing="true", script=True)
            ).status_code == 204
        assert heard == ["worker"]
        clock.advance(3)
        await desk.post(f"/desk/conversations/{held}/presence", typing="true", script=True)
        assert heard == ["worker", "worker"]


async def test_a_sign_of_writing_travels_to_other_processes(postgres_url: str) -> None:
    here, there = (Database(make_engine(postgres_url), MasterKey(b"k" * 32)) for _ in range(2))
    who = await asyncio.to_thread(worker, here)
    handoff_id, talk = await asyncio.to_thread(claimed, here, who)
    carrying = asyncio.create_task(there.wakeups.listen(there.engine))
    topic = typing_topic(talk, Sender.WORKER)
    async with there.wakeups.subscribe(topic) as woken:
        assert await woken.wait(5)
        assert woken.heard() == frozenset(), "connecting is no sign of writing"
        await asyncio.to_thread(worker_is, here, handoff_id, who, typing=True)
        assert await woken.wait(5)
        assert woken.heard() == {topic}
        assert woken.heard() == frozenset()
    carrying.cancel()
    await asyncio.gather(carrying, return_exceptions=True)
    for db in (here, there):
        db.engine.dispose()


async def test_on_telegram_the_person_sees_that_somebody_writes_unless_somebody_reads_along(db: Database) -> None:
    rani = join(db)
    with BotApi() as api:
        bot, _ = make_bot(api.token, api.url)
        channel = TelegramChannel(bot, "telegram:test")
        sender = OutboxSender(db, {channel.account: channel})
        handoff_id, talk = claimed(db, rani.staff)
        desk = Browser(desk_app(db, show_typing=sender.typing), rani)
        await desk.post(f"/desk/conversations/{handoff_id}/presence", typing="true", script=True)
        assert [call.params["action"] for call in api.called("sendChatAction")] == ["typing"]
        db.run_sync(lambda uow: cover.begin(uow, talk))
        await desk.post(f"/desk/conversations/{handoff_id}/presence", typing="true", read="2", script=True)
        assert len(api.called("sendChatAction")) == 1
        await bot.shutdown()


# Reading


def test_what_was_read_is_a_number_that_goes_on_and_never_further_than_the_talk(any_db: Database) -> None:
    who = worker(any_db)
    handoff_id, talk = claimed(any_db, who)
    for read, then in ((2, 2), (1, 2), (0, 2), (-5, 2), (3, 3), (FAR, 4)):
        worker_is(any_db, handoff_id, who, read=read)
        any_db.run_sync(lambda uow, read=read: client_signs(uow, talk, typing=False, read=read))
        assert saw(any_db, handoff_id) == (then, then)
    standing = any_db.run_sync(lambda uow: of_worker(uow, load(uow, talk)), read_only=True)
    assert standing == Presence(who.id, 4)


def test_the_desk_says_which_of_its_lines_stood_on_the_client_s_screen(
    db: Database, site: str, person: httpx.Client, held: str, rani: SignedIn
) -> None:
    first = db.run_sync(lambda uow: service.say(uow, held, rani.staff, "Halo", "a" * 12))
    second = db.run_sync(lambda uow: service.say(uow, held, rani.staff, "Masih di sana?", "b" * 12))
    with listening(site, f"/desk/conversations/{held}/events?after={second.number}", rani) as news:
        told = until(news, "delivery")
        assert (told[str(first.number)], told[str(second.number)]) == ("sent", "sent")
        client_is(person, read=first.number)
        told = until(news, "delivery")
        assert told[str(first.number)] == "shown"
        assert str(second.number) not in told
    content = db.run_sync(lambda uow: open_conversation(uow, held, rani.staff)).content
    assert content is not None
    assert [line.delivery for line in content.messages[-2:]] == ["shown", "sent"]


def test_the_client_s_page_marks_the_last_line_that_was_read(
    db: Database, person: httpx.Client, held: str, talk: str, rani: SignedIn
) -> None:
    client_says(db, talk, "satu")
    read = db.run_sync(lambda uow: load(uow, talk), read_only=True).last_number
    client_says(db, talk, "dua")
    assert "line__read" not in person.get("/chat").text
    with following(person) as news:
        assert until_state(news)["read"] == 0
        worker_is(db, held, rani.staff, read=read)
        assert until_state(news)["read"] == read
    page = person.get("/chat").text
    assert page.count("line__read") == 1
    assert "line__read" in page.partition(">satu<")[2].partition("</li>")[0]


# Never else


@pytest.mark.parametrize("state", ["with the assistant", "waiting", "lost", "returned", "closed"])
def test_while_no_worker_holds_the_chat_nothing_of_it_is_known(
    db: Database, person: httpx.Client, talk: str, rani: SignedIn, clock: ManualClock, state: str
) -> None:
    handoff_id = "none"
    if state != "with the assistant":
        handoff_id = wait(db, talk).handoff_id
    if state not in ("with the assistant", "waiting"):
        db.run_sync(lambda uow: service.claim(uow, handoff_id, rani.staff, say))
        worker_is(db, handoff_id, rani.staff, read=2)
    if state == "lost":
        clock.advance(61)
        db.run_sync(lambda uow: service.expire_leases(uow, say))
    if state == "returned":
        db.run_sync(lambda uow: service.return_to_bot(uow, handoff_id, rani.staff, say))
    if state == "closed":
        db.run_sync(lambda uow: service.close(uow, handoff_id, rani.staff, "other", say))
    before = everything(db)
    with hears_of_writing(db, talk) as heard:
        with pytest.raises((NotYours, HandoffNotFound)):
            worker_is(db, handoff_id, rani.staff, typing=True, read=FAR)
        client_is(person, typing=True, read=FAR)
        assert heard == []
    assert everything(db) == before
    assert db.run_sync(lambda uow: of_worker(uow, load(uow, talk)), read_only=True) == Presence()
    assert "line__read" not in person.get("/chat").text


def test_while_somebody_reads_along_neither_side_learns_anything(
    db: Database, site: str, person: httpx.Client, held: str, talk: str, rani: SignedIn
) -> None:
    worker_is(db, held, rani.staff, read=2)
    with following(person) as news, listening(site, f"/desk/conversations/{held}/events?after=4", rani) as at_desk:
        until_state(news)
        until(at_desk, "holder")
        worker_is(db, held, rani.staff, typing=True)
        client_is(person, typing=True)
        assert next_typing(news)["on"]
        assert until(at_desk, "typing") == {"on": True}
        db.run_sync(lambda uow: cover.begin(uow, talk))
        assert next(news)[0] == "hide"
        assert until(at_desk, "typing") == {"on": False}
        with hears_of_writing(db, talk) as heard:
            worker_is(db, held, rani.staff, typing=True, read=FAR)
            client_is(person, typing=True, read=FAR)
            assert heard == []
        assert saw(db, held) == (2, 0)
        client_says(db, talk, "cuaca hari ini")
        rest = [name for name, _, _ in take_until_quiet(news)]
        assert set(rest) <= {"line"}
    page = person.get("/chat").text
    assert not [word for word in ("dibaca", "mengetik", "Rani", "line__read") if word in page]


def test_a_colleague_and_a_stranger_sign_nothing(db: Database, held: str) -> None:
    budi = worker(db, "Petugas Budi")
    with pytest.raises(NotYours):
        worker_is(db, held, budi, typing=True, read=FAR)
    assert saw(db, held) == (0, 0)


@pytest.mark.parametrize(
    "body", ["", "[]", "null", '{"typing": "true"}', '{"read": "5"}', '{"read": -1}', '{"read": 1.5}']
)
def test_what_is_no_sign_has_no_effect(db: Database, person: httpx.Client, held: str, body: str) -> None:
    before = everything(db)
    assert person.post("/chat/presence", content=body, headers={"Content-Type": "application/json"}).status_code == 204
    assert everything(db) == before


def test_another_site_can_not_sign_for_anybody(person: httpx.Client, held: str) -> None:
    answer = person.post("/chat/presence", json={"read": 1}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


def until_state(news: Any) -> dict[str, Any]:
    return next(data for name, _, data in news if name == "state")


def next_typing(news: Any) -> dict[str, Any]:
    return next(data for name, _, data in news if name == "typing")


def take_until_quiet(news: Any) -> list[tuple[str, str, dict[str, Any]]]:
    """What comes until the typing is over, or, where none was told, the lines that are there."""
    taken = []
    for event in news:
        taken.append(event)
        if event[0] == "typing" or json.dumps(event[2]).find("cuaca hari ini") >= 0:
            return taken
    return taken
