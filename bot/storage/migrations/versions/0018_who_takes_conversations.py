"""Which organisations take conversations, and room for the whole name of one in a consent."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_SHORT, _LONG = sa.String(length=120), sa.String(length=200)


def upgrade() -> None:
    # Not made anew on SQLite: other tables point at it.
    op.add_column("organisation", sa.Column("receives", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("consent") as consent:
        consent.alter_column("recipient", existing_type=_SHORT, type_=_LONG, existing_nullable=True)


def downgrade() -> None:
    with op.batch_alter_table("consent") as consent:
        consent.alter_column("recipient", existing_type=_LONG, type_=_SHORT, existing_nullable=True)
    op.drop_column("organisation", "receives")
