"""Whoever starts the product with something missing reads one line that says what to do."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bot.assistant.catalogue import load_catalogue
from bot.config import CannotStart, Settings, SettingsError, load_settings
from bot.content import BrokenContent
from bot.counselling.definitions import DATA, load_definitions
from bot.installation import open_database
from bot.setup import check_database, check_kept_apart, check_port
from bot.storage.encryption import MasterKeyError
from bot.storage.migrate import upgrade


def run(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PENDAMPING_")}
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", *arguments],
        env={**clean, **{f"PENDAMPING_{name}": value for name, value in env.items()}, "COLUMNS": "300"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("env", "named"),
    [
        ({"PORT": "eighty"}, "PENDAMPING_PORT"),
        ({"PORT": "70000"}, "PENDAMPING_PORT"),
        ({"TELEGRAM_WEBHOOK_URL": "https://contoh.example"}, "PENDAMPING_TELEGRAM_WEBHOOK_SECRET"),
        ({"TELEGRAM_WEBHOOK_URL": "http://x", "TELEGRAM_WEBHOOK_SECRET": "s" * 20}, "PENDAMPING_TELEGRAM_WEBHOOK_URL"),
        ({"DATABASE_URL": "mysql://x"}, "PENDAMPING_DATABASE_URL"),
        ({"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, "PENDAMPING_DATABASE_URL"),
        ({"MASTER_KEY": "kurang"}, "PENDAMPING_MASTER_KEY"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_line_that_names_it(
    env: dict[str, str], named: str, tmp_path: Path
) -> None:
    done = run("setup", DATA_DIR=str(tmp_path), **env)
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert named in last
    assert "Traceback" not in done.stderr


def test_a_database_that_was_not_migrated_is_said(tmp_path: Path) -> None:
    done = run("start", DATA_DIR=str(tmp_path), PORT=str(free_port()))
    assert done.returncode != 0
    assert "pendamping setup" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["destroyed_keys_file", "audit_anchor_file"])
def test_a_file_apart_from_the_database_that_cannot_be_written_stops_the_start(name: str, tmp_path: Path) -> None:
    (tmp_path / "no folder").touch()
    settings = Settings(data_dir=tmp_path, **{name: tmp_path / "no folder" / "file.txt"})
    with pytest.raises(CannotStart, match=f"PENDAMPING_{name.upper()}"):
        check_kept_apart(settings)


def test_a_port_in_use_is_said() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(CannotStart, match="PENDAMPING_PORT"):
            check_port(Settings(port=other.getsockname()[1]))


def test_a_database_that_cannot_be_reached_is_said_without_its_password() -> None:
    with pytest.raises(CannotStart) as trouble:
        check_database(Settings(database_url="postgresql://app:hunter2@127.0.0.1:1/none"))
    assert "hunter2" not in str(trouble.value)


def test_a_named_key_file_that_is_missing_is_never_made_up(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, master_key_file=tmp_path / "elsewhere.key")
    with pytest.raises(MasterKeyError):
        open_database(settings, create_key=True)


def test_a_database_with_sealed_values_never_gets_a_new_key(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    upgrade(settings.database)
    db = open_database(settings, create_key=True)
    db.run_sync(lambda uow: uow.vault.create_owner("somebody"))
    db.engine.dispose()
    (tmp_path / "master.key").unlink()
    with pytest.raises(MasterKeyError, match="own key"):
        open_database(settings, create_key=True)


def test_settings_cannot_be_changed_once_read() -> None:
    with pytest.raises(Exception, match="frozen"):
        load_settings().port = 1  # type: ignore[misc]  # that is the point


def test_an_error_in_the_settings_is_a_settings_error() -> None:
    with pytest.raises(SettingsError):
        load_settings(port=0)


@pytest.mark.parametrize(
    ("file", "old", "new", "field"),
    [
        ("dimensions/severity.yml", "order: 2", "order: two", "order"),
        ("dimensions/severity.yml", "rephrase: utter_rephrase_severity", "", "rephrase"),
        ("alternatives/options.yml", "  reversible: reversible\n", "  reversible: maybe\n", "reversible"),
        ("alternatives/other.yml", "O00", "O99", "options"),
        ("dimensions/status.yml", 'none: {id: "tidak ada", en: "none"}', 'none: {id: "tidak ada"}', "none.en"),
        ("dialogue/cues.yml", "later:", "late:", "later"),
    ],
)
def test_a_broken_content_file_names_file_line_and_what_is_wrong(
    tmp_path: Path, file: str, old: str, new: str, field: str
) -> None:
    for folder in ("dimensions", "alternatives", "dialogue"):
        (tmp_path / folder).mkdir()
        for path in (DATA / folder).glob("*.yml"):
            (tmp_path / folder / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    target = tmp_path / file
    text = target.read_text(encoding="utf-8")
    assert old in text
    target.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BrokenContent) as trouble:
        load_definitions(tmp_path)
    assert trouble.value.file == target
    assert trouble.value.line >= 1
    assert field in str(trouble.value)


def test_a_response_defined_twice_is_refused_and_named(tmp_path: Path) -> None:
    text = (
        'version: "3.1"\nresponses:\n  utter_x:\n  - text: "x"\n    condition: [{type: slot, name: lang, value: id}]\n'
    )
    (tmp_path / "a.yml").write_text(text)
    (tmp_path / "b.yml").write_text(text)
    with pytest.raises(BrokenContent, match="twice"):
        load_catalogue(tmp_path)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
