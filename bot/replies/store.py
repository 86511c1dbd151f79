"""The table of canned replies. Workers' own words and no client's, so nothing in it is sealed."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text, text

from bot.storage.engine import Instant, metadata

canned_reply = Table(
    "canned_reply",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("organisation_id", String(32), ForeignKey("organisation.id"), nullable=False),
    # Whose it is; empty for those of the organisation.
    Column("staff_id", String(32), ForeignKey("staff.id")),
    Column("key", String(20), nullable=False),
    Column("title", String(80), nullable=False),
    # Empty where it was not written in that language.
    Column("text_id", Text, nullable=False),
    Column("text_en", Text, nullable=False),
    Column("changed_by", String(32), ForeignKey("staff.id"), nullable=False),
    Column("changed_at", Instant, nullable=False),
    Index("uq_canned_reply_own", "staff_id", "key", unique=True),
    Index(
        "uq_canned_reply_shared",
        "organisation_id",
        "key",
        unique=True,
        sqlite_where=text("staff_id IS NULL"),
        postgresql_where=text("staff_id IS NULL"),
    ),
)
