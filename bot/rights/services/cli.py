"""`pendamping services export` and `import`: an agency's directory as files, on behalf of one of its people."""

from __future__ import annotations

from pathlib import Path

from bot.accounts.model import Staff
from bot.accounts.permissions import allowed
from bot.accounts.store import staff_by_login
from bot.config import CannotStart
from bot.rights.services import service
from bot.rights.services.files import ZIP, as_json, as_zip
from bot.storage.unit_of_work import Database, UnitOfWork


class NotAllowed(CannotStart):
    """Nobody with this login may do it."""


def export_directory(db: Database, login: str, target: Path) -> int:
    """Write the directory of somebody's agency: CSV tables where the name ends with .zip, else JSON. Returns how many.

    Raises NotAllowed.
    """
    entries = db.run_sync(lambda uow: service.entries_of(uow, _acting(uow, login, "directory.export")), read_only=True)
    target.write_bytes(as_zip(entries) if target.suffix == ZIP else as_json(entries).encode())
    return len(entries)


def import_directory(db: Database, login: str, files: list[Path]) -> int:
    """Bring in all files, or none. Returns how many services. Raises NotAllowed, BrokenContent."""
    contents = [(path.name, path.read_bytes()) for path in files]
    return db.run_sync(lambda uow: service.bring_in(uow, _acting(uow, login, "directory.import"), contents))


def _acting(uow: UnitOfWork, login: str, action: str) -> Staff:
    who = staff_by_login(uow, login)
    if who is None or not who.active or not allowed(who.roles, action):
        raise NotAllowed(f"nobody with the login {login} may do {action}")
    return who
