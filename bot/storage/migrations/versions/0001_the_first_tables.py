"""The first tables."""

import sqlalchemy as sa
from alembic import op

import bot.storage.engine

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", bot.storage.engine.Instant(timezone=True), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=True),
        sa.Column("staff_id", sa.String(length=32), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("record", sa.String(length=40), nullable=False),
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index("ix_audit_record_record_id", ["record", "record_id"], unique=False)

    op.create_table(
        "conversation",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("chat_blind", sa.String(length=64), nullable=True),
        sa.Column("chat", sa.LargeBinary(), nullable=True),
        sa.Column("lang", sa.String(length=8), nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("asked", sa.String(length=40), nullable=True),
        sa.Column("holder", sa.String(length=10), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("keeping", sa.String(length=10), nullable=False),
        sa.Column("risk", sa.String(length=10), nullable=False),
        sa.Column("risk_at", bot.storage.engine.Instant(timezone=True), nullable=True),
        sa.Column("safe_to_contact", sa.Boolean(), nullable=True),
        sa.Column("memory", sa.LargeBinary(), nullable=True),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.Column("pending_at", bot.storage.engine.Instant(timezone=True), nullable=True),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("lease_owner", sa.String(length=64), nullable=True),
        sa.Column("lease_until", bot.storage.engine.Instant(timezone=True), nullable=True),
        sa.Column("flood_notice_at", bot.storage.engine.Instant(timezone=True), nullable=True),
        sa.Column("created_at", bot.storage.engine.Instant(timezone=True), nullable=False),
        sa.Column("last_at", bot.storage.engine.Instant(timezone=True), nullable=False),
        sa.Column("deleted_at", bot.storage.engine.Instant(timezone=True), nullable=True),
        sa.Column("successor", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_conversation")),
        sa.UniqueConstraint("account", "chat_blind", name=op.f("uq_conversation_account_chat_blind")),
        sa.UniqueConstraint("id", name=op.f("uq_conversation_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.create_index("ix_conversation_pending_at", ["pending_at"], unique=False)

    op.create_table(
        "login_attempt",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", bot.storage.engine.Instant(timezone=True), nullable=False),
        sa.Column("blocked_until", bot.storage.engine.Instant(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_login_attempt")),
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_at", bot.storage.engine.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("code", name=op.f("uq_organisation_code")),
    )
    op.create_table(
        "owner_key",
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("owner", name=op.f("pk_owner_key")),
    )
    op.create_table(
        "rights_article",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("origin", sa.String(length=20), nullable=False),
        sa.Column("agency", sa.String(length=120), nullable=True),
        sa.Column("adopted", sa.Boolean(), nullable=False),
        sa.Column("jurisdiction", sa.String(length=20), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("changed_at", bot.storage.engine.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rights_article")),
        sa.UniqueConstraint("code", name=op.f("uq_rights_article_code")),
        sa.UniqueConstraint("slug", name=op.f("uq_rights_article_slug")),
    )
    op.create_table(
        "alert",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("risk", sa.String(length=10), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("at", bot.storage.engine.Instant(timezone=True), nullable=False),
        sa.Column("response", sa.String(length=80), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=32), nullable=True),
        sa.Column("acknowledged_at", bot.storage.engine.Instant(timezone=True), nullable=True),
        sa.Column("not_meant_at", bot.storage.engine.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_alert_conversation_id_conversation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
    )
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.create_index("ix_alert_acknowledged_at", ["acknowledged_at", "at"], unique=False)
        batch_op.create_index("ix_alert_conversation_id_at", ["conversation_id", "at"], unique=False)

    op.create_table(
        "consent",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("response", sa.String(length=80), nullable=True),
        sa.Column("text_hash", sa.String(length=64), nullable=True),
        sa.Column("recipient", sa.String(length=120), nullable=True),
        sa.Column("condition", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", bot.storage.engine.Instant(timezone=True), nullable=True),
        sa.Column("at", bot.storage.engine.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_consent_conversation_id_conversation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.create_index("ix_consent_conversation_id", ["conversation_id", "seq"], unique=False)

    op.create_table(
        "decision",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("option", sa.String(length=8), nullable=True),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("shown", sa.String(length=200), nullable=True),
        sa.Column("at", bot.storage.engine.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_decision_conversation_id_conversation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.create_index("ix_decision_conversation_id", ["conversation_id", "seq"], unique=False)

    op.create_table(
        "inbox",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("update_key", sa.String(length=80), nullable=False),
        sa.Column("order_key", sa.BigInteger(), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("received_at", bot.storage.engine.Instant(timezone=True), nullable=False),
        sa.Column("ready_at", bot.storage.engine.Instant(timezone=True), nullable=False),
        sa.Column("screened_at", bot.storage.engine.Instant(timezone=True), nullable=True),
        sa.Column("done_at", bot.storage.engine.Instant(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_inbox_conversation_id_conversation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("account", "update_key", name=op.f("uq_inbox_account_update_key")),
    )
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.create_index("ix_inbox_account_order_key", ["account", "order_key"], unique=False)
        batch_op.create_index(
            "ix_inbox_conversation_id_done_at", ["conversation_id", "done_at", "order_key"], unique=False
        )

    op.create_table(
        "invitation",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("roles", sa.String(length=120), nullable=False),
        sa.Column("created_by", sa.String(length=32), nullable=True),
        sa.Column("created_at", bot.storage.engine.Instant(timezone=True), nullable=False),
        sa.Column("expires_at", bot.storage.engine.Instant(timezone=True), nullable=False),
        sa.Column("used_at", bot.storage.engine.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_invitation_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("digest", name=op.f("uq_invitation_digest")),
    )
    op.create_table(
        "message",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sender", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("response", sa.String(length=80), nullable=True),
        sa.Column("lang", sa.String(length=8), nullable=False),
        sa.Column("staff_id", sa.String(length=32), nullable=True),
        sa.Column("at", bot.storage.engine.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_message_conversation_id_conversation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("conversation_id", "number", name=op.f("uq_message_conversation_id_number")),
    )
    op.create_table(
        "note_value",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("message_id", sa.String(length=32), nullable=True),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(length=20), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("at", bot.storage.engine.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_note_value_conversation_id_conversation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note_value")),
    )
    with op.batch_alter_table("note_value", schema=None) as batch_op:
        batch_op.create_index("ix_note_value_conversation_id", ["conversation_id", "seq"], unique=False)

    op.create_table(
        "staff",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("login_blind", sa.String(length=64), nullable=False),
        sa.Column("login", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("designation", sa.LargeBinary(), nullable=False),
        sa.Column("roles", sa.String(length=120), nullable=False),
        sa.Column("password", sa.String(length=200), nullable=False),
        sa.Column("lang", sa.String(length=8), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("seen_at", bot.storage.engine.Instant(timezone=True), nullable=True),
        sa.Column("created_at", bot.storage.engine.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_staff_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("login_blind", name=op.f("uq_staff_login_blind")),
    )
    with op.batch_alter_table("staff", schema=None) as batch_op:
        batch_op.create_index("ix_staff_organisation_id", ["organisation_id"], unique=False)

    op.create_table(
        "web_return_code",
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", bot.storage.engine.Instant(timezone=True), nullable=False),
        sa.Column("used_at", bot.storage.engine.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_web_return_code_conversation_id_conversation")
        ),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_web_return_code")),
        sa.UniqueConstraint("digest", name=op.f("uq_web_return_code_digest")),
    )
    op.create_table(
        "handoff",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("risk", sa.String(length=10), nullable=False),
        sa.Column("note_text", sa.LargeBinary(), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("consent", sa.LargeBinary(), nullable=True),
        sa.Column("note_sha256", sa.String(length=64), nullable=True),
        sa.Column("opens_after", sa.Integer(), nullable=False),
        sa.Column("claimant_id", sa.String(length=32), nullable=True),
        sa.Column("claimed_at", bot.storage.engine.Instant(timezone=True), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=True),
        sa.Column("lease_until", bot.storage.engine.Instant(timezone=True), nullable=True),
        sa.Column("queued_at", bot.storage.engine.Instant(timezone=True), nullable=False),
        sa.Column("ended_at", bot.storage.engine.Instant(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(["claimant_id"], ["staff.id"], name=op.f("fk_handoff_claimant_id_staff")),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_handoff_conversation_id_conversation")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_handoff_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handoff")),
    )
    with op.batch_alter_table("handoff", schema=None) as batch_op:
        batch_op.create_index("ix_handoff_claimant_id", ["claimant_id"], unique=False)
        batch_op.create_index("ix_handoff_organisation_id_state", ["organisation_id", "state"], unique=False)
        batch_op.create_index(
            "uq_handoff_live",
            ["conversation_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "known_device",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("staff_id", sa.String(length=32), nullable=False),
        sa.Column("expires_at", bot.storage.engine.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_known_device_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_device")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("message_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=True),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("started_at", bot.storage.engine.Instant(timezone=True), nullable=True),
        sa.Column("next_at", bot.storage.engine.Instant(timezone=True), nullable=False),
        sa.Column("sent_at", bot.storage.engine.Instant(timezone=True), nullable=True),
        sa.Column("maybe_repeated", sa.Boolean(), nullable=False),
        sa.Column("ref", sa.String(length=80), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_outbox_conversation_id_conversation")
        ),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_outbox_message_id_message")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index("ix_outbox_conversation_id_number", ["conversation_id", "number"], unique=False)
        batch_op.create_index("ix_outbox_state_next_at", ["state", "next_at"], unique=False)

    op.create_table(
        "staff_session",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("staff_id", sa.String(length=32), nullable=False),
        sa.Column("started_at", bot.storage.engine.Instant(timezone=True), nullable=False),
        sa.Column("seen_at", bot.storage.engine.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_session_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_session")),
    )
    with op.batch_alter_table("staff_session", schema=None) as batch_op:
        batch_op.create_index("ix_staff_session_staff_id", ["staff_id"], unique=False)

    op.create_table(
        "handoff_line",
        sa.Column("handoff_id", sa.String(length=32), nullable=False),
        sa.Column("client_message_id", sa.String(length=64), nullable=False),
        sa.Column("message_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["handoff_id"], ["handoff.id"], name=op.f("fk_handoff_line_handoff_id_handoff")),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_handoff_line_message_id_message")),
        sa.PrimaryKeyConstraint("handoff_id", "client_message_id", name=op.f("pk_handoff_line")),
        sa.UniqueConstraint("message_id", name=op.f("uq_handoff_line_message_id")),
    )


def downgrade() -> None:
    op.drop_table("handoff_line")
    with op.batch_alter_table("staff_session", schema=None) as batch_op:
        batch_op.drop_index("ix_staff_session_staff_id")

    op.drop_table("staff_session")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index("ix_outbox_state_next_at")
        batch_op.drop_index("ix_outbox_conversation_id_number")

    op.drop_table("outbox")
    op.drop_table("known_device")
    with op.batch_alter_table("handoff", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_handoff_live", sqlite_where=sa.text("ended_at IS NULL"), postgresql_where=sa.text("ended_at IS NULL")
        )
        batch_op.drop_index("ix_handoff_organisation_id_state")
        batch_op.drop_index("ix_handoff_claimant_id")

    op.drop_table("handoff")
    op.drop_table("web_return_code")
    with op.batch_alter_table("staff", schema=None) as batch_op:
        batch_op.drop_index("ix_staff_organisation_id")

    op.drop_table("staff")
    with op.batch_alter_table("note_value", schema=None) as batch_op:
        batch_op.drop_index("ix_note_value_conversation_id")

    op.drop_table("note_value")
    op.drop_table("message")
    op.drop_table("invitation")
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.drop_index("ix_inbox_conversation_id_done_at")
        batch_op.drop_index("ix_inbox_account_order_key")

    op.drop_table("inbox")
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.drop_index("ix_decision_conversation_id")

    op.drop_table("decision")
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.drop_index("ix_consent_conversation_id")

    op.drop_table("consent")
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.drop_index("ix_alert_conversation_id_at")
        batch_op.drop_index("ix_alert_acknowledged_at")

    op.drop_table("alert")
    op.drop_table("rights_article")
    op.drop_table("owner_key")
    op.drop_table("organisation")
    op.drop_table("login_attempt")
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.drop_index("ix_conversation_pending_at")

    op.drop_table("conversation")
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_record_record_id")

    op.drop_table("audit")
