"""Coaching notes: a supervisor writes to the worker of a conversation, who sees it beside it and ticks it as read."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, insert, or_, select, update

from bot.accounts import audit
from bot.accounts.model import RecordNotFound, Staff
from bot.accounts.permissions import allowed
from bot.accounts.store import staff as staff_table
from bot.conversation.model import Keeping
from bot.conversation.transcript import QUEUE_TOPIC, load
from bot.handoff.held import designation_of, find, own_locked
from bot.handoff.model import HandoffNotFound, NotHeld, NotKept, check_line
from bot.handoff.store import handoff, is_live
from bot.handoff.team.model import CoachingNote
from bot.handoff.team.store import coaching_note
from bot.storage.encryption import CannotDecrypt
from bot.storage.unit_of_work import UnitOfWork

WRITE, READ = "coaching.write", "coaching.read"


def addressee(uow: UnitOfWork, handoff_id: str, staff: Staff) -> str:
    """Whom a note on this handoff would go to, by designation; empty where this person can't write one."""
    try:
        return designation_of(uow, _to_whom(uow, find(uow, handoff_id, staff), staff))
    except (NotHeld, NotKept):
        return ""


def _to_whom(uow: UnitOfWork, row: Any, staff: Staff) -> str:
    """The id of whoever holds a conversation, or held it last. Raises NotHeld, NotKept."""
    if row.claimant_id in (None, staff.id):
        raise NotHeld(row.id)
    if row.ended_at is not None and load(uow, row.conversation_id).keeping is not Keeping.GIVEN:
        raise NotKept
    return str(row.claimant_id)


def write_note(uow: UnitOfWork, handoff_id: str, staff: Staff, text: str) -> None:
    """Write to whoever holds a conversation, or held it last.

    Raises HandoffNotFound, BadText, NotHeld (nobody but oneself does or did), NotKept (it ended, and nothing of it may
    be kept).
    """
    row = own_locked(uow, handoff_id, staff)
    words, worker_id = check_line(text), _to_whom(uow, row, staff)
    note_id = uow.new_id()
    try:
        sealed = uow.vault.seal(row.conversation_id, "coaching_note", "words", note_id, words)
    except CannotDecrypt:
        raise HandoffNotFound(handoff_id) from None
    uow.db.execute(
        insert(coaching_note).values(
            id=note_id,
            conversation_id=row.conversation_id,
            handoff_id=handoff_id,
            author_id=staff.id,
            worker_id=worker_id,
            words=sealed,
            at=uow.now,
        )
    )
    uow.wake(QUEUE_TOPIC)
    audit.record(uow, staff, WRITE, "handoff", handoff_id)


def tick_read(uow: UnitOfWork, note_id: str, staff: Staff) -> str:
    """The worker has read it; a second tick changes nothing. Returns its handoff's id. Raises RecordNotFound."""
    row = uow.db.execute(
        select(coaching_note).where(coaching_note.c.id == note_id, coaching_note.c.worker_id == staff.id)
    ).first()
    if row is None:
        raise RecordNotFound(note_id)
    ticked = uow.db.execute(
        update(coaching_note)
        .where(coaching_note.c.id == note_id, coaching_note.c.read_at.is_(None))
        .values(read_at=uow.now)
    )
    if ticked.rowcount:
        uow.wake(QUEUE_TOPIC)
        audit.record(uow, staff, READ, "handoff", row.handoff_id)
    return str(row.handoff_id)


def notes_of(uow: UnitOfWork, handoff_id: str, staff: Staff) -> tuple[CoachingNote, ...]:
    """What somebody may see of a handoff's coaching notes, the oldest first; for most that is nothing.

    The worker that a note is for sees it, and so do the supervisors of the organisation that it was written in.
    """
    rows = uow.db.execute(
        select(coaching_note)
        .where(coaching_note.c.handoff_id == handoff_id, _visible_to(staff))
        .order_by(coaching_note.c.at, coaching_note.c.id)
    )
    try:
        return tuple(_opened(uow, row, staff) for row in rows)
    except CannotDecrypt:
        return ()


def _visible_to(staff: Staff) -> ColumnElement[bool]:
    mine = coaching_note.c.worker_id == staff.id
    if not allowed(staff.roles, WRITE):
        return mine
    own = select(staff_table.c.id).where(staff_table.c.organisation_id == staff.organisation_id)
    return or_(mine, coaching_note.c.author_id.in_(own))


def _opened(uow: UnitOfWork, row: Any, staff: Staff) -> CoachingNote:
    return CoachingNote(
        id=row.id,
        words=uow.vault.open(row.conversation_id, "coaching_note", "words", row.id, row.words),
        by=designation_of(uow, row.author_id),
        to=designation_of(uow, row.worker_id),
        at=row.at,
        read_at=row.read_at,
        for_me=row.worker_id == staff.id,
    )


def with_unread(uow: UnitOfWork, staff: Staff) -> frozenset[str]:
    """The live handoffs on which a note waits for this worker's tick."""
    rows = uow.db.execute(
        select(coaching_note.c.handoff_id)
        .join(handoff, handoff.c.id == coaching_note.c.handoff_id)
        .where(coaching_note.c.worker_id == staff.id, coaching_note.c.read_at.is_(None), is_live())
    )
    return frozenset(rows.scalars())
