"""What one installation has on its machine: the master key and the database."""

from __future__ import annotations

from bot.clock import Clock
from bot.config import Settings
from bot.storage.encryption import MasterKey, decode_master_key, load_or_create_master_key
from bot.storage.engine import make_engine
from bot.storage.unit_of_work import Database


def master_key(settings: Settings, *, create: bool) -> MasterKey:
    """The master key from the settings, else from its file; made on the first run. Raises MasterKeyError."""
    if settings.master_key is not None:
        return decode_master_key(settings.master_key.get_secret_value())
    path = settings.master_key_file or settings.data_dir / "master.key"
    return load_or_create_master_key(path, create=create and settings.master_key_file is None)


def open_database(settings: Settings, *, create_key: bool = False, clock: Clock | None = None) -> Database:
    """The database of this installation. Raises MasterKeyError."""
    return Database(make_engine(settings.database), master_key(settings, create=create_key), clock=clock)
