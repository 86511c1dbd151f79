"""`pendamping rekey`: another master key for everything that is kept, with the app stopped.

The new key waits in a file beside the old one until every owner's key is wrapped under it, in one transaction. A
process that is killed on the way leaves one of two states, and the next run goes on from either.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url

from bot.accounts import audit
from bot.config import Settings
from bot.installation import key_file, master_key
from bot.killpoints import Point, reached
from bot.storage.encryption import MasterKey, MasterKeyError, load_or_create_master_key
from bot.storage.engine import make_engine
from bot.storage.keys import opens, rewrap, settled
from bot.storage.unit_of_work import Database, UnitOfWork

_OTHERS = text(
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
)


class DatabaseInUse(MasterKeyError):
    """Something else is connected to the database."""


@dataclass(frozen=True)
class Exchanged:
    """How many keys are wrapped anew, where the new master key is, and where the old one is kept."""

    keys: int
    new: Path
    old: Path | None


def waiting_file(settings: Settings) -> Path:
    """Where the new key is until everything is wrapped under it."""
    return _beside(key_file(settings), "next")


def exchange(settings: Settings, now: datetime) -> Exchanged:
    """Take another master key, or finish what was interrupted. Raises MasterKeyError."""
    old = master_key(settings, create=False)
    _refuse_while_in_use(settings.database)
    engine = make_engine(settings.database)
    try:
        new = _waiting_key(waiting_file(settings), old)
        count = _wrap_anew(engine, old, new)
    finally:
        engine.dispose()
    reached(Point.EXCHANGED)
    if settings.master_key is not None:
        return Exchanged(count, waiting_file(settings), None)
    return _put_in_place(key_file(settings), waiting_file(settings), count, now)


def _waiting_key(path: Path, old: MasterKey) -> MasterKey:
    try:
        new = load_or_create_master_key(path, create=True)
        if new.mark == old.mark:  # left from an exchange whose key has come into the settings since
            path.unlink()
            new = load_or_create_master_key(path, create=True)
    except OSError as error:
        raise MasterKeyError(f"the new key can't be written to {path}: {error.strerror}") from None
    return new


def _wrap_anew(engine: Engine, old: MasterKey, new: MasterKey) -> int:
    with engine.connect() as connection:
        if not opens(connection, old):
            if opens(connection, new):
                return 0
            raise MasterKeyError("the master key does not open the database: put the key back that made it")
        db = Database(engine, settled(connection, old))

    def work(uow: UnitOfWork) -> int:
        count = rewrap(uow.db, old, new)
        if not uow.is_sqlite and uow.db.execute(_OTHERS).scalar_one():
            raise DatabaseInUse(IN_USE)
        audit.record(uow, None, "master_key.exchange", "installation", "")
        uow.before_commit(lambda: reached(Point.REWRAPPED))
        return count

    return db.run_sync(work)


IN_USE = "the database is in use: stop the app, on every machine, and end what else is connected to it"


def _refuse_while_in_use(database: str) -> None:
    """SQLite leaves its journal mode only when nobody else has the file open; the next connection takes it up again."""
    url = make_url(database)
    if url.get_backend_name() != "sqlite":
        return
    if not url.database or not Path(url.database).is_file():
        raise MasterKeyError(f"{url.database} is not there")
    try:
        with closing(sqlite3.connect(url.database, timeout=0)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError:
        raise DatabaseInUse(IN_USE) from None


def _put_in_place(key: Path, waiting: Path, count: int, now: datetime) -> Exchanged:
    kept = _beside(key, f"until-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")
    try:
        # A second name first: at no moment is there no key.
        os.link(key, kept)
        waiting.replace(key)
        folder = os.open(key.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise MasterKeyError(f"{waiting} is the key now; it can't be put in place: {error.strerror}") from None
    return Exchanged(count, key, kept)


def _beside(path: Path, what: str) -> Path:
    return path.with_name(f"{path.name}.{what}")
