"""What either side may know of the other while a worker holds the chat: that something is being written, what was read.

Being written is a wake-up and nothing else: no row, no word of it, over after some seconds. What was read is the number
of a line. While somebody reads along there is neither, and once the worker no longer holds the chat there is neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update

from bot.accounts.model import Staff
from bot.clock import Clock
from bot.conversation.model import Conversation, Holder, Sender
from bot.conversation.transcript import desk_topic, load
from bot.handoff.held import held_locked
from bot.handoff.model import HELD, State
from bot.handoff.store import handoff, live_of, lock_conversation
from bot.storage.unit_of_work import UnitOfWork

TYPING_LASTS = timedelta(seconds=6)
"""A page that goes on writing says so every three seconds; one that says nothing for this long has stopped."""
TYPING_EVERY = 2.0
"""Seconds; signs of one side that come quicker are not passed on."""


@dataclass(frozen=True)
class Presence:
    """What the client's page may know of the worker who holds the chat; nobody holds it while `staff_id` is empty."""

    staff_id: str = ""
    read: int = 0


class Typing:
    """Whether the other side is writing, as one open page knows it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: datetime | None = None

    def heard(self) -> None:
        """A sign of writing has come."""
        self._until = self._clock.now() + TYPING_LASTS

    def over(self) -> None:
        """What was written has arrived, or nobody may know of it any more."""
        self._until = None

    @property
    def on(self) -> bool:
        return self._left() > 0

    def pause(self, at_most: float) -> float:
        """Seconds to wait until there is something to tell by itself."""
        return min(at_most, self._left()) if self.on else at_most

    def _left(self) -> float:
        return (self._until - self._clock.now()).total_seconds() if self._until is not None else 0.0


def typing_topic(conversation_id: str, who: Sender) -> str:
    """The wake-up that says by itself that somebody is writing right now."""
    return f"typing:{who.value}:{conversation_id}"


def of_worker(uow: UnitOfWork, talk: Conversation) -> Presence:
    """Who holds the chat, and how far they have read."""
    row = _held(uow, talk)
    return Presence() if row is None else Presence(row.claimant_id, row.worker_saw)


def worker_signs(uow: UnitOfWork, handoff_id: str, staff: Staff, *, typing: bool, read: int) -> str | None:
    """The worker is writing, or has read up to a line. Returns whom to show the writing outside of our pages.

    Raises HandoffNotFound, NotYours.
    """
    row, talk = held_locked(uow, handoff_id, staff)
    if talk.covert:
        return None
    _saw(uow, row, talk, handoff.c.worker_saw, read)
    if not typing:
        return None
    uow.wake(typing_topic(talk.id, Sender.WORKER))
    return talk.id


def client_signs(uow: UnitOfWork, conversation_id: str, *, typing: bool, read: int) -> None:
    """The client is writing, or their page has shown everything up to a line. Raises ConversationGone."""
    lock_conversation(uow, conversation_id)
    talk = load(uow, conversation_id)
    row = _held(uow, talk)
    if row is None:
        return
    _saw(uow, row, talk, handoff.c.client_saw, read)
    if typing:
        uow.wake(typing_topic(talk.id, Sender.CLIENT))


def _held(uow: UnitOfWork, talk: Conversation) -> Any | None:
    """The handoff of a chat that a worker holds now and nobody reads along in."""
    if talk.holder is not Holder.WORKER or talk.covert:
        return None
    row = live_of(uow, talk.id)
    return row if row is not None and State(row.state) in HELD else None


def _saw(uow: UnitOfWork, row: Any, talk: Conversation, column: Any, number: int) -> None:
    number = min(number, talk.last_number)
    if number > getattr(row, column.name):
        uow.db.execute(update(handoff).where(handoff.c.id == row.id, column < number).values({column.name: number}))
        uow.wake(desk_topic(talk.id))
