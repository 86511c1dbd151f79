"""Everything `make run` needs before it starts, each step visible and each safe to repeat."""

from __future__ import annotations

import socket
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from bot.accounts.service import ensure_first_admin
from bot.config import CannotStart, Settings
from bot.installation import open_database
from bot.models import ensure_models
from bot.rights.service import import_starters
from bot.storage.append import append_lines
from bot.storage.engine import make_engine
from bot.storage.migrate import upgrade

Tell = Callable[[str], None]


def prepare(settings: Settings, tell: Tell) -> None:
    """Key, database, starter content, model. Raises CannotStart and what the steps raise."""
    tell("database: migrating")
    prepare_database(settings)
    db = open_database(settings, create_key=True)
    changed = db.run_sync(import_starters)
    tell(f"rights: {changed} starter articles new or changed" if changed else "rights: starter articles are current")
    token = db.run_sync(lambda uow: ensure_first_admin(uow, settings.agency))
    db.engine.dispose()
    ensure_models(tell)
    if token is not None:
        tell(f"first admin: open {settings.base_url}/desk/invite/{token} (works once, for a few days)")


def prepare_database(settings: Settings) -> None:
    """Migrate to the newest tables. Raises CannotStart."""
    check_database(settings)
    upgrade(settings.database)


def check_database(settings: Settings) -> None:
    """Raises CannotStart when the database can't be reached."""
    try:
        engine = make_engine(settings.database)
    except ValueError as error:
        raise CannotStart(str(error)) from None
    try:
        with engine.connect():
            pass
    except SQLAlchemyError:
        where = engine.url.render_as_string(hide_password=True)
        raise CannotStart(f"the database can't be reached at {where}: check PENDAMPING_DATABASE_URL") from None
    finally:
        engine.dispose()


def check_kept_apart(settings: Settings) -> None:
    """Raises CannotStart when what is kept apart from the database can't be written."""
    named = {"DESTROYED_KEYS_FILE": settings.ledger_file, "AUDIT_ANCHOR_FILE": settings.anchor_file}
    for name, file in named.items():
        try:
            append_lines(file, [])
        except OSError as error:
            raise CannotStart(f"{file} can't be written ({error.strerror}): set PENDAMPING_{name}") from None


def check_port(settings: Settings) -> None:
    """Raises CannotStart when another program has the port."""
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise CannotStart(
                f"port {settings.port} on {settings.host} can't be used ({error.strerror}): set PENDAMPING_PORT"
            ) from None
