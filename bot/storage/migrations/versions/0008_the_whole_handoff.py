"""Transfer, what is left while waiting, opening hours, abilities, the two closing answers, calls for the queue."""

from typing import Any

import sqlalchemy as sa
from alembic import op

import bot.storage.engine

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_INSTANT = bot.storage.engine.Instant(timezone=True)
_WAITING, _ONCE = "fk_oncall_call_handoff_id_handoff", "uq_oncall_call_handoff_id_way_round"
_HANDOFF: tuple[sa.Column[Any], ...] = (
    *(sa.Column(name, sa.LargeBinary(), nullable=True) for name in ("needs", "draft")),
    *(sa.Column(name, sa.String(length=32), nullable=True) for name in ("left_message_id", "contact_message_id")),
    *(sa.Column(f"transfer_{name}_id", sa.String(length=32), nullable=True) for name in ("staff", "organisation")),
    sa.Column("transfer_asked_at", _INSTANT, nullable=True),
    sa.Column("transfer_agreed", sa.String(length=10), nullable=True),
)


def upgrade() -> None:
    # Column by column: other tables point at this one, and SQLite must not make it anew.
    for column in _HANDOFF:
        op.add_column("handoff", column)
    op.create_index("ix_handoff_transfer_organisation_id", "handoff", ["transfer_organisation_id"])
    op.create_table(
        "closing_answer",
        sa.Column("handoff_id", sa.String(length=32), nullable=False),
        sa.Column("question", sa.String(length=20), nullable=False),
        sa.Column("answer", sa.String(length=10), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["handoff_id"], ["handoff.id"], name=op.f("fk_closing_answer_handoff_id_handoff")),
        sa.PrimaryKeyConstraint("handoff_id", "question", name=op.f("pk_closing_answer")),
    )
    op.create_table(
        "opening_hours",
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.String(length=32), nullable=False),
        sa.Column("changed_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_opening_hours_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(["changed_by"], ["staff.id"], name=op.f("fk_opening_hours_changed_by_staff")),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_opening_hours")),
    )
    op.create_table(
        "worker_abilities",
        sa.Column("staff_id", sa.String(length=32), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("languages", "regions", "topics", "skills")),
        sa.Column("changed_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_worker_abilities_staff_id_staff")),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_worker_abilities")),
    )
    with op.batch_alter_table("oncall_call", schema=None) as batch_op:
        batch_op.alter_column("alert_id", existing_type=sa.String(length=32), nullable=True)
        batch_op.add_column(sa.Column("handoff_id", sa.String(length=32), nullable=True))
        batch_op.create_foreign_key(op.f(_WAITING), "handoff", ["handoff_id"], ["id"])
        batch_op.create_unique_constraint(op.f(_ONCE), ["handoff_id", "way", "round"])


def downgrade() -> None:
    # Calls for the queue have no place in the older table; the queue itself stays.
    op.execute("DELETE FROM oncall_call WHERE alert_id IS NULL")
    with op.batch_alter_table("oncall_call", schema=None) as batch_op:
        batch_op.drop_constraint(op.f(_ONCE), type_="unique")
        batch_op.drop_constraint(op.f(_WAITING), type_="foreignkey")
        batch_op.drop_column("handoff_id")
        batch_op.alter_column("alert_id", existing_type=sa.String(length=32), nullable=False)
    for table in ("worker_abilities", "opening_hours", "closing_answer"):
        op.drop_table(table)
    op.drop_index("ix_handoff_transfer_organisation_id", "handoff")
    for column in reversed(_HANDOFF):
        op.drop_column("handoff", column.name)
