"""Canned replies of workers and of their organisations."""

import sqlalchemy as sa
from alembic import op

import bot.storage.engine

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "canned_reply",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("staff_id", sa.String(length=32), nullable=True),
        sa.Column("key", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("text_id", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.String(length=32), nullable=False),
        sa.Column("changed_at", bot.storage.engine.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_canned_reply_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_canned_reply_staff_id_staff")),
        sa.ForeignKeyConstraint(["changed_by"], ["staff.id"], name=op.f("fk_canned_reply_changed_by_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canned_reply")),
    )
    op.create_index("uq_canned_reply_own", "canned_reply", ["staff_id", "key"], unique=True)
    op.create_index(
        "uq_canned_reply_shared",
        "canned_reply",
        ["organisation_id", "key"],
        unique=True,
        sqlite_where=sa.text("staff_id IS NULL"),
        postgresql_where=sa.text("staff_id IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("canned_reply")
