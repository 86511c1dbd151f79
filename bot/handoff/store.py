"""Tables of the handoff room, and the look-ups that several use cases share."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    select,
    text,
)

from bot.conversation.store import conversation
from bot.storage.engine import Instant, metadata
from bot.storage.unit_of_work import UnitOfWork

handoff = Table(
    "handoff",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("conversation_id", String(32), ForeignKey("conversation.id"), nullable=False),
    Column("organisation_id", String(32), ForeignKey("organisation.id"), nullable=False),
    Column("state", String(20), nullable=False),
    Column("reason", String(40), nullable=False),
    Column("risk", String(10), nullable=False),
    # Sealed with the conversation's key: deleting the conversation makes the note unreadable too.
    Column("note_text", LargeBinary),
    Column("note", LargeBinary),
    Column("consent", LargeBinary),
    Column("note_sha256", String(64)),
    # The consent to share the note ends by itself; from then on nobody reads it.
    Column("note_until", Instant),
    # The worker reads the messages after this number; what was said before stays closed without consent.
    Column("opens_after", Integer, nullable=False),
    # What a worker should be able to do (routing.Needs); says something about the person, so it is sealed too.
    Column("needs", LargeBinary),
    # The person's lines that are a message to whoever comes, and how they can safely be reached.
    Column("left_message_id", String(32)),
    Column("contact_message_id", String(32)),
    Column("claimant_id", String(32), ForeignKey("staff.id")),
    Column("claimed_at", Instant),
    Column("epoch", Integer),
    Column("lease_until", Instant),
    # What the claimant has begun to write; whoever takes over finds it.
    Column("draft", LargeBinary),
    # The last line that the worker's page has shown the worker, and the client's page the client, while it is held.
    Column("worker_saw", Integer, nullable=False, server_default=text("0")),
    Column("client_saw", Integer, nullable=False, server_default=text("0")),
    # Offered to one colleague or to one organisation; that one only once the person has said yes. Without foreign keys:
    # SQLite would have to make the table anew, while other tables point at it.
    Column("transfer_staff_id", String(32)),
    Column("transfer_organisation_id", String(32)),
    Column("transfer_asked_at", Instant),
    Column("transfer_agreed", String(10)),
    Column("queued_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("outcome", String(40)),
    # A conversation has one live handoff at most, whatever happens at the same time.
    Index(
        "uq_handoff_live",
        "conversation_id",
        unique=True,
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
    Index("ix_handoff_organisation_id_state", "organisation_id", "state"),
    Index("ix_handoff_claimant_id", "claimant_id"),
    Index("ix_handoff_transfer_organisation_id", "transfer_organisation_id"),
)

# The staff's own part of the note, kept apart from the client's words. Nothing is overwritten; the newest counts.
assessment_value = Table(
    "assessment_value",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("conversation_id", String(32), ForeignKey("conversation.id"), nullable=False),
    Column("handoff_id", String(32), ForeignKey("handoff.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("name", String(40), nullable=False),
    # Empty where the entry was taken back.
    Column("words", LargeBinary),
    Column("staff_id", String(32), ForeignKey("staff.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Index("ix_assessment_value_handoff_id", "handoff_id", "seq"),
)

# A worker's line is said once, however often the desk has to try.
handoff_line = Table(
    "handoff_line",
    metadata,
    Column("handoff_id", String(32), ForeignKey("handoff.id"), primary_key=True),
    Column("client_message_id", String(64), primary_key=True),
    Column("message_id", String(32), ForeignKey("message.id"), nullable=False),
    UniqueConstraint("message_id"),
)

# What the person answered when the conversation was closed: a code each, kept for statistics.
closing_answer = Table(
    "closing_answer",
    metadata,
    Column("handoff_id", String(32), ForeignKey("handoff.id"), primary_key=True),
    Column("question", String(20), primary_key=True),
    Column("answer", String(10), nullable=False),
    Column("at", Instant, nullable=False),
)

# The hours of an organisation, as its supervisor wrote them. No row means closed.
opening_hours = Table(
    "opening_hours",
    metadata,
    Column("organisation_id", String(32), ForeignKey("organisation.id"), primary_key=True),
    Column("lines", Text, nullable=False),
    Column("changed_by", String(32), ForeignKey("staff.id"), nullable=False),
    Column("changed_at", Instant, nullable=False),
)

# What a worker can do, as sets of names with commas between them. No row leaves the worker out of nothing.
worker_abilities = Table(
    "worker_abilities",
    metadata,
    Column("staff_id", String(32), ForeignKey("staff.id"), primary_key=True),
    Column("languages", Text, nullable=False),
    Column("regions", Text, nullable=False),
    Column("topics", Text, nullable=False),
    Column("skills", Text, nullable=False),
    Column("changed_at", Instant, nullable=False),
)


def is_live() -> Any:
    """The condition for handoffs that have not ended."""
    return handoff.c.ended_at.is_(None)


def live_of(uow: UnitOfWork, conversation_id: str) -> Any | None:
    """The live handoff of a conversation, as a row."""
    return uow.db.execute(select(handoff).where(handoff.c.conversation_id == conversation_id, is_live())).first()


def lock_conversation(uow: UnitOfWork, conversation_id: str) -> None:
    """Everything that touches both locks the conversation first: a turn does the same, so nobody waits in a ring."""
    uow.db.execute(select(conversation.c.id).where(conversation.c.id == conversation_id).with_for_update())


def opened(uow: UnitOfWork, row: Any, column: str) -> str | None:
    """A sealed column of a handoff in the clear. Raises CannotDecrypt when the conversation was deleted."""
    sealed = getattr(row, column)
    return None if sealed is None else uow.vault.open(row.conversation_id, "handoff", column, row.id, sealed)


def opened_json(uow: UnitOfWork, row: Any, column: str) -> dict[str, Any]:
    value = opened(uow, row, column)
    return {} if value is None else json.loads(value)


def note_stands(row: Any, now: datetime) -> bool:
    """Whether the note of a handoff is shared at this moment: there is one, and its consent has not run out."""
    return row.note_text is not None and row.note_until is not None and row.note_until > now
