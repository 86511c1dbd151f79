"""Table of the coaching notes."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, String, Table, delete

from bot.storage.engine import Instant, metadata
from bot.storage.unit_of_work import UnitOfWork

# From a supervisor to the worker of a conversation. It may quote the person, so it is sealed with their key and goes
# when they delete everything; it is no part of their note.
coaching_note = Table(
    "coaching_note",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("conversation_id", String(32), ForeignKey("conversation.id"), nullable=False),
    Column("handoff_id", String(32), ForeignKey("handoff.id"), nullable=False),
    Column("author_id", String(32), ForeignKey("staff.id"), nullable=False),
    Column("worker_id", String(32), ForeignKey("staff.id"), nullable=False),
    Column("words", LargeBinary, nullable=False),
    Column("at", Instant, nullable=False),
    Column("read_at", Instant),
    Index("ix_coaching_note_handoff_id", "handoff_id"),
    Index("ix_coaching_note_worker_id", "worker_id"),
)


def forget_coaching(uow: UnitOfWork, conversation_id: str) -> None:
    """Nothing that may quote this person is kept (any more)."""
    uow.db.execute(delete(coaching_note).where(coaching_note.c.conversation_id == conversation_id))
