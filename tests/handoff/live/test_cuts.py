"""A stream that is cut for a second or for ten minutes, at the desk and in the chat: nothing is missing afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

import httpx
import pytest

from bot.channels.web.session import COOKIE
from bot.clock import ManualClock
from bot.conversation.model import Kind
from bot.conversation.transcript import load, record_client
from bot.handoff import service
from bot.storage.unit_of_work import Database, UnitOfWork
from tests.accounts.people import join
from tests.channels.web.test_events import listening as following
from tests.handoff.builders import conversation, say
from tests.handoff.live.conftest import SESSION
from tests.handoff.test_live import listening
from tests.handoff.test_presence import hold

LEASE = 60


@pytest.fixture
def person(desk: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=desk, cookies={COOKIE: SESSION}, timeout=60) as client:
        yield client


def a_line_each_second(db: Database, clock: ManualClock, talk: str, seconds: int) -> None:
    for start in range(0, seconds, 20):
        lines = range(start, min(start + 20, seconds))

        def write(uow: UnitOfWork, lines: range = lines) -> None:
            for number in lines:
                record_client(uow, talk, kind=Kind.TEXT, text=f"detik {number}", lang="id", inbox_id=uow.new_id())

        clock.advance(len(lines))
        db.run_sync(write)
        db.run_sync(lambda uow: service.expire_leases(uow, say))


@pytest.mark.parametrize("seconds", [1, 20, 59, 600])
def test_each_line_arrives_once_and_in_order(
    db: Database, desk: str, person: httpx.Client, clock: ManualClock, seconds: int
) -> None:
    rani, talk = join(db), conversation(db, session=SESSION)
    handoff_id = hold(db, talk, rani.staff)
    path = f"/desk/conversations/{handoff_id}/events"
    with listening(desk, path, rani) as news:
        at_desk = [int(number) for _, _, number in takewhile(lambda event: event[0] != "holder", news) if number]
    with following(person) as news:
        in_chat = [place for _, place, _ in takewhile(lambda event: event[0] == "line", news)]

    a_line_each_second(db, clock, talk, seconds)
    if seconds >= LEASE:
        # Nobody gave a sign of life: the person went back to their place, and is taken again.
        db.run_sync(lambda uow: service.claim(uow, handoff_id, rani.staff, say))

    last = db.run_sync(lambda uow: load(uow, talk), read_only=True).last_number
    with listening(desk, path, rani, **{"Last-Event-ID": str(at_desk[-1])}) as news:
        at_desk += [int(number) for _, _, number in takewhile(lambda event: event[0] != "holder", news) if number]
    with following(person, **{"last-event-id": in_chat[-1]}) as news:
        in_chat += [place for _, place, _ in takewhile(lambda event: event[0] == "line", news)]
    assert at_desk == list(range(1, last + 1))
    assert [int(place.partition(".")[2]) for place in in_chat] == at_desk
    assert last >= seconds
