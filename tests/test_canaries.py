"""The search for canaries finds what it should find: a search that finds nothing proves nothing otherwise."""

from __future__ import annotations

import base64
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.canaries import Canaries


@pytest.mark.parametrize(
    "written",
    [
        lambda word: f"dia bilang {word}.".encode(),
        lambda word: word.upper().encode(),
        lambda word: f"x{word}".encode("utf-16"),
        lambda word: word.encode().hex().encode(),
        lambda word: base64.b64encode(f"{{'text': '{word}'}}".encode()),
        lambda word: base64.b64encode(f"..{word}..".encode()),
        lambda word: base64.b64encode(f".{word}".encode()),
    ],
)
def test_a_word_is_found_however_it_is_written(tmp_path: Path, written) -> None:  # type: ignore[no-untyped-def]
    canaries = Canaries()
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "file").write_bytes(b"\0" * 100 + written(canaries.word("somewhere")))
    assert canaries.found_under(tmp_path)


def test_a_row_that_is_still_in_the_wal_is_found(tmp_path: Path) -> None:
    canaries = Canaries()
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE t (words TEXT)")
        connection.execute("INSERT INTO t VALUES (?)", (canaries.word("a row"),))
        connection.commit()
        assert [hit for hit in canaries.found_under(tmp_path) if "-wal" in hit]


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    canaries = Canaries()
    canaries.word("nowhere")
    (tmp_path / "file").write_bytes(bytes(range(256)) * 50)
    assert canaries.found_under(tmp_path) == []
