"""An archive is read back exactly as it was written, or not at all."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.backup.archive import (
    MAGIC,
    BackupError,
    Damaged,
    WrongKey,
    new_header,
    read_archive,
    read_header,
    write_archive,
)
from bot.storage.encryption import MasterKey

KEY = MasterKey(b"k" * 32)
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
LINES = [f"baris {number} " + "é" * (number % 7) for number in range(200)]


def written(path: Path, lines: list[str] = LINES) -> Path:
    with path.open("wb") as file:
        write_archive(file, new_header(KEY, NOW, "0019"), KEY, lines)
    return path


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return written(tmp_path / "one.backup")


def test_what_comes_out_is_what_went_in_also_over_many_pieces(tmp_path: Path) -> None:
    chance = random.Random(7)
    lines = [chance.randbytes(500).hex() for _ in range(6000)]
    archive = written(tmp_path / "big.backup", lines)
    assert archive.stat().st_size > 3 << 20
    assert list(read_archive(archive, KEY)) == lines


def test_an_empty_archive_is_one_too(tmp_path: Path) -> None:
    assert list(read_archive(written(tmp_path / "none.backup", []), KEY)) == []


def test_nothing_of_the_content_and_no_key_can_be_seen_in_it(archive: Path) -> None:
    content = archive.read_bytes()
    assert b"baris" not in content
    assert b"k" * 32 not in content
    assert read_header(archive).moment == NOW


def test_two_archives_of_the_same_share_nothing_but_the_header(tmp_path: Path) -> None:
    one, two = (written(tmp_path / f"{name}.backup").read_bytes() for name in "ab")
    assert one[-300:] != two[-300:]


def test_another_master_key_is_named_as_what_is_wrong(archive: Path) -> None:
    with pytest.raises(WrongKey, match="another master key"):
        list(read_archive(archive, MasterKey(b"x" * 32)))


def test_each_changed_bit_and_each_cut_is_noticed(archive: Path) -> None:
    whole = archive.read_bytes()
    chance = random.Random(11)
    for _ in range(300):
        place = chance.randrange(len(whole))
        changed = bytearray(whole)
        changed[place] ^= 1 << chance.randrange(8)
        archive.write_bytes(changed)
        with pytest.raises(BackupError):
            list(read_archive(archive, KEY))
    for end in (*range(0, len(whole), 37), len(whole) - 1):
        archive.write_bytes(whole[:end])
        with pytest.raises(BackupError):
            list(read_archive(archive, KEY))
    archive.write_bytes(whole + b"\0")
    with pytest.raises(Damaged):
        list(read_archive(archive, KEY))


def test_pieces_can_not_be_left_out_or_exchanged(tmp_path: Path) -> None:
    chance = random.Random(3)
    archive = written(tmp_path / "big.backup", [chance.randbytes(500).hex() for _ in range(8000)])
    whole = archive.read_bytes()
    start = whole.index(b"\n", len(MAGIC)) + 1
    length = 4 + int.from_bytes(whole[start : start + 4], "big")
    head, first, second, rest = (
        whole[:start],
        whole[start : start + length],
        whole[start + length : start + 2 * length],
        whole[start + 2 * length :],
    )
    for content in (head + second + first + rest, head + second + rest, head + first + first + rest, head + first):
        archive.write_bytes(content)
        with pytest.raises(Damaged):
            list(read_archive(archive, KEY))


@pytest.mark.parametrize("content", [b"", b"halo", MAGIC, MAGIC + b"{}\n", MAGIC + b'{"format": 1}\n'])
def test_something_else_is_no_backup(tmp_path: Path, content: bytes) -> None:
    other = tmp_path / "other.backup"
    other.write_bytes(content)
    with pytest.raises(BackupError):
        read_header(other)


def test_a_later_format_is_said(archive: Path) -> None:
    archive.write_bytes(archive.read_bytes().replace(b'"format": 1', b'"format": 2', 1))
    with pytest.raises(BackupError, match="newer version"):
        read_header(archive)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="can't be read"):
        read_header(tmp_path / "none.backup")
