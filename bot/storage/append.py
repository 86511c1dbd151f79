"""Files that only grow, one line at a time, beside the database: the ledger of destroyed keys, the audit's anchors."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable
from pathlib import Path


def append_lines(path: Path, lines: Iterable[str]) -> None:
    """Add lines and return when they are on disk; several processes may do so at once. Raises OSError.

    A new file can be read by its owner only; it is made also for no line.
    """
    content = "".join(f"{line}\n" for line in lines)
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "rb+", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if content and (size := file.seek(0, os.SEEK_END)) and os.pread(file.fileno(), 1, size - 1) != b"\n":
            # Somebody died in the middle of a line: it stays broken, and harms no other.
            content = f"\n{content}"
        if content:
            os.write(file.fileno(), content.encode())
            os.fsync(file.fileno())
    _sync_folder(path.parent)


def read_lines(path: Path) -> list[str]:
    """The lines of such a file without empty ones; none where there is no file. Raises OSError."""
    try:
        return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except FileNotFoundError:
        return []


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
