"""Articles that agencies write, with all their versions; words that were looked for and not found."""

import sqlalchemy as sa
from alembic import op

import bot.storage.engine

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INSTANT = bot.storage.engine.Instant(timezone=True)


def upgrade() -> None:
    op.create_table(
        "article",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("work", sa.Integer(), nullable=True),
        sa.Column("in_review", sa.Boolean(), nullable=False),
        sa.Column("correction_by", sa.String(length=32), nullable=True),
        sa.Column("published", sa.Integer(), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("marked", sa.String(length=200), nullable=False),
        sa.Column("owes_review", sa.Boolean(), nullable=False),
        sa.Column("first_published_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_article_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(["correction_by"], ["staff.id"], name=op.f("fk_article_correction_by_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article")),
        sa.UniqueConstraint("code", name=op.f("uq_article_code")),
        sa.UniqueConstraint("slug", name=op.f("uq_article_slug")),
    )
    with op.batch_alter_table("article", schema=None) as batch_op:
        batch_op.create_index("ix_article_organisation_id", ["organisation_id"], unique=False)
    op.create_table(
        "article_version",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("article_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("hands", sa.Text(), nullable=False),
        sa.Column("author_id", sa.String(length=32), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("restored_from", sa.Integer(), nullable=True),
        sa.Column("published_at", INSTANT, nullable=True),
        sa.Column("published_by", sa.String(length=32), nullable=True),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_article_version_article_id_article")),
        sa.ForeignKeyConstraint(["author_id"], ["staff.id"], name=op.f("fk_article_version_author_id_staff")),
        sa.ForeignKeyConstraint(["published_by"], ["staff.id"], name=op.f("fk_article_version_published_by_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_version")),
        sa.UniqueConstraint("article_id", "number", name=op.f("uq_article_version_article_id_number")),
    )
    op.create_table(
        "article_comment",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("article_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.String(length=32), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_article_comment_article_id_article")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_article_comment_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_comment")),
    )
    with op.batch_alter_table("article_comment", schema=None) as batch_op:
        batch_op.create_index("ix_article_comment_article_id", ["article_id"], unique=False)
    op.create_table(
        "article_warning",
        sa.Column("article_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("seen_by", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_article_warning_article_id_article")),
        sa.ForeignKeyConstraint(["seen_by"], ["staff.id"], name=op.f("fk_article_warning_seen_by_staff")),
        sa.PrimaryKeyConstraint("article_id", "number", "days", name=op.f("pk_article_warning")),
    )
    op.create_table(
        "rights_miss",
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("term", sa.String(length=64), nullable=False),
        sa.Column("word", sa.LargeBinary(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_rights_miss")),
    )
    with op.batch_alter_table("rights_miss", schema=None) as batch_op:
        batch_op.create_index("ix_rights_miss_term", ["term"], unique=False)
    with op.batch_alter_table("rights_article", schema=None) as batch_op:
        batch_op.add_column(sa.Column("organisation_id", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("number", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("in_doubt", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.create_foreign_key(
            op.f("fk_rights_article_organisation_id_organisation"), "organisation", ["organisation_id"], ["id"]
        )
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.String(length=20), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.drop_column("version")
    # What agencies published would stay public without anybody who could take it back.
    op.execute(sa.text("DELETE FROM rights_article WHERE origin = 'agency'"))
    with op.batch_alter_table("rights_article", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("fk_rights_article_organisation_id_organisation"), type_="foreignkey")
        batch_op.drop_column("in_doubt")
        batch_op.drop_column("number")
        batch_op.drop_column("organisation_id")
    with op.batch_alter_table("rights_miss", schema=None) as batch_op:
        batch_op.drop_index("ix_rights_miss_term")
    op.drop_table("rights_miss")
    op.drop_table("article_warning")
    with op.batch_alter_table("article_comment", schema=None) as batch_op:
        batch_op.drop_index("ix_article_comment_article_id")
    op.drop_table("article_comment")
    op.drop_table("article_version")
    with op.batch_alter_table("article", schema=None) as batch_op:
        batch_op.drop_index("ix_article_organisation_id")
    op.drop_table("article")
