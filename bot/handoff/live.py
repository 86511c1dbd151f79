"""The live stream of one open desk page: the queue, new messages by their number, deliveries, drafts, and a beat."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

import structlog
from fastapi import Request
from sqlalchemy.exc import InterfaceError, OperationalError
from sse_starlette import ServerSentEvent

from bot.accounts import audit
from bot.accounts.guard import Guard
from bot.accounts.model import Session
from bot.conversation.model import Message, Sender
from bot.conversation.transcript import QUEUE_TOPIC, ConversationGone, desk_topic
from bot.handoff.model import HandoffNotFound, NotYours, State
from bot.handoff.presence import Typing, typing_topic
from bot.handoff.reading import draft_of, look, messages_after
from bot.handoff.showing import Board, Desk
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
    draft: str = ""
    messages: list[Message] = field(default_factory=list)
    deliveries: Mapping[int, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


class DeskStream:
    """What one page hears. Each look checks session and claim anew; whoever lost either hears no more content."""

    def __init__(
        self, db: Database, desk: Desk, guard: Guard, session: Session, handoff_id: str | None, after: int
    ) -> None:
        self._db = db
        self._desk = desk
        self._guard = guard
        self._session = session
        self._handoff_id = handoff_id
        self._after = after
        self._queue_html = ""
        self._holder: tuple[bool, str, bool] | None = None
        self._covert: bool | None = None
        self._deliveries: Mapping[int, str] = {}
        self._draft: str | None = None
        self._typing = Typing(db.clock)
        self._typing_told = False
        self._recorded = False

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
                            yield _event("signed_out", {})
                            return
                        if any(topic.startswith(_WRITES) for topic in subscription.heard()):
                            self._typing.heard()
                        seen = await self._look()
                        for event in self._news(seen):
                            yield event
                        if seen.topics != topics:
                            topics = seen.topics
                            break
                        if not await subscription.wait(self._typing.pause(BEAT)):
                            yield ServerSentEvent(event="beat", data="")
        except (HandoffNotFound, ConversationGone):
            yield _event("gone", {})
        except (OperationalError, InterfaceError) as error:
            # The browser comes back by itself and goes on after the last number that it has.
            log.warning("desk.stream_broken", error=type(error).__name__)

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
        return [_event("queue", {"html": html, "waiting": len(seen.board.waiting), "danger": seen.board.danger})]

    def _message_news(self, seen: _Look) -> list[ServerSentEvent]:
        staff, events = self._session.staff, []
        for line in seen.messages:
            html = self._desk.message(line, staff, seen.names, staff.lang)
            data = {"number": line.number, "html": html, "sender": line.sender.value, "text": line.text}
            events.append(_event("message", data, number=line.number))
            self._after = line.number
        changed = {number: state for number, state in seen.deliveries.items() if self._deliveries.get(number) != state}
        self._deliveries = seen.deliveries
        if changed:
            events.append(_event("delivery", {str(number): state for number, state in changed.items()}))
        return events

    def _covert_news(self, seen: _Look) -> list[ServerSentEvent]:
        """Before any message: whether somebody reads along."""
        if not seen.held or self._covert is seen.covert:
            return []
        self._covert = seen.covert
        return [_event("covert", {"on": seen.covert})]

    def _draft_news(self, seen: _Look) -> list[ServerSentEvent]:
        if not seen.held or self._draft == seen.draft:
            return []
        self._draft = seen.draft
        return [_event("draft", {"text": seen.draft})]

    def _typing_news(self, seen: _Look) -> list[ServerSentEvent]:
        """Whether the client is writing: never of a chat that this worker does not hold, or in which somebody reads."""
        if not seen.held or seen.covert or any(line.sender is Sender.CLIENT for line in seen.messages):
            self._typing.over()
        if self._typing.on is self._typing_told:
            return []
        self._typing_told = self._typing.on
        return [_event("typing", {"on": self._typing.on})]

    def _holder_news(self, seen: _Look) -> list[ServerSentEvent]:
        holder = (seen.held, seen.holder, seen.withdrawn)
        if self._handoff_id is None or self._holder == holder:
            return []
        self._holder = holder
        return [_event("holder", {"mine": seen.held, "by": seen.holder, "withdrawn": seen.withdrawn})]


def _event(name: str, data: Mapping[str, object], *, number: int | None = None) -> ServerSentEvent:
    text = json.dumps(data, ensure_ascii=False)
    return ServerSentEvent(event=name, data=text, id=None if number is None else str(number))
