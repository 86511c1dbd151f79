"""The drill: a machine is gone. An empty one gets the archive and what was kept apart, and everything is there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.audit.anchor import note_head
from bot.config import ROOT, Settings
from bot.erasing import erase_all, settle
from bot.installation import open_database
from bot.storage.ledger import Ledger
from bot.storage.migrate import upgrade
from bot.storage.unit_of_work import Database
from tests.accounts.people import worker
from tests.handoff import builders
from tests.handoff.builders import claimed

Run = Callable[..., subprocess.CompletedProcess[str]]

READ = """
import sys
from bot.config import load_settings
from bot.conversation.transcript import transcript
from bot.installation import open_database

db = open_database(load_settings())
print([line.text for line in db.run_sync(lambda uow: transcript(uow, sys.argv[1]), read_only=True)])
"""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A command of an installation, in a process of its own with nothing but its data directory and database."""

    def start(home: Path, url: str, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("PENDAMPING_")}
        own |= {"PENDAMPING_DATA_DIR": str(home), "PENDAMPING_DATABASE_URL": url, "PYTHONPATH": str(ROOT), **more}
        return subprocess.run(
            [sys.executable, *command],
            env=own | {"COLUMNS": "300"},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return start


def pendamping(*words: str) -> tuple[str, ...]:
    return ("-m", "bot.cli", *words)


@pytest.fixture(params=["sqlite", "postgresql"])
def places(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """Where the old machine's database is, and where the new one's will be; neither has a table yet."""
    if request.param == "sqlite":
        return "", ""
    return request.getfixturevalue("empty_postgres_url"), request.getfixturevalue("second_postgres_url")


def installation(home: Path, url: str) -> Database:
    settings = Settings(_env_file=None, data_dir=home, database_url=url)  # type: ignore[call-arg]
    upgrade(settings.database)
    return open_database(settings, create_key=True)


def test_an_empty_machine_has_everything_again_but_what_was_deleted(
    run: Run, places: tuple[str, str], tmp_path: Path
) -> None:
    old, new, backups, apart = (tmp_path / name for name in ("old", "new", "backups", "apart"))
    db = installation(old, places[0])
    _, kept = claimed(db, worker(db))
    gone = builders.conversation(db)
    made = run(old, places[0], *pendamping("backup", str(backups)))
    assert made.returncode == 0, made.stderr
    (archive,) = backups.glob("*.backup")

    db.run_sync(lambda uow: erase_all(uow, gone))
    ledger = Ledger(old / "destroyed-keys.txt")
    settle(db, ledger)
    db.run_sync(lambda uow: note_head(uow, old / "audit-anchors.txt"), read_only=True)
    assert run(old, places[0], *pendamping("keys", str(apart))).returncode == 0
    assert sorted(path.name for path in apart.iterdir()) == ["audit-anchors.txt", "destroyed-keys.txt", "master.key"]
    db.engine.dispose()
    shutil.rmtree(old)

    new.mkdir()
    without_key = run(new, places[1], *pendamping("restore", str(archive)))
    assert without_key.returncode != 0
    assert "master key" in without_key.stderr
    shutil.copy(apart / "master.key", new)
    without_ledger = run(new, places[1], *pendamping("restore", str(archive)))
    assert without_ledger.returncode != 0
    assert "ledger" in without_ledger.stderr
    for name in ("destroyed-keys.txt", "audit-anchors.txt"):
        shutil.copy(apart / name, new)
    back = run(new, places[1], *pendamping("restore", str(archive)))
    assert back.returncode == 0, back.stderr
    assert "1 conversations" in back.stderr

    sample = run(new, places[1], "-c", READ, kept)
    assert "dia membanting pintu" in sample.stdout
    assert "dia membanting pintu" not in run(new, places[1], "-c", READ, gone).stdout
    proven = run(new, places[1], *pendamping("audit", "verify"))
    assert proven.returncode == 0, proven.stderr
    assert "whole" in proven.stderr
    again = run(new, places[1], *pendamping("restore", str(archive)))
    assert again.returncode != 0
    assert "--overwrite" in again.stderr
    for trouble in (without_key, without_ledger, again):
        assert "Traceback" not in trouble.stderr


def test_another_key_is_refused_loudly_and_nothing_is_made(run: Run, tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    db = installation(old, "")
    builders.conversation(db)
    assert run(old, "", *pendamping("backup", str(tmp_path / "backups"))).returncode == 0
    (archive,) = (tmp_path / "backups").glob("*.backup")
    stranger = {"PENDAMPING_MASTER_KEY": "eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHg="}
    done = run(new, "", *pendamping("restore", "--without-ledger", str(archive)), **stranger)
    assert done.returncode != 0
    assert "another master key" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_trail_that_was_tampered_with_is_said_and_fails(run: Run, tmp_path: Path) -> None:
    home = tmp_path / "home"
    db = installation(home, "")
    claimed(db, worker(db))
    noted = run(home, "", *pendamping("audit", "anchor"))
    assert noted.returncode == 0, noted.stderr
    assert " head " in noted.stdout
    with db.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM audit WHERE number > 1")
    done = run(home, "", *pendamping("audit", "verify"))
    assert done.returncode != 0
    assert "cut off" in done.stderr
    nothing = run(home, "", *pendamping("audit", "verify", "--anchor", str(tmp_path / "none.txt")))
    assert nothing.returncode != 0
    assert "no anchors" in nothing.stderr
