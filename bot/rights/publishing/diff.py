"""What changed between two versions, field by field and word by word. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from bot.rights.model import Article, Citation, Deadline

_TOKEN = re.compile(r"\s+|[^\s\w]|\w+")
MOST_TOKENS = 4000
"""Beyond this a field is compared line by line: comparing words takes time that grows with their square."""
ALIKE = 0.5
"""Texts that share less are shown one after the other: single words that happen to be the same would only confuse."""


@dataclass(frozen=True)
class Piece:
    """A stretch of text: "same", "out" (only in the older version) or "in" (only in the newer one)."""

    kind: str
    text: str


@dataclass(frozen=True)
class Changed:
    """A field that differs, such as id.short."""

    field: str
    pieces: tuple[Piece, ...]


def changes(older: Article, newer: Article) -> list[Changed]:
    """The fields that differ, in the order of the form."""
    before, after = dict(_fields(older)), dict(_fields(newer))
    names = list(dict.fromkeys((*after, *before)))
    return [
        Changed(name, tuple(_compare(before.get(name, ""), after.get(name, ""))))
        for name in names
        if before.get(name, "") != after.get(name, "")
    ]


def _fields(article: Article) -> Iterator[tuple[str, str]]:
    for lang, words in sorted(article.words.items(), reverse=True):
        yield f"{lang}.title", words.title
        yield f"{lang}.short", words.short
        for name in ("questions", "steps", "limits", "practice", "who"):
            yield f"{lang}.{name}", "\n".join(getattr(words, name))
        yield f"{lang}.body", words.body
    yield "deadlines", "\n".join(map(_deadline, article.deadlines))
    yield "citations", "\n".join(map(_citation, article.citations))
    yield "audience", article.audience
    yield "jurisdiction", article.jurisdiction
    for name in ("regions", "problem_types", "related", "services"):
        yield name, ", ".join(getattr(article, name))
    yield "irreversible", "✓" if article.irreversible else ""
    yield "valid_until", article.valid_until.isoformat()
    yield "open_question", article.open_question or ""


def _deadline(deadline: Deadline) -> str:
    return f"{deadline.within}: {' / '.join(deadline.label.values())} ({deadline.runs_for})"


def _citation(citation: Citation) -> str:
    return f"{citation.source}: {citation.state} ({citation.confidence})"


def _compare(older: str, newer: str) -> Iterator[Piece]:
    before, after = _tokens(older), _tokens(newer)
    if len(before) + len(after) > MOST_TOKENS:
        before, after = older.splitlines(keepends=True), newer.splitlines(keepends=True)
    if _share(before, after) < ALIKE:
        yield from (Piece(kind, text) for kind, text in (("out", older), ("in", newer)) if text)
        return
    for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            yield Piece("same", "".join(before[a:b]))
            continue
        if a < b:
            yield Piece("out", "".join(before[a:b]))
        if c < d:
            yield Piece("in", "".join(after[c:d]))


def _share(before: list[str], after: list[str]) -> float:
    """How much of two texts is the same words in the same order; blanks would make any two texts alike."""
    older, newer = ([token for token in tokens if not token.isspace()] for tokens in (before, after))
    return SequenceMatcher(None, older, newer, autojunk=False).ratio()


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text)
