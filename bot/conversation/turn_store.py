"""Claiming and finishing turns: one runner holds a conversation at a time, through a lease."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, func, select, update

from bot.conversation.model import LEASE, Conversation, DialogueMemory, Kind, Pending, Reply
from bot.conversation.store import conversation, inbox
from bot.conversation.transcript import of_row
from bot.storage.engine import Instant
from bot.storage.unit_of_work import UnitOfWork

FAR = timedelta(seconds=60)
"""Nobody leases or puts off a conversation for so long: a moment further away was written by a clock that ran ahead."""
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
_NOW, _FAR = bindparam("now", type_=Instant()), bindparam("far", type_=Instant())
_LEASE = {"lease_owner": bindparam("runner"), "lease_until": bindparam("until", type_=Instant())}
_CLAIM = (
    update(conversation)
    .where(
        conversation.c.id
        == select(conversation.c.id)
        .where(
            (conversation.c.pending_at <= _NOW) | (conversation.c.pending_at > _FAR),
            (conversation.c.lease_until.is_(None))
            | (conversation.c.lease_until < _NOW)
            | (conversation.c.lease_until > _FAR),
        )
        .order_by(conversation.c.urgent.desc(), conversation.c.pending_at)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    .values(_LEASE)
    .returning(*conversation.c)
)
_HOLD = (
    update(conversation)
    .where(
        conversation.c.id == bindparam("conversation_id"),
        conversation.c.lease_owner == bindparam("runner"),
        conversation.c.lease_until >= _NOW,
    )
    .values(lease_until=bindparam("until", type_=Instant()))
    .returning(*conversation.c)
)
_DONE = (
    update(inbox)
    .where(inbox.c.id == bindparam("inbox_id"))
    .values(done_at=_NOW, outcome=bindparam("what"), content=None)
)
_REMEMBER = (
    update(conversation)
    .where(conversation.c.id == bindparam("conversation_id"))
    .values(memory=bindparam("sealed"), asked=bindparam("question"))
)
_RELEASE = (
    update(conversation)
    .where(conversation.c.id == bindparam("conversation_id"), conversation.c.lease_owner == bindparam("runner"))
    .values(lease_owner=None, lease_until=None, pending_at=bindparam("due", type_=Instant()), urgent=False)
)
_WAITING = (
    select(inbox)
    .where(inbox.c.conversation_id == bindparam("conversation_id"), inbox.c.done_at.is_(None))
    .order_by(inbox.c.order_key)
    .limit(BATCH)
)
_LATER_OF = func.coalesce(conversation.c.lease_until, conversation.c.pending_at)
_DUE_SQLITE, _DUE_POSTGRESQL = (
    select(func.min(later(conversation.c.pending_at, _LATER_OF), type_=Instant())).where(
        conversation.c.pending_at.is_not(None)
    )
    for later in (func.max, func.greatest)
)
_ONE = select(conversation).where(conversation.c.id == bindparam("conversation_id"))


def claim(uow: UnitOfWork, runner: str) -> Work | None:
    """Lease the conversation that has waited longest (danger first) and take its oldest update."""
    moments = {"now": uow.now, "until": uow.now + LEASE, "far": uow.now + FAR}
    row = uow.db.execute(_CLAIM, {"runner": runner, **moments}).first()
    return _take(uow, row.id, runner, row) if row is not None else None


def finish(uow: UnitOfWork, work: Work) -> Work | None:
    """After the effects: go on with the next update of the same conversation, or give the lease back."""
    return _take(uow, work.conversation.id, work.runner, None)


def _take(uow: UnitOfWork, conversation_id: str, runner: str, row: Row[Any] | None) -> Work | None:
    """The oldest update of a conversation this runner holds; without one the lease is given back."""
    waiting = uow.db.execute(_WAITING, {"conversation_id": conversation_id}).all()
    if not waiting:
        release(uow, conversation_id, runner, pending_at=None)
        return None
    if uow.now < waiting[0].ready_at <= uow.now + FAR:
        # It waits for a predecessor that has not arrived yet.
        release(uow, conversation_id, runner, pending_at=waiting[0].ready_at)
        return None
    first, *behind = (to_pending(uow, conversation_id, one) for one in waiting)
    if row is None:
        row = uow.db.execute(_ONE, {"conversation_id": conversation_id}).one()
    return Work(
        conversation=of_row(row),
        pending=first,
        behind=tuple(behind),
        memory=memory_of(uow, row),
        runner=runner,
    )


def to_pending(uow: UnitOfWork, conversation_id: str, row: Row[Any]) -> Pending:
    """Open a row of the inbox."""
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


def memory_of(uow: UnitOfWork, row: Row[Any]) -> DialogueMemory:
    """What the dialogue of a conversation's row remembers."""
    kept = DialogueMemory.load(_opened(uow, row, "memory"))
    return replace(kept, safe_word=_opened(uow, row, "safe_word"), region=_opened(uow, row, "region"))


