"""How the components keep what they learned in the model's archive."""

from __future__ import annotations

import pickle
import zlib
from pathlib import Path
from typing import Any

QUICK = 1
"""Rasa packs the archive with the slowest compression there is: what is compressed before costs it no time."""


def keep(path: Path, learned: Any) -> None:
    """Write an object of ours."""
    keep_bytes(path, pickle.dumps(learned))


def kept(path: Path) -> Any:
    """Read it: our own file from our own model archive, never from outside."""
    return pickle.loads(kept_bytes(path))


def keep_bytes(path: Path, raw: bytes) -> None:
    """Write a file of a library's own form."""
    path.write_bytes(zlib.compress(raw, QUICK))


def kept_bytes(path: Path) -> bytes:
    """Read it."""
    return zlib.decompress(path.read_bytes())
