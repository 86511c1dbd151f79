"""What one installation has on its machine: the master key and the database."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, inspect, select

from bot.clock import Clock
from bot.config import Settings
from bot.storage.encryption import (
    CannotDecrypt,
    MasterKey,
    MasterKeyError,
    decode_master_key,
    load_or_create_master_key,
)
from bot.storage.engine import make_engine
from bot.storage.keys import owner_key, settled
from bot.storage.unit_of_work import Database


def master_key(settings: Settings, *, create: bool) -> MasterKey:
    """The master key from the settings, else from its file; made on the first run. Raises MasterKeyError."""
    if settings.master_key is not None:
        return decode_master_key(settings.master_key.get_secret_value())
    return load_or_create_master_key(key_file(settings), create=create and settings.master_key_file is None)


def key_file(settings: Settings) -> Path:
    """Where the master key is unless it is given by its value."""
    return settings.master_key_file or settings.data_dir / "master.key"


def open_database(settings: Settings, *, create_key: bool = False, clock: Clock | None = None) -> Database:
    """The database of this installation. Raises MasterKeyError."""
    engine = make_engine(settings.database)
    # A new key for a database that has sealed values already would hide them for ever behind "cannot decrypt".
    has_keys = _has_keys(engine)
    master = master_key(settings, create=create_key and not has_keys)
    return Database(engine, _settled(engine, master) if has_keys else master, clock=clock)


def _settled(engine: Engine, master: MasterKey) -> MasterKey:
    with engine.connect() as connection:
        try:
            return settled(connection, master)
        except CannotDecrypt:
            raise MasterKeyError(
                "the master key does not open the database: put the key in place that it was exchanged for; where "
                "`pendamping rekey` was interrupted, run it again"
            ) from None


def _has_keys(engine: Engine) -> bool:
    with engine.connect() as connection:
        if not inspect(connection).has_table(owner_key.name):
            return False
        return connection.execute(select(owner_key.c.owner).limit(1)).first() is not None
