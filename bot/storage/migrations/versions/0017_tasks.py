"""Duties towards a person as tasks, with an owner and a day."""

import sqlalchemy as sa
from alembic import op

import bot.storage.engine

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_INSTANT = bot.storage.engine.Instant(timezone=True)
_POINTS_AT = {
    "conversation_id": "conversation",
    "handoff_id": "handoff",
    "organisation_id": "organisation",
    "owner_id": "staff",
    "made_by": "staff",
    "done_by": "staff",
}


def upgrade() -> None:
    op.create_table(
        "task",
        sa.Column("id", sa.String(length=32), nullable=False),
        *(sa.Column(name, sa.String(length=32), nullable=name == "done_by") for name in _POINTS_AT),
        sa.Column("kind", sa.LargeBinary(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("made_at", _INSTANT, nullable=False),
        sa.Column("done_at", _INSTANT, nullable=True),
        *(
            sa.ForeignKeyConstraint([name], [f"{table}.id"], name=op.f(f"fk_task_{name}_{table}"))
            for name, table in _POINTS_AT.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    op.create_index("ix_task_handoff_id", "task", ["handoff_id"])
    op.create_index("ix_task_organisation_id_done_at", "task", ["organisation_id", "done_at"])


def downgrade() -> None:
    op.drop_table("task")
