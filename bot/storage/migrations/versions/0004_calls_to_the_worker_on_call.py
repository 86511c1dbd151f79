"""Calls to the worker on call."""

import sqlalchemy as sa
from alembic import op

import bot.storage.engine

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "oncall_call",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("alert_id", sa.String(length=32), nullable=False),
        sa.Column("way", sa.String(length=10), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", bot.storage.engine.Instant(timezone=True), nullable=False),
        sa.Column("started_at", bot.storage.engine.Instant(timezone=True), nullable=True),
        sa.Column("sent_at", bot.storage.engine.Instant(timezone=True), nullable=True),
        sa.Column("maybe_repeated", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_oncall_call_alert_id_alert")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oncall_call")),
        sa.UniqueConstraint("alert_id", "way", "round", name=op.f("uq_oncall_call_alert_id_way_round")),
    )
    with op.batch_alter_table("oncall_call", schema=None) as batch_op:
        batch_op.create_index("ix_oncall_call_state_next_at", ["state", "next_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("oncall_call", schema=None) as batch_op:
        batch_op.drop_index("ix_oncall_call_state_next_at")

    op.drop_table("oncall_call")
