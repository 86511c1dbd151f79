"""Table of disclosures. The bare facts outlive the client's data; the words are sealed with the conversation's key."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, String, Table

from bot.storage.engine import Instant, metadata

disclosure = Table(
    "disclosure",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("conversation_id", String(32), ForeignKey("conversation.id"), nullable=False),
    Column("handoff_id", String(32), ForeignKey("handoff.id"), nullable=False),
    Column("organisation_id", String(32), ForeignKey("organisation.id"), nullable=False),
    Column("ground", String(40), nullable=False),
    # The office, as the duties file names it; the person there is in `contact`.
    Column("recipient", String(200), nullable=False),
    Column("told", String(10), nullable=False),
    Column("state", String(10), nullable=False),
    Column("fields", LargeBinary),
    Column("contact", LargeBinary),
    Column("reason", LargeBinary),
    Column("why_not", LargeBinary),
    Column("review", LargeBinary),
    Column("text_hash", String(64), nullable=False),
    Column("drafted_by", String(32), ForeignKey("staff.id"), nullable=False),
    Column("drafted_at", Instant, nullable=False),
    Column("made_by", String(32), ForeignKey("staff.id")),
    Column("made_at", Instant),
    Column("told_at", Instant),
    Column("reviewed_by", String(32), ForeignKey("staff.id")),
    Column("reviewed_at", Instant),
    Index("ix_disclosure_organisation_id_state", "organisation_id", "state"),
    Index("ix_disclosure_conversation_id", "conversation_id"),
)

SEALED = ("fields", "contact", "reason", "why_not", "review")
