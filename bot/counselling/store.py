"""Tables of the counselling room: the note's values, decisions, consents. Nothing is overwritten; the newest counts."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from bot.storage.engine import Instant, metadata

note_value = Table(
    "note_value",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("conversation_id", String(32), ForeignKey("conversation.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("name", String(40), nullable=False),
    Column("status", String(12), nullable=False),
    Column("words", LargeBinary),
    Column("message_id", String(32)),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("origin", String(20), nullable=False),
    Column("confirmed", Boolean, nullable=False),
    Column("at", Instant, nullable=False),
    Index("ix_note_value_conversation_id", "conversation_id", "seq"),
)

decision = Table(
    "decision",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("conversation_id", String(32), ForeignKey("conversation.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("kind", String(12), nullable=False),
    Column("option", String(8)),
    Column("words", LargeBinary),
    Column("confirmed", Boolean, nullable=False),
    Column("shown", String(200)),
    # Which version of the article, where the kind is "rights".
    Column("version", String(20)),
    Column("at", Instant, nullable=False),
    Index("ix_decision_conversation_id", "conversation_id", "seq"),
)

consent = Table(
    "consent",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("conversation_id", String(32), ForeignKey("conversation.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("purpose", String(12), nullable=False),
    Column("kind", String(10), nullable=False),
    # What exactly was agreed to: the response that asked, and the hash of the text that was shown.
    Column("response", String(80)),
    Column("text_hash", String(64)),
    Column("recipient", String(200)),
    Column("condition", LargeBinary),
    Column("expires_at", Instant),
    Column("at", Instant, nullable=False),
    Index("ix_consent_conversation_id", "conversation_id", "seq"),
)
