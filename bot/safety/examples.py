"""Labelled messages: what data/safety/examples/ and the held-out lines are made of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bot.config import ROOT
from bot.content import BrokenContent
from bot.safety.model import Category, Message, Risk

EXAMPLES = ROOT / "data" / "safety" / "examples"

LANGS = ("id", "en", "mixed", "regional")
FORMS = (
    *("plain", "third_person", "client_threatens", "past", "denial", "idiom", "media", "joke", "info_question"),
    *("context", "hint", "ordinary", "unsorted"),
)


@dataclass(frozen=True)
class Example:
    """A labelled message: which danger it shows, in which language and form, and who imagined it."""

    message: Message
    risk: Risk
    category: Category
    lang: str
    form: str = "unsorted"
    writer: str = ""

    @property
    def text(self) -> str:
        return self.message.text


@cache
def load_examples(path: Path = EXAMPLES) -> tuple[Example, ...]:
    """The labelled lines of a file, or of all files in a folder. Raises BrokenContent with line and field."""
    files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    return tuple(example for file in files for example in _examples(file))


def _examples(path: Path) -> Iterator[Example]:
    seen: set[Message] = set()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        example = _example(path, number, line)
        if example.message in seen:
            raise BrokenContent(path, number, "text", "is there twice")
        seen.add(example.message)
        yield example


def _example(path: Path, number: int, line: str) -> Example:
    try:
        raw = json.loads(line)
    except json.JSONDecodeError:
        raise BrokenContent(path, number, "", "must be one JSON object a line") from None
    if not isinstance(raw, dict):
        raise BrokenContent(path, number, "", "must be one JSON object a line")
    for name, values in {"text": None, "risk": Risk, "category": Category, "lang": LANGS}.items():
        _check(path, number, name, raw.get(name), values)
    _check(path, number, "form", raw.setdefault("form", "unsorted"), FORMS)
    if (raw["risk"] == Risk.NONE) != (raw["category"] == Category.NONE):
        raise BrokenContent(path, number, "category", "must be none when, and only when, the risk is none")
    context, asked = raw.get("context", []), raw.get("asked")
    if not isinstance(context, list) or not all(isinstance(text, str) for text in context):
        raise BrokenContent(path, number, "context", "must be a list of texts")
    if asked is not None and not isinstance(asked, str):
        raise BrokenContent(path, number, "asked", "must be the name of a question")
    message = Message(raw["text"], tuple(context), asked)
    risk, category = Risk(raw["risk"]), Category(raw["category"])
    return Example(message, risk, category, raw["lang"], raw["form"], str(raw.get("writer", "")))


def _check(path: Path, number: int, name: str, value: Any, values: Any) -> None:
    if not isinstance(value, str) or not value or (values is not None and value not in set(values)):
        what = f"must be one of {', '.join(sorted(values))}" if values else "must be a text that is not empty"
        raise BrokenContent(path, number, name, what)
