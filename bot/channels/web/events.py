"""The event stream of one open page: lines by number, the state, a beat; nothing is missed over a reconnect."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.responses import Response

from bot.channels.web.model import SessionClosed
from bot.channels.web.present import shown, shown_state, worker_types
from bot.channels.web.service import ChatView, Designation, find, view
from bot.conversation.model import Sender
from bot.conversation.transcript import desk_topic
from bot.handoff.presence import Typing, typing_topic
from bot.storage.unit_of_work import Database, UnitOfWork
from bot.web.shell import Web

log = structlog.get_logger()

BEAT = 15.0
"""Seconds without news after which the stream gives a sign of life and looks by itself."""

RECONNECT = 1_500
"""Milliseconds after which the browser tries again when the stream breaks."""

STREAMS = 6
"""Open pages of one session."""

_PLACE = re.compile(r"(?P<tag>[\w-]{8})\.(?P<number>[0-9]{1,9})", re.ASCII)


class Moved(Exception):
    """The session has another conversation by now: the one before was erased."""

    def __init__(self, conversation_id: str) -> None:
        super().__init__(conversation_id)
        self.conversation_id = conversation_id


@dataclass(frozen=True)
class Place:
    """How far a page has come: a tag of the conversation and the number of its last line.

    After an erasure the same session has a fresh conversation, whose numbers begin again.
    """

    tag: str
    number: int

    @staticmethod
    def read(text: str) -> Place:
        """What a browser says; anything that is no place is the beginning."""
        match = _PLACE.fullmatch(text)
        return Place(match["tag"], int(match["number"])) if match else Place("", 0)

    def within(self, conversation_id: str) -> int:
        """The number to go on after; 0 when the place lies in another conversation."""
        return self.number if self.tag == tag_of(conversation_id) else 0


def tag_of(conversation_id: str) -> str:
    return conversation_id[:8]


class Events:
    """Makes the streams; counts how many pages of a session are open."""

    def __init__(self, db: Database, web: Web, designation: Designation) -> None:
        self._db = db
        self._web = web
        self._designation = designation
        self._open: Counter[str] = Counter()

    async def respond(self, secret: str | None, place: Place) -> Response:
        """The stream from `place` on; 204 tells the browser that there is nothing to follow."""
        conversation = await self._db.run(lambda uow: find(uow, secret), read_only=True)
        if conversation is None or secret is None:
            return Response(status_code=204)
        if self._open[secret] >= STREAMS:
            return Response(status_code=429, headers={"Retry-After": "10"})
        return EventSourceResponse(self._stream(secret, conversation.id, place), ping=3600, send_timeout=30)

    async def _stream(self, secret: str, conversation_id: str, place: Place) -> AsyncIterator[ServerSentEvent]:
        self._open[secret] += 1
        try:
            yield ServerSentEvent(event="beat", data="", retry=RECONNECT)
            while True:
                if place.tag and place.tag != tag_of(conversation_id):
                    yield _event("erased", {"tag": tag_of(conversation_id)})
                try:
                    async for event in self._follow(secret, conversation_id, place.within(conversation_id)):
                        yield event
                except Moved as moved:
                    place, conversation_id = Place(tag_of(conversation_id), 0), moved.conversation_id
        except SessionClosed:
            yield _event("gone", {})
        except (OperationalError, InterfaceError) as error:
            # The browser comes back and goes on after the last number that it has.
            log.warning("web.stream_broken", error=type(error).__name__)
        finally:
            self._open[secret] -= 1
            if not self._open[secret]:
                del self._open[secret]

    async def _follow(self, secret: str, conversation_id: str, after: int) -> AsyncIterator[ServerSentEvent]:
        state: dict[str, Any] | None = None
        hidden = told = False
        writes, typing = typing_topic(conversation_id, Sender.WORKER), Typing(self._db.clock)
        async with self._db.wakeups.subscribe(desk_topic(conversation_id), writes) as subscription:
            while True:
                if writes in subscription.heard():
                    typing.heard()
                seen = await self._db.run(partial(self._look, secret, conversation_id, after), read_only=True)
                t = partial(self._web.t, seen.state.lang)
                if seen.state.covert and not hidden:
                    # Before anything else: the page that is open empties itself.
                    yield _event("hide", {})
                hidden = seen.state.covert
                for line in seen.lines:
                    after = line.number
                    yield _event("line", asdict(shown(line, t)), id=f"{tag_of(conversation_id)}.{after}")
                # The neutral page is told nothing of a state; hearing of one again, it knows that it is over.
                known, state = state, None if hidden else shown_state(seen.state, t)
                if state is not None and state != known:
                    yield _event("state", {**state, "tag": tag_of(conversation_id)})
                if not seen.state.held or any(line.sender is Sender.WORKER for line in seen.lines):
                    typing.over()
                if typing.on is not told and not hidden:
                    told = typing.on
                    yield _event("typing", {"on": told, "words": worker_types(seen.state, t) if told else ""})
                if not await subscription.wait(typing.pause(BEAT)):
                    yield ServerSentEvent(event="beat", data="")

    def _look(self, secret: str, conversation_id: str, after: int, uow: UnitOfWork) -> ChatView:
        """Each look asks the session again. Raises SessionClosed, Moved."""
        conversation = find(uow, secret)
        if conversation is None:
            raise SessionClosed
        if conversation.id != conversation_id:
            raise Moved(conversation.id)
        return view(uow, conversation, after=after, designation=self._designation)


def _event(name: str, data: dict[str, Any], *, id: str | None = None) -> ServerSentEvent:
    return ServerSentEvent(event=name, data=json.dumps(data), id=id)
