"""Table of alerts and crisis replies. It holds no content: what was written stays in the sealed transcript."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, String, Table

from bot.storage.engine import Instant, metadata

alert = Table(
    "alert",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("conversation_id", String(32), ForeignKey("conversation.id"), nullable=False),
    Column("risk", String(10), nullable=False),
    Column("category", String(40), nullable=False),
    Column("at", Instant, nullable=False),
    # The fixed reply or gentle question that was said; elevated rows exist only to remember the question.
    Column("response", String(80)),
    Column("acknowledged_by", String(32)),
    Column("acknowledged_at", Instant),
    # The person said that it was not meant so. The alert stays: only a human closes it.
    Column("not_meant_at", Instant),
    Index("ix_alert_conversation_id_at", "conversation_id", "at"),
    Index("ix_alert_acknowledged_at", "acknowledged_at", "at"),
)
