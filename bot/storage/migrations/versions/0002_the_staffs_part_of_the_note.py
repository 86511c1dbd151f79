"""The staff's part of the note, and when the consent to share a note ends."""

import sqlalchemy as sa
from alembic import op

import bot.storage.engine

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "assessment_value",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("handoff_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("staff_id", sa.String(length=32), nullable=False),
        sa.Column("at", bot.storage.engine.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_assessment_value_conversation_id_conversation")
        ),
        sa.ForeignKeyConstraint(["handoff_id"], ["handoff.id"], name=op.f("fk_assessment_value_handoff_id_handoff")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_assessment_value_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessment_value")),
    )
    with op.batch_alter_table("assessment_value", schema=None) as batch_op:
        batch_op.create_index("ix_assessment_value_handoff_id", ["handoff_id", "seq"], unique=False)

    with op.batch_alter_table("handoff", schema=None) as batch_op:
        batch_op.add_column(sa.Column("note_until", bot.storage.engine.Instant(timezone=True), nullable=True))
    # A note that is shared already ends with the consent it was shared under.
    op.execute(
        "UPDATE handoff SET note_until = (SELECT max(expires_at) FROM consent"
        " WHERE consent.conversation_id = handoff.conversation_id AND consent.text_hash = handoff.note_sha256"
        " AND consent.purpose = 'share' AND consent.kind = 'given') WHERE note_text IS NOT NULL"
    )


def downgrade() -> None:
    op.drop_column("handoff", "note_until")
    with op.batch_alter_table("assessment_value", schema=None) as batch_op:
        batch_op.drop_index("ix_assessment_value_handoff_id")

    op.drop_table("assessment_value")
