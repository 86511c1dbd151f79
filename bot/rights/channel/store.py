"""Tables of the agencies' channels and what goes there. Articles are public: nothing of a client is ever in them."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from bot.storage.engine import Instant, metadata

agency_channel = Table(
    "agency_channel",
    metadata,
    Column("organisation_id", String(32), ForeignKey("organisation.id"), primary_key=True),
    Column("chat", String(80), nullable=False),
    Column("set_by", String(32), ForeignKey("staff.id"), nullable=False),
    Column("set_at", Instant, nullable=False),
)

channel_post = Table(
    "channel_post",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("organisation_id", String(32), ForeignKey("organisation.id"), nullable=False),
    Column("article_id", String(32), ForeignKey("article.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("lang", String(8), nullable=False),
    Column("chat", String(80), nullable=False),
    # What was seen in the preview, and nothing else, is sent.
    Column("text", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("sent_at", Instant),
    Column("ref", String(80)),
    Column("reason", String(80)),
    # The process died, or the connection broke, after it may have left: it was sent once more.
    Column("maybe_repeated", Boolean, nullable=False),
    Column("asked_by", String(32), ForeignKey("staff.id"), nullable=False),
    Column("asked_at", Instant, nullable=False),
    Index("ix_channel_post_state_next_at", "state", "next_at"),
    Index("ix_channel_post_article_id", "article_id"),
)
