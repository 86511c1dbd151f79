"""Looks out for danger, and for a safe word, in messages that have to wait: behind a Rasa that hangs, or in a flood.

A turn looks at its own messages, within milliseconds. But while every runner waits for Rasa, or hundreds of messages
of the same person stand before it, a turn may be seconds away; a person in danger is not made to wait for that.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from sqlalchemy import select

from bot.conversation.danger import Judgements, answer_danger
from bot.conversation.intake import TURN_TOPIC
from bot.conversation.model import Pending, Sender
from bot.conversation.ports import Cover, Guard
from bot.conversation.store import conversation, inbox
from bot.conversation.transcript import load, post
from bot.conversation.turn_store import any_waits, memory_of, still_unscreened, to_pending
from bot.storage.unit_of_work import Database, UnitOfWork

log = structlog.get_logger()

AFTER = timedelta(milliseconds=50)
"""A message that was not looked at for so long waits for something: a turn looks within a few milliseconds."""
AT_ONCE = 200
"""Messages of one conversation that are opened in one look."""
LONGEST_PAUSE = 30.0

_HEADS = (
    select(inbox.c.id, inbox.c.conversation_id, inbox.c.received_at)
    .join(conversation, conversation.c.id == inbox.c.conversation_id)
    .where(conversation.c.pending_at.is_not(None), inbox.c.done_at.is_(None))
    .order_by(inbox.c.conversation_id, inbox.c.order_key)
)


@dataclass(frozen=True)
class Backlog:
    """The messages of one conversation that wait, in their order, and what stands before them."""

    conversation_id: str
    waiting: tuple[Pending, ...]
    recent: tuple[str, ...]
    asked: str | None
    safe_word: str | None
    covert: bool


class Lookout:
    """Judges what waits, each message once, and answers alarms without the turn's lease."""

    def __init__(
        self,
        db: Database,
        guard: Guard,
        cover: Cover,
        *,
        after: timedelta = AFTER,
        judgements: Judgements | None = None,
    ) -> None:
        self._db = db
        self._guard = guard
        self._judgements = judgements or Judgements(guard)
        self._cover = cover
        self._after = after
        # What was judged and still waits: the words are context for what comes behind it.
        self._known: dict[str, dict[str, Pending]] = {}

    async def run(self) -> None:
        """For ever: wait for a message, give its turn a moment, look. Cancel to stop."""
        async with self._db.wakeups.subscribe(TURN_TOPIC) as woken:
            while True:
                waits = True
                try:
                    waits = await self.look()
                except Exception as error:
                    log.error("lookout.failed", error=type(error).__name__)
                    await asyncio.sleep(1)
                if not waits:
                    await woken.wait(LONGEST_PAUSE)
                await asyncio.sleep(self._after.total_seconds())

    async def look(self) -> bool:
        """Look once; whether anything waits at all."""
        pending, backlogs = await self._db.run(self._read, read_only=True)
        for backlog in backlogs:
            known = self._known.setdefault(backlog.conversation_id, {})
            signals = [one.inbox_id for one in backlog.waiting if self._cover.signals(one, backlog.safe_word)]
            if signals and not backlog.covert:
                await self._db.run(partial(self._hide, conversation_id=backlog.conversation_id, signals=signals))
            judged = await asyncio.to_thread(self._judge, backlog, frozenset(known))
            known.update({message.inbox_id: message for message in backlog.waiting})
            alarms = [(message, judgement) for message, judgement in judged if self._guard.alarms(judgement)]
            if alarms:
                await self._db.run(partial(self._answer, conversation_id=backlog.conversation_id, alarms=alarms))
        return pending

    def _judge(self, backlog: Backlog, known: frozenset[str]) -> list[tuple[Pending, Any]]:
        return self._judgements.of(backlog.waiting, backlog.recent, backlog.asked, known=known)

    def _read(self, uow: UnitOfWork) -> tuple[bool, list[Backlog]]:
        heads = uow.db.execute(_HEADS).all()
        ids: dict[str, list[Any]] = {}
        for head in heads:
            ids.setdefault(head.conversation_id, []).append(head)
        # What is done by now is forgotten.
        self._known = {
            of: {head.id: self._known[of][head.id] for head in found if head.id in self._known[of]}
            for of, found in ids.items()
            if of in self._known
        }
        before = uow.now - self._after
        backlogs = [self._backlog(uow, of, found, before) for of, found in ids.items()]
        return bool(heads), [backlog for backlog in backlogs if backlog is not None]

    def _backlog(self, uow: UnitOfWork, conversation_id: str, heads: list[Any], before: datetime) -> Backlog | None:
        """What waits in a conversation, if some of it is new to us and has waited for long."""
        known = self._known.get(conversation_id, {})
        new = [head.id for head in heads if head.id not in known and head.received_at <= before][:AT_ONCE]
        if self._judgements.seen(new):
            # Its turn is at it, and found no alarm.
            return None
        rows = uow.db.execute(select(inbox).where(inbox.c.id.in_(new)))
        opened = {row.id: to_pending(uow, conversation_id, row) for row in rows}
        row = uow.db.execute(select(conversation).where(conversation.c.id == conversation_id)).one()
        both = {**known, **opened}
        waiting = tuple(both[head.id] for head in heads if head.id in both)
        memory = memory_of(uow, row)
        covert = row.covert_at is not None
        return Backlog(conversation_id, waiting, memory.recent, row.asked, memory.safe_word, covert)

    def _hide(self, uow: UnitOfWork, conversation_id: str, signals: list[str]) -> None:
        """Somebody reads along: what the assistant is thinking about must not arrive any more."""
        uow.db.execute(select(conversation.c.id).where(conversation.c.id == conversation_id).with_for_update())
        who = load(uow, conversation_id)
        if not who.covert and any_waits(uow, signals):
            post(uow, conversation_id, self._cover.begin(uow, who), sender=Sender.SYSTEM, under_cover=True)

    def _answer(self, uow: UnitOfWork, conversation_id: str, alarms: list[tuple[Pending, Any]]) -> None:
        uow.db.execute(select(conversation.c.id).where(conversation.c.id == conversation_id).with_for_update())
        # The turn itself may have been faster.
        open_still = still_unscreened(uow, [message.inbox_id for message, _ in alarms])
        for message, judgement in alarms:
            if message.inbox_id in open_still:
                answer_danger(uow, self._guard, conversation_id, message, judgement)
