"""Alembic's environment: one online migration, all in one transaction."""

from alembic import context

import bot.schema  # noqa: F401  # importing it makes every table known to the metadata
from bot.storage.engine import make_engine, metadata


def run() -> None:
    engine = make_engine(context.config.attributes["url"])
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, compare_type=True)
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
    engine.dispose()


run()
