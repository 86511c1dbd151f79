"""Claiming and finishing turns: one runner holds a conversation at a time, through a lease."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, func, select, update

from bot.conversation.model import LEASE, Conversation, DialogueMemory, Kind, Pending, Reply
from bot.conversation.store import conversation, inbox
from bot.conversation.transcript import load
from bot.storage.engine import Instant
from bot.storage.unit_of_work import UnitOfWork

BATCH = 50
"""How many waiting messages of one conversation are looked at together."""


class LeaseLost(Exception):
    """Another runner holds the conversation by now; this turn's effects are dropped."""


@dataclass(frozen=True)
class Work:
    """One message to answer, with the lease that allows it."""

    conversation: Conversation
    pending: Pending
    behind: tuple[Pending, ...]
    memory: DialogueMemory
    runner: str
    # The gentle question about danger that is to be asked with the answer.
    gentle: tuple[Reply, ...] = ()


# Statements of every turn are built once: building one costs as much as running it.
_NEXT = (
    select(conversation.c.id)
    .where(
        conversation.c.pending_at <= bindparam("now", type_=Instant()),
        (conversation.c.lease_until.is_(None)) | (conversation.c.lease_until < bindparam("now", type_=Instant())),
    )
    .order_by(conversation.c.urgent.desc(), conversation.c.pending_at)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_WAITING = (
    select(inbox)
    .where(inbox.c.conversation_id == bindparam("conversation_id"), inbox.c.done_at.is_(None))
    .order_by(inbox.c.order_key)
    .limit(BATCH)
)
_MEMORY = select(conversation.c.memory).where(conversation.c.id == bindparam("conversation_id"))


def claim(uow: UnitOfWork, runner: str) -> Work | None:
    """Lease the conversation that has waited longest (danger first) and take its oldest update."""
    conversation_id = uow.db.execute(_NEXT, {"now": uow.now}).scalar_one_or_none()
    if conversation_id is None:
        return None
    uow.db.execute(
        update(conversation)
        .where(conversation.c.id == conversation_id)
        .values(lease_owner=runner, lease_until=uow.now + LEASE)
    )
    return take_next(uow, conversation_id, runner)


def take_next(uow: UnitOfWork, conversation_id: str, runner: str) -> Work | None:
    """The oldest update of a conversation this runner holds; without one the lease is given back."""
    rows = uow.db.execute(_WAITING, {"conversation_id": conversation_id}).all()
    if not rows:
        release(uow, conversation_id, runner, pending_at=None)
        return None
    if rows[0].ready_at > uow.now:
        # It waits for a predecessor that has not arrived yet.
        release(uow, conversation_id, runner, pending_at=rows[0].ready_at)
        return None
    first, *behind = (_pending(uow, conversation_id, row) for row in rows)
    return Work(
        conversation=load(uow, conversation_id),
        pending=first,
        behind=tuple(behind),
        memory=load_memory(uow, conversation_id),
        runner=runner,
    )


def _pending(uow: UnitOfWork, conversation_id: str, row: Row[Any]) -> Pending:
    content = json.loads(uow.vault.open(conversation_id, "inbox", "content", row.id, row.content))
    return Pending(
        inbox_id=row.id,
        kind=Kind(row.kind),
        text=content["text"],
        payload=content["payload"],
        ref=content["ref"],
        attempts=row.attempts,
        received_at=row.received_at,
        screened=row.screened_at is not None,
        silent=row.outcome == SILENT,
    )


def load_memory(uow: UnitOfWork, conversation_id: str) -> DialogueMemory:
    """What the dialogue remembers."""
    sealed = uow.db.execute(_MEMORY, {"conversation_id": conversation_id}).scalar_one()
    if sealed is None:
        return DialogueMemory()
    return DialogueMemory.load(uow.vault.open(conversation_id, "conversation", "memory", conversation_id, sealed))


def save_memory(uow: UnitOfWork, conversation_id: str, memory: DialogueMemory) -> None:
    """Seal what the dialogue remembers."""
    sealed = uow.vault.seal(conversation_id, "conversation", "memory", conversation_id, memory.dump())
    uow.db.execute(update(conversation).where(conversation.c.id == conversation_id).values(memory=sealed))


def assert_lease(uow: UnitOfWork, work: Work) -> None:
    """Lock the conversation for the rest of the transaction. Raises LeaseLost."""
    held = uow.db.execute(
        update(conversation)
        .where(
            conversation.c.id == work.conversation.id,
            conversation.c.lease_owner == work.runner,
            conversation.c.lease_until >= uow.now,
        )
        .values(lease_until=uow.now + LEASE)
    )
    if held.rowcount != 1:
        raise LeaseLost(work.conversation.id)


def mark_done(uow: UnitOfWork, inbox_id: str, outcome: str) -> None:
    """The update had its effect; its content goes, what may be kept is in the transcript."""
    uow.db.execute(update(inbox).where(inbox.c.id == inbox_id).values(done_at=uow.now, outcome=outcome, content=None))


SILENT = "danger"
"""The outcome of an update whose fixed reply was said before its turn came."""


def mark_screened(uow: UnitOfWork, inbox_id: str, *, silent: bool = False) -> None:
    """The update was looked at for danger; `silent` when it was answered by that, and is only to be understood."""
    values: dict[str, object] = {"screened_at": uow.now, **({"outcome": SILENT} if silent else {})}
    uow.db.execute(update(inbox).where(inbox.c.id == inbox_id).values(**values))


def next_due(uow: UnitOfWork) -> datetime | None:
    """When the next conversation that was put off, or whose lease ran out, wants a runner."""
    due = (
        func.max(conversation.c.pending_at, func.coalesce(conversation.c.lease_until, conversation.c.pending_at))
        if uow.is_sqlite
        else func.greatest(conversation.c.pending_at, conversation.c.lease_until)
    )
    found: datetime | None = uow.db.execute(
        select(func.min(due, type_=Instant())).where(conversation.c.pending_at.is_not(None))
    ).scalar_one_or_none()
    return found


def release(
    uow: UnitOfWork, conversation_id: str, runner: str, *, pending_at: datetime | None, urgent: bool = False
) -> None:
    """Give the lease back; `pending_at` says when the conversation wants a runner again."""
    uow.db.execute(
        update(conversation)
        .where(conversation.c.id == conversation_id, conversation.c.lease_owner == runner)
        .values(lease_owner=None, lease_until=None, pending_at=pending_at, urgent=urgent)
    )


def finish(uow: UnitOfWork, work: Work) -> Work | None:
    """After the effects: go on with the next update of the same conversation, or give the lease back."""
    return take_next(uow, work.conversation.id, work.runner)


def put_off(uow: UnitOfWork, work: Work, delay: timedelta) -> None:
    """A turn failed: only this chat waits, others go on."""
    uow.db.execute(update(inbox).where(inbox.c.id == work.pending.inbox_id).values(attempts=inbox.c.attempts + 1))
    release(uow, work.conversation.id, work.runner, pending_at=uow.now + delay)
