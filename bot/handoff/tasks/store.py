"""Table of the tasks."""

from __future__ import annotations

from sqlalchemy import Column, Date, ForeignKey, Index, LargeBinary, String, Table, delete

from bot.storage.engine import Instant, metadata
from bot.storage.unit_of_work import UnitOfWork

# What is planned for a person says something about them, so the kind is sealed with their key and the row goes with
# them. A task belongs to the organisation that planned it, also when another one takes the conversation.
task = Table(
    "task",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("conversation_id", String(32), ForeignKey("conversation.id"), nullable=False),
    Column("handoff_id", String(32), ForeignKey("handoff.id"), nullable=False),
    Column("organisation_id", String(32), ForeignKey("organisation.id"), nullable=False),
    Column("kind", LargeBinary, nullable=False),
    Column("owner_id", String(32), ForeignKey("staff.id"), nullable=False),
    Column("due", Date, nullable=False),
    Column("made_by", String(32), ForeignKey("staff.id"), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("done_by", String(32), ForeignKey("staff.id")),
    Column("done_at", Instant),
    Index("ix_task_handoff_id", "handoff_id"),
    Index("ix_task_organisation_id_done_at", "organisation_id", "done_at"),
)


def forget_tasks(uow: UnitOfWork, conversation_id: str) -> None:
    """Nothing that was planned for this person is kept (any more)."""
    uow.db.execute(delete(task).where(task.c.conversation_id == conversation_id))
