"""The live stream of one open desk page: the queue, new messages by their number, deliveries, drafts, and a beat."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

import structlog
from fastapi import Request
from sqlalchemy.exc import InterfaceError, OperationalError
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.responses import Response

from bot.accounts import audit
from bot.accounts.guard import Guard
from bot.accounts.model import Session
from bot.conversation.model import Message, Sender
from bot.conversation.transcript import QUEUE_TOPIC, ConversationGone, desk_topic
from bot.handoff.model import HandoffNotFound, NotYours, State
from bot.handoff.presence import Typing, typing_topic
from bot.handoff.reading import draft_of, look, messages_after, writes_unasked
from bot.handoff.showing import Board, Desk
from bot.handoff.team.coaching import notes_of
from bot.handoff.team.model import CoachingNote
from bot.storage.unit_of_work import Database, UnitOfWork

log = structlog.get_logger()

BEAT = 15.0
"""Seconds between two beats; the page answers each with a sign of life, so a lease of 60 s outlives three lost ones."""

RECONNECT = 1_500
"""Milliseconds until the browser tries again by itself."""

_WRITES = typing_topic("", Sender.CLIENT)

WATCHED = 60
"""How many of the newest messages are watched for their delivery."""


@dataclass(frozen=True)
class _Look:
    """One look at the database."""

    board: Board
    topics: frozenset[str]
    held: bool = False
    holder: str = ""
    withdrawn: bool = False
    covert: bool = False
    unasked: bool = False
    coaching: tuple[CoachingNote, ...] = ()
    draft: str = ""
    messages: list[Message] = field(default_factory=list)
    deliveries: Mapping[int, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


class PageStream(ABC):
    """The events of one open page of the desk. Each look checks the session anew; who lost it hears no more."""

    def __init__(self, db: Database, guard: Guard, session: Session) -> None:
        self._db = db
        self._guard = guard
        self._session = session

    @abstractmethod
    async def _step(self, heard: frozenset[str]) -> tuple[frozenset[str], list[ServerSentEvent]]:
        """One look, after these topics woke the page: the topics to wait for, and what is new to it."""

    def _pause(self) -> float:
        """Seconds until the page looks by itself."""
        return BEAT

    async def events(self, request: Request) -> AsyncIterator[ServerSentEvent]:
        """Everything that is new, for as long as the page listens."""
        yield ServerSentEvent(event="beat", data="", retry=RECONNECT)
        try:
            topics = frozenset({QUEUE_TOPIC})
            while True:
                async with self._db.wakeups.subscribe(*topics) as subscription:
                    # Looking again after each subscription: what happened in between is not lost.
                    while True:
                        if await self._guard.session(request) is None:
                            yield event_of("signed_out", {})
                            return
                        wanted, news = await self._step(subscription.heard())
                        for event in news:
                            yield event
                        if wanted != topics:
                            topics = wanted
                            break
                        if not await subscription.wait(self._pause()):
                            yield ServerSentEvent(event="beat", data="")
        except (HandoffNotFound, ConversationGone):
            yield event_of("gone", {})
        except (OperationalError, InterfaceError) as error:
            # The browser comes back by itself and goes on after the last number that it has.
            log.warning("desk.stream_broken", error=type(error).__name__)

    def answer(self, request: Request) -> Response:
        """The stream as a response."""
        return EventSourceResponse(self.events(request), ping=3600, send_timeout=30)


class DeskStream(PageStream):
    """What the queue's page or a conversation's hears. Whoever lost the claim hears no more content."""

    def __init__(
        self, db: Database, desk: Desk, guard: Guard, session: Session, handoff_id: str | None, after: int
    ) -> None:
        super().__init__(db, guard, session)
        self._desk = desk
        self._handoff_id = handoff_id
        self._after = after
        self._queue_html = ""
        self._coaching_html = ""
        self._holder: tuple[bool, str, bool] | None = None
        self._covert: bool | None = None
        self._unasked: bool | None = None
        self._deliveries: Mapping[int, str] = {}
        self._draft: str | None = None
        self._typing = Typing(db.clock)
        self._typing_told = False
        self._recorded = False

    def _pause(self) -> float:
        return self._typing.pause(BEAT)

    async def _step(self, heard: frozenset[str]) -> tuple[frozenset[str], list[ServerSentEvent]]:
        if any(topic.startswith(_WRITES) for topic in heard):
            self._typing.heard()
        seen = await self._look()
        return seen.topics, self._news(seen)

    async def _look(self) -> _Look:
        if self._handoff_id is not None and not self._recorded:
            return await self._db.run(self._first_look)
        return await self._db.run(self._read, read_only=True)

    def _first_look(self, uow: UnitOfWork) -> _Look:
        """Reading along is reading: it is on record like opening the page."""
        seen = self._read(uow)
        if seen.held:
            audit.record(uow, self._session.staff, "conversation.read", "handoff", self._handoff_id or "")
            self._recorded = True
        return seen

    def _read(self, uow: UnitOfWork) -> _Look:
        staff = self._session.staff
        board = self._desk.board(uow, staff)
        topics = {QUEUE_TOPIC, *(desk_topic(row.conversation_id) for row in board.mine)}
        if self._handoff_id is None:
            return _Look(board, frozenset(topics))
        view = look(uow, self._handoff_id, staff)
        topics.add(desk_topic(view.conversation.id))
        try:
            first = max(self._after - WATCHED, 0)
            recent = messages_after(uow, self._handoff_id, staff, first)
        except NotYours:
            withdrawn = view.row.state is State.WITHDRAWN
            return _Look(board, frozenset(topics), holder=view.row.held_by or "", withdrawn=withdrawn)
        if not view.row.covert:
            topics.add(typing_topic(view.conversation.id, Sender.CLIENT))
        names = self._desk.designations(uow, staff.organisation_id) if any(line.staff for line in recent) else {}
        return _Look(
            board,
            frozenset(topics),
            held=True,
            holder=view.row.held_by or "",
            covert=view.row.covert,
            unasked=writes_unasked(uow, self._handoff_id, staff),
            coaching=notes_of(uow, self._handoff_id, staff),
            draft=draft_of(uow, self._handoff_id, staff),
            messages=[line for line in recent if line.number > self._after],
            deliveries={line.number: line.delivery for line in recent if line.sender is not Sender.CLIENT},
            names=names,
        )

    def _news(self, seen: _Look) -> list[ServerSentEvent]:
        """The difference between what the page knows and what is."""
        return [
            *self._queue_news(seen),
            *self._covert_news(seen),
            *self._unasked_news(seen),
            *self._coaching_news(seen),
            *self._message_news(seen),
            *self._draft_news(seen),
            *self._typing_news(seen),
            *self._holder_news(seen),
        ]

    def _queue_news(self, seen: _Look) -> list[ServerSentEvent]:
        html = self._desk.queue(seen.board, self._session.staff.lang, csrf=self._session.csrf)
        if html == self._queue_html:
            return []
        self._queue_html = html
        return [event_of("queue", {"html": html, "waiting": len(seen.board.waiting), "danger": seen.board.danger})]

    def _message_news(self, seen: _Look) -> list[ServerSentEvent]:
        staff, events = self._session.staff, []
        for line in seen.messages:
            html = self._desk.message(line, staff, seen.names, staff.lang)
            data = {"number": line.number, "html": html, "sender": line.sender.value, "text": line.text}
            events.append(event_of("message", data, number=line.number))
            self._after = line.number
        changed = {number: state for number, state in seen.deliveries.items() if self._deliveries.get(number) != state}
        self._deliveries = seen.deliveries
        if changed:
            events.append(event_of("delivery", {str(number): state for number, state in changed.items()}))
        return events

    def _covert_news(self, seen: _Look) -> list[ServerSentEvent]:
        """Before any message: whether somebody reads along."""
        if not seen.held or self._covert is seen.covert:
            return []
        self._covert = seen.covert
        return [event_of("covert", {"on": seen.covert})]

    def _unasked_news(self, seen: _Look) -> list[ServerSentEvent]:
        """Whether the person has left, so that a line would come unasked."""
        if not seen.held or self._unasked is seen.unasked:
            return []
        self._unasked = seen.unasked
        return [event_of("unasked", {"on": seen.unasked})]

    def _coaching_news(self, seen: _Look) -> list[ServerSentEvent]:
        html = self._desk.coaching(seen.coaching, self._session.staff.lang, csrf=self._session.csrf)
        if not seen.held or html == self._coaching_html:
            return []
        self._coaching_html = html
        return [event_of("coaching", {"html": html})]

    def _draft_news(self, seen: _Look) -> list[ServerSentEvent]:
        if not seen.held or self._draft == seen.draft:
            return []
        self._draft = seen.draft
        return [event_of("draft", {"text": seen.draft})]

    def _typing_news(self, seen: _Look) -> list[ServerSentEvent]:
        """Whether the client is writing: never of a chat that this worker does not hold, or in which somebody reads."""
        if not seen.held or seen.covert or any(line.sender is Sender.CLIENT for line in seen.messages):
            self._typing.over()
        if self._typing.on is self._typing_told:
            return []
        self._typing_told = self._typing.on
        return [event_of("typing", {"on": self._typing.on})]

    def _holder_news(self, seen: _Look) -> list[ServerSentEvent]:
        holder = (seen.held, seen.holder, seen.withdrawn)
        if self._handoff_id is None or self._holder == holder:
            return []
        self._holder = holder
        return [event_of("holder", {"mine": seen.held, "by": seen.holder, "withdrawn": seen.withdrawn})]


def event_of(name: str, data: Mapping[str, object], *, number: int | None = None) -> ServerSentEvent:
    text = json.dumps(data, ensure_ascii=False)
    return ServerSentEvent(event=name, data=text, id=None if number is None else str(number))
