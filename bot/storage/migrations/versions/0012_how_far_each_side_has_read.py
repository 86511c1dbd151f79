"""How far the worker and the client have read while a worker holds the chat."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_COLUMNS = ("worker_saw", "client_saw")


def upgrade() -> None:
    # Column by column: other tables point at this one, and SQLite must not make it anew.
    for name in _COLUMNS:
        op.add_column("handoff", sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False))


def downgrade() -> None:
    for name in reversed(_COLUMNS):
        op.drop_column("handoff", name)
