"""What persons ask of their own data, through somebody of the staff."""

import sqlalchemy as sa
from alembic import op

import bot.storage.engine

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

INSTANT = bot.storage.engine.Instant(timezone=True)


def upgrade() -> None:
    op.create_table(
        "data_request",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("shown", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("recorded_by", sa.String(length=32), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("answered_by", sa.String(length=32)),
        sa.Column("answered_at", INSTANT),
        sa.Column("refusal", sa.String(length=20)),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_data_request_conversation_id_conversation")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_data_request_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(["recorded_by"], ["staff.id"], name=op.f("fk_data_request_recorded_by_staff")),
        sa.ForeignKeyConstraint(["answered_by"], ["staff.id"], name=op.f("fk_data_request_answered_by_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_request")),
    )
    with op.batch_alter_table("data_request", schema=None) as batch_op:
        batch_op.create_index("ix_data_request_organisation_id_state", ["organisation_id", "state"], unique=False)
        batch_op.create_index("ix_data_request_conversation_id", ["conversation_id"], unique=False)


def downgrade() -> None:
    op.drop_table("data_request")
