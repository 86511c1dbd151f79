"""Accounts with a second step, ways back in, sessions that can be told apart."""

import sqlalchemy as sa
from alembic import op

import bot.storage.engine

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "half_sign_in",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("staff_id", sa.String(length=32), nullable=False),
        sa.Column("started_at", bot.storage.engine.Instant(timezone=True), nullable=False),
        sa.Column("challenge", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_half_sign_in_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_half_sign_in")),
    )
    op.create_table(
        "second_step",
        sa.Column("staff_id", sa.String(length=32), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.Column("begun_at", bot.storage.engine.Instant(timezone=True), nullable=False),
        sa.Column("confirmed_at", bot.storage.engine.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_second_step_staff_id_staff")),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_second_step")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("staff_id", sa.String(length=32), nullable=False),
        sa.Column("used_at", bot.storage.engine.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_recovery_code_staff_id_staff")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_recovery_code")),
    )
    with op.batch_alter_table("recovery_code", schema=None) as batch_op:
        batch_op.create_index("ix_recovery_code_staff_id", ["staff_id"], unique=False)
    op.create_table(
        "passkey",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("staff_id", sa.String(length=32), nullable=False),
        sa.Column("credential", sa.String(length=1400), nullable=False),
        sa.Column("public_key", sa.String(length=2000), nullable=False),
        sa.Column("sign_count", sa.Integer(), nullable=False),
        sa.Column("agent", sa.String(length=60), nullable=False),
        sa.Column("created_at", bot.storage.engine.Instant(timezone=True), nullable=False),
        sa.Column("used_at", bot.storage.engine.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_passkey_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential", name=op.f("uq_passkey_credential")),
    )
    with op.batch_alter_table("passkey", schema=None) as batch_op:
        batch_op.create_index("ix_passkey_staff_id", ["staff_id"], unique=False)
    # Who is signed in stays signed in; their browser has no name until the next time.
    with op.batch_alter_table("staff_session", schema=None) as batch_op:
        batch_op.add_column(sa.Column("agent", sa.String(length=60), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("challenge", sa.String(length=64), nullable=True))
    with op.batch_alter_table("staff_session", schema=None) as batch_op:
        batch_op.alter_column("agent", existing_type=sa.String(length=60), existing_nullable=False, server_default=None)
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("staff_id", sa.String(length=32), nullable=True))
        batch_op.create_foreign_key(op.f("fk_invitation_staff_id_staff"), "staff", ["staff_id"], ["id"])
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index("ix_audit_organisation_id_number", ["organisation_id", "number"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_organisation_id_number")
    # A way back in would make a new account without any role there.
    op.execute(sa.text("DELETE FROM invitation WHERE staff_id IS NOT NULL"))
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("fk_invitation_staff_id_staff"), type_="foreignkey")
        batch_op.drop_column("staff_id")
    with op.batch_alter_table("staff_session", schema=None) as batch_op:
        batch_op.drop_column("challenge")
        batch_op.drop_column("agent")
    with op.batch_alter_table("passkey", schema=None) as batch_op:
        batch_op.drop_index("ix_passkey_staff_id")
    with op.batch_alter_table("recovery_code", schema=None) as batch_op:
        batch_op.drop_index("ix_recovery_code_staff_id")

    op.drop_table("passkey")
    op.drop_table("recovery_code")
    op.drop_table("second_step")
    op.drop_table("half_sign_in")
