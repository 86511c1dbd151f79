"""A safe word, the time in which somebody reads along, and the region that a person told."""

import sqlalchemy as sa
from alembic import op

import bot.storage.engine

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("safe_word", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("region", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("covert_at", bot.storage.engine.Instant(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("covert_from", sa.Integer(), nullable=True))
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("held", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("message", "held")
    for column in ("covert_from", "covert_at", "region", "safe_word"):
        op.drop_column("conversation", column)
