"""English texts of the services that agencies keep; empty where an agency has none."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

COLUMNS = (
    ("directory_service", "name_en", sa.String(length=200)),
    ("directory_service", "eligibility_description_en", sa.Text()),
    ("directory_service", "fees_description_en", sa.Text()),
    ("directory_service", "application_process_en", sa.Text()),
    ("directory_service", "alert_en", sa.Text()),
    ("directory_schedule", "description_en", sa.Text()),
)


def upgrade() -> None:
    # Column by column: other tables point at this one, and SQLite must not make it anew.
    for table, name, kind in COLUMNS:
        op.add_column(table, sa.Column(name, kind, nullable=False, server_default=""))


def downgrade() -> None:
    for table, name, _ in reversed(COLUMNS):
        op.drop_column(table, name)
