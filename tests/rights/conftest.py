"""A database with the starter articles in it, and article files to break."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from bot.clock import Clock, ManualClock
from bot.rights.service import import_starters
from bot.rights.training import ensure_model
from bot.storage.encryption import MasterKey
from bot.storage.engine import make_engine
from bot.storage.unit_of_work import Database

ARTICLE = """---
code: R90
slug: a-topic
topics: [a-topic]
audience: adult
adopted: false
agency: null
author: Somebody
reviewer: null
reviewed_on: null
compiled_on: 2026-11-01
valid_until: 2027-05-01
jurisdiction: ID
problem_types: [other]
related: []
deadlines:
- {label: {id: "Mengadu", en: "Filing"}, within: "6 bulan", runs_for: client}
citations:
- {law: "UU 1/2000", article: "Pasal 1", state: "berlaku", confidence: V}
id:
  title: "Bolehkah saya memelihara zebra?"
  questions: ["zebra boleh dipelihara ga", "izin punya zebra"]
  short: "Zebra boleh dipelihara dengan izin."
  steps: ["Minta izin."]
  limits: ["Tidak selalu diberi."]
  who: ["Kebun binatang"]
---
Zebra adalah hewan yang butuh **izin**.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one good article."""
    place = tmp_path / "rights"
    place.mkdir()
    (place / "R90-a-topic.md").write_text(ARTICLE, encoding="utf-8")
    return place


@pytest.fixture(scope="session")
def library_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the starter articles, that each test copies: reading them takes seconds."""
    path = tmp_path_factory.mktemp("library") / "pendamping.db"
    path.write_bytes(sqlite_template.read_bytes())
    with opened(path, ManualClock()) as db:
        db.run_sync(import_starters)
    return path


@pytest.fixture(scope="session", autouse=True)
def rights_model() -> None:
    """The model of topics, trained once for each state of its sources."""
    ensure_model()


@pytest.fixture
def library(library_template: Path, tmp_path: Path, clock: ManualClock) -> Iterator[Database]:
    """A database with the starter articles of the repository."""
    path = tmp_path / "library.db"
    path.write_bytes(library_template.read_bytes())
    with opened(path, clock) as db:
        yield db


@contextmanager
def opened(path: Path, clock: Clock) -> Iterator[Database]:
    """A database in a file that can be copied as it is afterwards."""
    db = Database(make_engine(f"sqlite:///{path}"), MasterKey(b"k" * 32), clock=clock)
    yield db
    db.engine.dispose()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
