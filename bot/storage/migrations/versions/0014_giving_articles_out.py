"""Agencies' Telegram channels and what goes there; a mark that changes whenever what readers get does."""

import hashlib

import sqlalchemy as sa
from alembic import op

import bot.storage.engine

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

INSTANT = bot.storage.engine.Instant(timezone=True)


def upgrade() -> None:
    op.create_table(
        "agency_channel",
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("chat", sa.String(length=80), nullable=False),
        sa.Column("set_by", sa.String(length=32), nullable=False),
        sa.Column("set_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_agency_channel_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(["set_by"], ["staff.id"], name=op.f("fk_agency_channel_set_by_staff")),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_agency_channel")),
    )
    op.create_table(
        "channel_post",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("article_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("lang", sa.String(length=8), nullable=False),
        sa.Column("chat", sa.String(length=80), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", INSTANT, nullable=False),
        sa.Column("started_at", INSTANT, nullable=True),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("ref", sa.String(length=80), nullable=True),
        sa.Column("reason", sa.String(length=80), nullable=True),
        sa.Column("maybe_repeated", sa.Boolean(), nullable=False),
        sa.Column("asked_by", sa.String(length=32), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_channel_post_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_channel_post_article_id_article")),
        sa.ForeignKeyConstraint(["asked_by"], ["staff.id"], name=op.f("fk_channel_post_asked_by_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_post")),
    )
    with op.batch_alter_table("channel_post", schema=None) as batch_op:
        batch_op.create_index("ix_channel_post_state_next_at", ["state", "next_at"], unique=False)
        batch_op.create_index("ix_channel_post_article_id", ["article_id"], unique=False)
    state = op.create_table(
        "rights_state",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rights_state")),
    )
    rows = op.get_bind().execute(sa.text("SELECT code, version FROM rights_article ORDER BY code"))
    mark = hashlib.sha256("\n".join(f"{code} {version}" for code, version in rows).encode()).hexdigest()
    op.bulk_insert(state, [{"id": 1, "mark": mark}])


def downgrade() -> None:
    op.drop_table("rights_state")
    with op.batch_alter_table("channel_post", schema=None) as batch_op:
        batch_op.drop_index("ix_channel_post_article_id")
        batch_op.drop_index("ix_channel_post_state_next_at")
    op.drop_table("channel_post")
    op.drop_table("agency_channel")
