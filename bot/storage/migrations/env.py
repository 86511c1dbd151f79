"""Alembic's environment: one online migration, all in one transaction: its own, or that of a given connection."""

from alembic import context
from sqlalchemy import Connection

import bot.schema  # noqa: F401  # importing it makes every table known to the metadata
from bot.storage.engine import make_engine, metadata


def run() -> None:
    given = context.config.attributes.get("connection")
    if given is not None:
        migrate(given)
        return
    engine = make_engine(context.config.attributes["url"])
    with engine.connect() as connection:
        migrate(connection)
        connection.commit()
    engine.dispose()


def migrate(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()


run()
