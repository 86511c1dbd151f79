"""The ledger of destroyed keys: ids only, in a file that is kept apart from the database.

A backup still holds the keys that were destroyed after it was made. The ledger says which, so that putting the backup
back does not bring a deleted conversation back.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from bot.storage.append import append_lines, read_lines
from bot.storage.keys import destroyed_key, owner_key
from bot.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Ledger:
    """One ledger file. Its lines are never taken out again."""

    path: Path

    def ids(self) -> frozenset[str]:
        """The owners whose keys were destroyed. Raises OSError."""
        return frozenset(line.strip() for line in read_lines(self.path))

    def add(self, uow: UnitOfWork) -> int:
        """Note what the database knows and the ledger does not; returns how many. Raises OSError."""
        missing = sorted(set(uow.db.execute(select(destroyed_key.c.owner)).scalars()) - self.ids())
        if missing:
            append_lines(self.path, missing)
        return len(missing)

    def returned(self, uow: UnitOfWork) -> list[str]:
        """Owners whose keys were destroyed and are there again: an older backup was put back. Raises OSError."""
        known = self.ids()
        return sorted(owner for owner in uow.db.execute(select(owner_key.c.owner)).scalars() if owner in known)
