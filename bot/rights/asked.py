"""Questions that people ask, labelled with the article that answers them; the topic model learns from them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.config import ROOT
from bot.content import BrokenContent

ASKED = ROOT / "data" / "rights" / "asked"
FIELDS = ("text", "topic", "lang", "writer")
ASKED_LANGS = ("id", "mixed", "regional", "en")


@dataclass(frozen=True)
class Asked:
    """One imagined question; `topic` is an article's code, None where no article answers."""

    text: str
    topic: str | None
    lang: str
    writer: str


def load_asked(folder: Path = ASKED) -> tuple[Asked, ...]:
    """All questions of a folder's JSON Lines files. Raises BrokenContent with file, line and field."""
    return tuple(asked for path in sorted(folder.glob("*.jsonl")) for asked in _read(path))


def _read(path: Path) -> Iterator[Asked]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        yield _asked(path, number, line)


def _asked(path: Path, number: int, line: str) -> Asked:
    try:
        raw: Any = json.loads(line)
    except json.JSONDecodeError:
        raw = None
    if not isinstance(raw, dict):
        raise BrokenContent(path, number, "", "must be one JSON object a line")
    unknown = sorted(raw.keys() - set(FIELDS))
    if unknown:
        raise BrokenContent(path, number, unknown[0], f"is unknown; there are {', '.join(FIELDS)}")
    for name in ("text", "lang", "writer"):
        if not isinstance(raw.get(name), str) or not raw[name].strip():
            raise BrokenContent(path, number, name, "must be a text that is not empty")
    if raw["lang"] not in ASKED_LANGS:
        raise BrokenContent(path, number, "lang", f"must be one of {', '.join(ASKED_LANGS)}")
    if "topic" not in raw or not (raw["topic"] is None or isinstance(raw["topic"], str)):
        raise BrokenContent(path, number, "topic", "must be an article's code, or null where none answers")
    return Asked(raw["text"], raw["topic"], raw["lang"], raw["writer"])
