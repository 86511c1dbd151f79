"""Quick exit takes messages off the screen; a link opens one's own note for a short time."""

import sqlalchemy as sa
from alembic import op

import bot.storage.engine

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sweep",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("asked_at", bot.storage.engine.Instant(timezone=True), nullable=False),
        sa.Column("up_to", sa.Integer(), nullable=False),
        sa.Column("next_at", bot.storage.engine.Instant(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_sweep_conversation_id_conversation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sweep")),
        sa.UniqueConstraint("conversation_id", name=op.f("uq_sweep_conversation_id")),
    )
    with op.batch_alter_table("sweep", schema=None) as batch_op:
        batch_op.create_index("ix_sweep_next_at", ["next_at"], unique=False)

    op.create_table(
        "note_link",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("expires_at", bot.storage.engine.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_note_link_conversation_id_conversation")
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_note_link")),
    )
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("ref", sa.String(length=20), nullable=True))


def downgrade() -> None:
    op.drop_column("inbox", "ref")
    op.drop_table("note_link")
    with op.batch_alter_table("sweep", schema=None) as batch_op:
        batch_op.drop_index("ix_sweep_next_at")

    op.drop_table("sweep")
