"""Tables of the conversation room."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    false,
)

from bot.storage.engine import Instant, metadata

conversation = Table(
    "conversation",
    metadata,
    # The number gives staff a neutral name (K-27); everything else refers to the random id.
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("channel", String(20), nullable=False),
    Column("account", String(80), nullable=False),
    Column("chat_blind", String(64)),
    Column("chat", LargeBinary),
    Column("lang", String(8), nullable=False),
    Column("stage", String(20), nullable=False),
    Column("asked", String(40)),
    Column("holder", String(10), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("keeping", String(10), nullable=False),
    Column("risk", String(10), nullable=False),
    Column("risk_at", Instant),
    Column("safe_to_contact", Boolean),
    Column("memory", LargeBinary),
    Column("last_number", Integer, nullable=False),
    Column("pending_at", Instant),
    Column("urgent", Boolean, nullable=False),
    Column("lease_owner", String(64)),
    Column("lease_until", Instant),
    Column("flood_notice_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("deleted_at", Instant),
    # What the person set or told, sealed: the word that means "somebody reads along", and the code of their region.
    Column("safe_word", LargeBinary),
    Column("region", LargeBinary),
    # Since when somebody reads along, and the last line of before: no line up to that number may be seen meanwhile.
    Column("covert_at", Instant),
    Column("covert_from", Integer),
    # The fresh conversation of the same chat that took the place of an erased one.
    Column("successor", String(32)),
    UniqueConstraint("account", "chat_blind"),
    Index("ix_conversation_pending_at", "pending_at"),
    sqlite_autoincrement=True,
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("account", String(80), nullable=False),
    Column("update_key", String(80), nullable=False),
    Column("order_key", BigInteger, nullable=False),
    Column("conversation_id", String(32), ForeignKey("conversation.id"), nullable=False),
    Column("kind", String(20), nullable=False),
    # Emptied when the turn is done: from then on the transcript holds what may be kept.
    Column("content", LargeBinary),
    # The channel's own number of the message, where the channel can take messages off the screen again.
    Column("ref", String(20)),
    Column("received_at", Instant, nullable=False),
    Column("ready_at", Instant, nullable=False),
    # Looked at for danger; a message that waits behind a failing one is looked at all the same.
    Column("screened_at", Instant),
    Column("done_at", Instant),
    Column("outcome", String(20)),
    Column("attempts", Integer, nullable=False),
    UniqueConstraint("account", "update_key"),
    Index("ix_inbox_account_order_key", "account", "order_key"),
    Index("ix_inbox_conversation_id_done_at", "conversation_id", "done_at", "order_key"),
)

message = Table(
    "message",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("conversation_id", String(32), ForeignKey("conversation.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("sender", String(10), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("body", LargeBinary),
    Column("response", String(80)),
    Column("lang", String(8), nullable=False),
    Column("staff_id", String(32)),
    Column("at", Instant, nullable=False),
    # Said while somebody reads along: it reaches the person when that is over.
    Column("held", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("conversation_id", "number"),
)

# A quick exit whose messages are being taken off the person's screen.
sweep = Table(
    "sweep",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("conversation_id", String(32), ForeignKey("conversation.id"), nullable=False, unique=True),
    Column("asked_at", Instant, nullable=False),
    # The newest line of the transcript at that moment; the exit's own neutral words come after it and stay.
    Column("up_to", Integer, nullable=False),
    Column("next_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Index("ix_sweep_next_at", "next_at"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("conversation_id", String(32), ForeignKey("conversation.id"), nullable=False),
    Column("message_id", String(32), ForeignKey("message.id"), nullable=False),
    Column("number", Integer, nullable=False),
    # Bot replies carry the epoch of the holder they were made under; a stale one is dropped, never sent.
    Column("epoch", Integer),
    Column("urgent", Boolean, nullable=False),
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("started_at", Instant),
    Column("next_at", Instant, nullable=False),
    Column("sent_at", Instant),
    # A crash between sending and marking may repeat one message: then this is true and the desk shows it.
    Column("maybe_repeated", Boolean, nullable=False),
    Column("ref", String(80)),
    Index("ix_outbox_state_next_at", "state", "next_at"),
    Index("ix_outbox_conversation_id_number", "conversation_id", "number"),
)
