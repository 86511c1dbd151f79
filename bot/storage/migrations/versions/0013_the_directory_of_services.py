"""The directory of services that agencies keep, after HSDS 3."""

import sqlalchemy as sa
from alembic import op

import bot.storage.engine

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

INSTANT = bot.storage.engine.Instant(timezone=True)


def upgrade() -> None:
    op.create_table(
        "directory_organisation",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("website", sa.String(length=320), nullable=False),
        sa.Column("email", sa.String(length=260), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_directory_organisation_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_organisation")),
    )
    with op.batch_alter_table("directory_organisation", schema=None) as batch_op:
        batch_op.create_index("ix_directory_organisation_organisation_id", ["organisation_id"], unique=False)
    op.create_table(
        "directory_service",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("run_by", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("description_en", sa.Text(), nullable=False),
        sa.Column("url", sa.String(length=320), nullable=False),
        sa.Column("email", sa.String(length=260), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("categories", sa.Text(), nullable=False),
        sa.Column("areas", sa.Text(), nullable=False),
        sa.Column("required_documents", sa.Text(), nullable=False),
        sa.Column("languages", sa.Text(), nullable=False),
        sa.Column("eligibility_description", sa.Text(), nullable=False),
        sa.Column("minimum_age", sa.Integer(), nullable=True),
        sa.Column("maximum_age", sa.Integer(), nullable=True),
        sa.Column("fees_description", sa.Text(), nullable=False),
        sa.Column("application_process", sa.Text(), nullable=False),
        sa.Column("alert", sa.Text(), nullable=False),
        sa.Column("reports_to_police", sa.String(length=10), nullable=False),
        sa.Column("never_alone", sa.Boolean(), nullable=False),
        sa.Column("assured_date", sa.Date(), nullable=True),
        sa.Column("assured_by", sa.String(length=200), nullable=False),
        sa.Column("confidential_location", sa.Boolean(), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_directory_service_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(
            ["run_by"], ["directory_organisation.id"], name=op.f("fk_directory_service_run_by_directory_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_service")),
        sa.UniqueConstraint("code", name=op.f("uq_directory_service_code")),
        sa.UniqueConstraint("id", "confidential_location", name="uq_directory_service_confidential"),
    )
    with op.batch_alter_table("directory_service", schema=None) as batch_op:
        batch_op.create_index("ix_directory_service_organisation_id", ["organisation_id"], unique=False)
    op.create_table(
        "directory_location",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("region", sa.String(length=4), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("postal_code", sa.String(length=5), nullable=False),
        sa.Column("transportation", sa.Text(), nullable=False),
        sa.Column("accessibility", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_directory_location_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_location")),
    )
    op.create_table(
        "service_at_location",
        sa.Column("service_id", sa.String(length=64), nullable=False),
        sa.Column("location_id", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("confidential_location", sa.Boolean(), nullable=False),
        sa.CheckConstraint("NOT confidential_location", name=op.f("ck_service_at_location_open")),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["directory_location.id"],
            name=op.f("fk_service_at_location_location_id_directory_location"),
        ),
        sa.ForeignKeyConstraint(
            ["service_id", "confidential_location"],
            ["directory_service.id", "directory_service.confidential_location"],
            name="fk_service_at_location_open",
        ),
        sa.PrimaryKeyConstraint("service_id", "location_id", name=op.f("pk_service_at_location")),
    )
    op.create_table(
        "directory_schedule",
        sa.Column("service_id", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("days", sa.String(length=40), nullable=False),
        sa.Column("opens_at", sa.String(length=5), nullable=False),
        sa.Column("closes_at", sa.String(length=5), nullable=False),
        sa.Column("timezone", sa.String(length=40), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["service_id"],
            ["directory_service.id"],
            name=op.f("fk_directory_schedule_service_id_directory_service"),
        ),
        sa.PrimaryKeyConstraint("service_id", "position", name=op.f("pk_directory_schedule")),
    )
    op.create_table(
        "directory_phone",
        sa.Column("service_id", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("extension", sa.String(length=8), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("tested_on", sa.Date(), nullable=True),
        sa.Column("tested_by", sa.String(length=200), nullable=False),
        sa.Column("expires_after_days", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["service_id"], ["directory_service.id"], name=op.f("fk_directory_phone_service_id_directory_service")
        ),
        sa.PrimaryKeyConstraint("service_id", "position", name=op.f("pk_directory_phone")),
    )


def downgrade() -> None:
    # The directory goes with its tables; export it first. The starters in the files stand as before.
    for table in ("directory_phone", "directory_schedule", "service_at_location", "directory_location"):
        op.drop_table(table)
    with op.batch_alter_table("directory_service", schema=None) as batch_op:
        batch_op.drop_index("ix_directory_service_organisation_id")
    op.drop_table("directory_service")
    with op.batch_alter_table("directory_organisation", schema=None) as batch_op:
        batch_op.drop_index("ix_directory_organisation_organisation_id")
    op.drop_table("directory_organisation")