def _opened(uow: UnitOfWork, row: Row[Any], column: str) -> str | None:
    sealed = getattr(row, column)
    return None if sealed is None else uow.vault.open(row.id, "conversation", column, row.id, sealed)


def remembered(uow: UnitOfWork, conversation_id: str) -> DialogueMemory:
    """What the dialogue remembers of a conversation between two turns."""
    return memory_of(uow, uow.db.execute(_ONE, {"conversation_id": conversation_id}).one())


def save_memory(uow: UnitOfWork, conversation_id: str, memory: DialogueMemory, asked: str | None) -> None:
    """Seal what the dialogue remembers; `asked` is the question that is open now."""
    sealed = uow.vault.seal(conversation_id, "conversation", "memory", conversation_id, memory.dump())
    uow.db.execute(_REMEMBER, {"conversation_id": conversation_id, "sealed": sealed, "question": asked})


def assert_lease(uow: UnitOfWork, work: Work) -> Conversation:
    """Lock the conversation for the rest of the transaction; how it is now. Raises LeaseLost."""
    held = uow.db.execute(
        _HOLD,
        {
            "conversation_id": work.conversation.id,
            "runner": work.runner,
            "now": uow.now,
            "until": uow.now + LEASE,
        },
    ).first()
    if held is None:
        raise LeaseLost(work.conversation.id)
    return of_row(held)


def mark_done(uow: UnitOfWork, inbox_id: str, outcome: str) -> None:
    """The update had its effect; its content goes, what may be kept is in the transcript."""
    uow.db.execute(_DONE, {"inbox_id": inbox_id, "now": uow.now, "what": outcome})


SILENT = "danger"
"""The outcome of an update whose fixed reply was said before its turn came."""


def mark_screened(uow: UnitOfWork, inbox_id: str, *, silent: bool = False) -> None:
    """The update was looked at for danger; `silent` when it was answered by that, and is only to be understood."""
    values: dict[str, object] = {"screened_at": uow.now, **({"outcome": SILENT} if silent else {})}
    uow.db.execute(update(inbox).where(inbox.c.id == inbox_id).values(**values))


def still_unscreened(uow: UnitOfWork, inbox_ids: Sequence[str]) -> frozenset[str]:
    """Which of these nobody has answered as danger, or done, since they were read; the conversation is locked."""
    found = uow.db.execute(
        select(inbox.c.id).where(
            inbox.c.id.in_(list(inbox_ids)), inbox.c.screened_at.is_(None), inbox.c.done_at.is_(None)
        )
    )
    return frozenset(found.scalars())


def any_waits(uow: UnitOfWork, inbox_ids: Sequence[str]) -> bool:
    """Whether one of these still waits for its turn."""
    undone = select(inbox.c.id).where(inbox.c.id.in_(list(inbox_ids)), inbox.c.done_at.is_(None))
    return uow.db.execute(undone).first() is not None


def next_due(uow: UnitOfWork) -> datetime | None:
    """When the next conversation that waits, was put off, or whose lease ran out wants a runner."""
    found: datetime | None = uow.db.execute(_DUE_SQLITE if uow.is_sqlite else _DUE_POSTGRESQL).scalar_one_or_none()
    return found


def release(uow: UnitOfWork, conversation_id: str, runner: str, *, pending_at: datetime | None) -> None:
    """Give the lease back; `pending_at` says when the conversation wants a runner again."""
    uow.db.execute(_RELEASE, {"conversation_id": conversation_id, "runner": runner, "due": pending_at})


def put_off(uow: UnitOfWork, work: Work, delay: timedelta) -> None:
    """A turn failed: only this chat waits, others go on."""
    uow.db.execute(update(inbox).where(inbox.c.id == work.pending.inbox_id).values(attempts=inbox.c.attempts + 1))
    release(uow, work.conversation.id, work.runner, pending_at=uow.now + delay)
