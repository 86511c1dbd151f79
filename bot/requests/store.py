"""Table of requests. Bare facts without words: they outlive the data, so that what was done can be answered for."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, String, Table

from bot.storage.engine import Instant, metadata

data_request = Table(
    "data_request",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("conversation_id", String(32), ForeignKey("conversation.id"), nullable=False),
    Column("organisation_id", String(32), ForeignKey("organisation.id"), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("shown", String(10), nullable=False),
    Column("state", String(10), nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("recorded_by", String(32), ForeignKey("staff.id"), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("answered_by", String(32), ForeignKey("staff.id")),
    Column("answered_at", Instant),
    Column("refusal", String(20)),
    Index("ix_data_request_organisation_id_state", "organisation_id", "state"),
    Index("ix_data_request_conversation_id", "conversation_id"),
)
