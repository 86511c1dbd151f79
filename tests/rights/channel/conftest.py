"""The agencies of the publishing room, with a channel; on both databases where it matters."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.rights import service as rights
from bot.rights.publishing import service as publishing
from bot.storage.unit_of_work import Database
from tests.rights.publishing.conftest import Agency, agencies, agency, library, ours, release, theirs, write

__all__ = ["agencies", "library", "ours", "theirs"]


@pytest.fixture
def published_anywhere(any_db: Database, folder: Path) -> tuple[Database, Agency, str]:
    """A database of each kind with one agency that has published one article."""
    any_db.run_sync(lambda uow: rights.import_starters(uow, folder))
    us = agency(any_db)
    article_id = any_db.run_sync(lambda uow: publishing.adopt(uow, us.editor.staff, "R90"))
    write(any_db, us, article_id, questions=("zebra boleh dipelihara ga", "izin punya zebra", "mau pelihara zebra"))
    release(any_db, us, article_id)
    return any_db, us, article_id
