"""The audit trail as a chain of hashes, and the ids of the keys that were destroyed."""

import hashlib
import json

import sqlalchemy as sa
from alembic import op

import bot.storage.engine

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

INSTANT = bot.storage.engine.Instant(timezone=True)
FIRST = "0" * 64
AUDIT = sa.table(
    "audit",
    sa.column("number", sa.Integer),
    sa.column("at", INSTANT),
    *(sa.column(name, sa.String) for name in ("organisation_id", "staff_id", "action", "record", "record_id")),
    sa.column("previous", sa.String),
)


def upgrade() -> None:
    op.create_table(
        "destroyed_key",
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("owner", name=op.f("pk_destroyed_key")),
    )
    # Conversations that were erased before there was a ledger.
    op.execute("INSERT INTO destroyed_key (owner) SELECT id FROM conversation WHERE deleted_at IS NOT NULL")
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.add_column(sa.Column("previous", sa.String(length=64), nullable=False, server_default=FIRST))
    _chain()
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.alter_column("previous", server_default=None)
    if op.get_bind().dialect.name == "postgresql":
        # Numbers are counted with the chain from now on.
        op.execute("ALTER TABLE audit ALTER COLUMN number DROP DEFAULT")
        op.execute("DROP SEQUENCE IF EXISTS audit_number_seq")


def _chain() -> None:
    """Chain what there is. The form of a line's hash is fixed here for ever; it is that of bot/audit/chain.py."""
    connection, previous = op.get_bind(), FIRST
    for row in connection.execute(sa.select(AUDIT).order_by(AUDIT.c.number)).all():
        connection.execute(sa.update(AUDIT).where(AUDIT.c.number == row.number).values(previous=previous))
        fields = [row.number, row.at.isoformat(timespec="microseconds"), row.organisation_id, row.staff_id]
        fields += [row.action, row.record, row.record_id, previous]
        previous = hashlib.sha256(json.dumps(fields, ensure_ascii=True).encode()).hexdigest()


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE SEQUENCE audit_number_seq OWNED BY audit.number")
        op.execute("SELECT setval('audit_number_seq', COALESCE((SELECT MAX(number) FROM audit), 0) + 1, false)")
        op.execute("ALTER TABLE audit ALTER COLUMN number SET DEFAULT nextval('audit_number_seq')")
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_column("previous")
    op.drop_table("destroyed_key")
