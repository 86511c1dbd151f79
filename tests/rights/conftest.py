"""A database with the starter articles in it, and article files to break."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.rights.service import import_starters
from bot.rights.training import ensure_model
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


@pytest.fixture(scope="session", autouse=True)
def rights_model() -> None:
    """The model of topics, trained once for each state of its sources."""
    ensure_model()


@pytest.fixture
def library(db: Database) -> Database:
    """A database with the starter articles of the repository."""
    db.run_sync(import_starters)
    return db
