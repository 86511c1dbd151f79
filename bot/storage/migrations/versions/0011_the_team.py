"""Coaching notes from supervisors to workers; since when an organisation asks its staff for a second step."""

import sqlalchemy as sa
from alembic import op

import bot.storage.engine

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_INSTANT = bot.storage.engine.Instant(timezone=True)
_POINTS_AT = {"conversation_id": "conversation", "handoff_id": "handoff", "author_id": "staff", "worker_id": "staff"}


def upgrade() -> None:
    op.add_column("organisation", sa.Column("second_step_from", _INSTANT, nullable=True))
    op.create_table(
        "coaching_note",
        sa.Column("id", sa.String(length=32), nullable=False),
        *(sa.Column(name, sa.String(length=32), nullable=False) for name in _POINTS_AT),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("read_at", _INSTANT, nullable=True),
        *(
            sa.ForeignKeyConstraint([name], [f"{table}.id"], name=op.f(f"fk_coaching_note_{name}_{table}"))
            for name, table in _POINTS_AT.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coaching_note")),
    )
    op.create_index("ix_coaching_note_handoff_id", "coaching_note", ["handoff_id"])
    op.create_index("ix_coaching_note_worker_id", "coaching_note", ["worker_id"])


def downgrade() -> None:
    op.drop_table("coaching_note")
    op.drop_column("organisation", "second_step_from")
