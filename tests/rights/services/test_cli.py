"""The directory as files, by command."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.accounts.model import Role
from bot.content import BrokenContent
from bot.rights.services import service
from bot.rights.services.cli import NotAllowed, export_directory, import_directory
from bot.storage.unit_of_work import Database
from tests.accounts.people import join
from tests.rights.services.entries import OFFICE, SHELTER


def test_a_directory_goes_from_one_agency_s_file_to_itself(db: Database, tmp_path: Path) -> None:
    editor = join(db, Role.AGENCY_EDITOR, login="rani@contoh.test").staff
    join(db, Role.WORKER, login="budi@contoh.test")
    for entry in (OFFICE, SHELTER):
        db.run_sync(lambda uow, entry=entry: service.save(uow, editor, entry))
    before = db.run_sync(lambda uow: service.entries_of(uow, editor))
    for name in ("layanan.json", "layanan.zip"):
        assert export_directory(db, "Rani@contoh.test", tmp_path / name) == 2
        assert import_directory(db, "rani@contoh.test", [tmp_path / name]) == 2
        assert db.run_sync(lambda uow: service.entries_of(uow, editor)) == before
    for login in ("budi@contoh.test", "siapa@contoh.test"):
        with pytest.raises(NotAllowed):
            import_directory(db, login, [tmp_path / "layanan.json"])
    broken = tmp_path / "rusak.json"
    broken.write_text((tmp_path / "layanan.json").read_text().replace("Rumah aman", ""), encoding="utf-8")
    with pytest.raises(BrokenContent, match=r"rusak.json:\d+: 1.name"):
        import_directory(db, "rani@contoh.test", [broken])
    assert db.run_sync(lambda uow: service.entries_of(uow, editor)) == before
