"""Database stopped, no room for a write, Telegram in trouble, a machine killed: the short mode of `make drills`."""

from __future__ import annotations

from pathlib import Path

from tests.drills import database, disk, machines, telegram
from tests.drills.kill import victims


def test_whatever_telegram_or_the_disk_does_nothing_is_lost(tmp_path: Path) -> None:
    with victims("sqlite", folder=tmp_path) as (product, api):
        product.start()
        for found in telegram.troubles(product, api, short=True):
            assert found.kept, str(found)
        for found in disk.troubles(product, api, tmp_path / "data", mounted=False, short=True):
            assert found.kept, str(found)


def test_a_postgresql_that_stops_under_load_loses_nothing() -> None:
    for found in database.run(short=True):
        assert found.kept, str(found)


def test_of_several_machines_one_is_killed_and_nobody_waits_longer_than_the_lease() -> None:
    for found in machines.run(short=True):
        assert found.kept, str(found)
