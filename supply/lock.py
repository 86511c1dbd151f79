"""Reads requirements.lock: each part with its version, its files' hashes and what asks for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).resolve().parents[1] / "requirements.lock"
_PART = re.compile(r"^(?P<name>[a-z0-9][a-z0-9._-]*)(?:\[[^]]*\])?==(?P<version>[^\s;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_VIA = re.compile(r"^\s+#(?:\s+via)?\s+(?!via$)(?P<name>[a-z0-9][a-z0-9._-]*)(?:\s|$)")


@dataclass(frozen=True)
class Part:
    """One pinned package. `because_of` names the parts (or the project itself) that ask for it."""

    name: str
    version: str
    hashes: tuple[str, ...]
    because_of: tuple[str, ...]

    @property
    def purl(self) -> str:
        return f"pkg:pypi/{self.name}@{self.version}"


def parts(text: str) -> Iterator[Part]:
    """Each part of a lock file's text, in its order."""
    for block in re.split(r"\n(?=[a-z0-9])", text):
        found = _PART.match(block)
        if found:
            asking = (match["name"] for line in block.splitlines()[1:] if (match := _VIA.match(line)))
            yield Part(found["name"], found["version"], tuple(_HASH.findall(block)), tuple(asking))


def load_parts(file: Path = FILE) -> tuple[Part, ...]:
    """The parts of this product."""
    return tuple(parts(file.read_text()))
