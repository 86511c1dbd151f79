"""Table of the calls to people outside of the desk. Alerts and the queue are the outbox: a call follows from them."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from bot.storage.engine import Instant, metadata

oncall_call = Table(
    "oncall_call",
    metadata,
    Column("id", String(32), primary_key=True),
    # One of the two: somebody in danger, or somebody who waits while nobody is at the desk.
    Column("alert_id", String(32), ForeignKey("alert.id")),
    Column("handoff_id", String(32), ForeignKey("handoff.id")),
    Column("way", String(10), nullable=False),
    Column("round", Integer, nullable=False),
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("sent_at", Instant),
    # The process died, or the connection broke, after it may have left: it was sent once more.
    Column("maybe_repeated", Boolean, nullable=False),
    # Several processes plan the same call; one of them writes it.
    UniqueConstraint("alert_id", "way", "round"),
    UniqueConstraint("handoff_id", "way", "round"),
    Index("ix_oncall_call_state_next_at", "state", "next_at"),
)
