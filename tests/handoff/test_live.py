"""The desk's stream over real HTTP: nothing is missed, and whoever lost a claim or a session hears no more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from bot.accounts.sessions import SignedIn, end_session
from bot.accounts.store import audit
from bot.clock import ManualClock
from bot.conversation.model import Kind
from bot.conversation.transcript import record_client
from bot.handoff import live, service
from bot.storage.unit_of_work import Database
from tests.accounts.people import join, worker
from tests.doubles.serving import serve
from tests.handoff.builders import claimed, say, wait
from tests.handoff.desk_app import desk_app


@pytest.fixture(autouse=True)
def quick_beat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "BEAT", 0.3)


@pytest.fixture
def desk(db: Database) -> Iterator[str]:
    with serve(desk_app(db)) as base:
        yield base


@contextmanager
def listening(base: str, path: str, signed_in: SignedIn, **headers: str) -> Iterator[Iterator[tuple[str, Any, str]]]:
    """The events of a stream: name, data, id."""
    cookies = {"desk_session": signed_in.token}
    with (
        httpx.Client(base_url=base, cookies=cookies, timeout=60) as http,
        http.stream("GET", path, headers=headers) as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield _events(answer)


def _events(answer: httpx.Response) -> Iterator[tuple[str, Any, str]]:
    name, data, number = "message", "", ""
    for line in answer.iter_lines():
        if not line:
            if name != "message" or data:
                yield name, json.loads(data) if data else None, number
            name, data, number = "message", "", ""
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            data += value
        elif field == "id":
            number = value


def until(events: Iterator[tuple[str, Any, str]], wanted: str) -> Any:
    return next(data for name, data, _ in events if name == wanted)


def client_says(db: Database, talk: str, text: str) -> None:
    db.run_sync(lambda uow: record_client(uow, talk, kind=Kind.TEXT, text=text, lang="id", inbox_id=uow.new_id()))


def test_after_a_cut_of_any_length_each_message_arrives_once_and_in_order(db: Database, desk: str) -> None:
    signed_in = join(db)
    handoff_id, talk = claimed(db, signed_in.staff)
    path = f"/desk/conversations/{handoff_id}/events"
    heard: list[int] = []
    for cut in (0, 1, 7, 90):
        for number in range(cut):
            client_says(db, talk, f"pesan {cut}-{number}")
        with listening(desk, path, signed_in, **{"Last-Event-ID": str(heard[-1] if heard else 0)}) as events:
            client_says(db, talk, f"langsung {cut}")
            for name, data, number in events:
                if name == "message":
                    heard.append(int(number))
                    if f"langsung {cut}" in data["html"]:
                        break
    assert heard == list(range(1, len(heard) + 1))
    assert len(heard) == 4 + 98 + 4


def test_a_new_request_appears_in_every_open_queue(db: Database, desk: str) -> None:
    signed_in = join(db)
    with listening(desk, "/desk/events", signed_in) as events:
        assert until(events, "queue")["waiting"] == 0
        wait(db, risk="imminent")
        news = until(events, "queue")
        assert (news["waiting"], news["danger"]) == (1, 1)


def test_whoever_comes_is_counted_at_once(db: Database, desk: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "BEAT", 60)
    signed_in = join(db)
    with listening(desk, "/desk/events", signed_in) as events:
        assert "0 petugas hadir" in until(events, "queue")["html"]
        db.run_sync(lambda uow: service.heartbeat(uow, signed_in.staff))
        assert "1 petugas hadir" in until(events, "queue")["html"]


def test_a_line_said_in_another_window_arrives(db: Database, desk: str) -> None:
    signed_in = join(db)
    handoff_id, _ = claimed(db, signed_in.staff)
    with listening(desk, f"/desk/conversations/{handoff_id}/events?after=4", signed_in) as events:
        until(events, "queue")
        db.run_sync(lambda uow: service.say(uow, handoff_id, signed_in.staff, "Halo", "aaaaaaaa1"))
        news = until(events, "message")
        assert (news["number"], news["sender"], news["text"]) == (5, "worker", "Halo")


def test_a_lost_claim_ends_the_content(db: Database, desk: str, clock: ManualClock) -> None:
    signed_in, budi = join(db), worker(db, "Petugas Budi")
    handoff_id, talk = claimed(db, signed_in.staff)
    with listening(desk, f"/desk/conversations/{handoff_id}/events?after=4", signed_in) as events:
        assert until(events, "holder")["mine"] is True
        clock.advance(61)
        db.run_sync(lambda uow: service.expire_leases(uow, say))
        assert until(events, "holder") == {"mine": False, "by": "", "withdrawn": False}
        db.run_sync(lambda uow: service.claim(uow, handoff_id, budi, say))
        client_says(db, talk, "hanya untuk Budi")
        seen = []
        for name, data, _ in events:
            seen.append((name, data))
            if name == "beat":
                break
        assert ("holder", {"mine": False, "by": "Petugas Budi", "withdrawn": False}) in seen
        assert "hanya untuk Budi" not in json.dumps(seen)


def test_signing_out_elsewhere_ends_the_stream(db: Database, desk: str) -> None:
    signed_in = join(db)
    with listening(desk, "/desk/events", signed_in) as events:
        until(events, "queue")
        db.run_sync(lambda uow: end_session(uow, signed_in.token))
        assert until(events, "signed_out") == {}
        assert list(events) == []


def test_listening_is_on_record_like_reading(db: Database, desk: str) -> None:
    signed_in = join(db)
    handoff_id, _ = claimed(db, signed_in.staff)
    with listening(desk, f"/desk/conversations/{handoff_id}/events", signed_in) as events:
        until(events, "message")
        until(events, "beat")
    rows = db.run_sync(lambda uow: uow.db.execute(select(audit).where(audit.c.action == "conversation.read")).all())
    assert [(row.staff_id, row.record_id) for row in rows] == [(signed_in.staff.id, handoff_id)]


def test_a_stream_does_not_keep_a_session_awake(db: Database, desk: str, clock: ManualClock) -> None:
    signed_in = join(db)
    with listening(desk, "/desk/events", signed_in) as events:
        until(events, "queue")
        clock.advance(31 * 60)
        assert until(events, "signed_out") == {}
