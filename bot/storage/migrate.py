"""Bring a database up to date with Alembic, from code: no alembic.ini to keep in step."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from bot.storage.engine import make_engine

SCRIPTS = Path(__file__).parent / "migrations"


def alembic_config(url: str) -> Config:
    """Alembic's configuration for one database."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["url"] = url
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Migrate up to `revision`."""
    command.upgrade(alembic_config(url), revision)


def upgrade_within(connection: Connection, revision: str = "head") -> None:
    """Migrate up to `revision` in the transaction of a connection: nothing lasts unless that is committed."""
    config = alembic_config("")
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def downgrade(url: str, revision: str) -> None:
    """Migrate down to `revision`."""
    command.downgrade(alembic_config(url), revision)


def is_current(url: str) -> bool:
    """Whether the database is at the newest migration."""
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            at = revision_of(connection)
    finally:
        engine.dispose()
    return at == ScriptDirectory.from_config(alembic_config(url)).get_current_head()


def revision_of(connection: Connection) -> str | None:
    """The migration that a database is at; None for one without tables."""
    return MigrationContext.configure(connection).get_current_revision()


def knows_revision(revision: str) -> bool:
    """Whether this version of the product has that migration."""
    return revision in {script.revision for script in ScriptDirectory(str(SCRIPTS)).walk_revisions()}
