"""The editor's form: an article into fields, and fields into an article. What is typed is cleaned, never cut."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from starlette.datastructures import FormData

from bot.rights.model import CONFIDENCES, Article, Citation, Deadline, Words

LONGEST = {"title": 200, "short": 4000, "body": 30_000, "list": 8000, "line": 300}
"""Characters. More is refused with the field's name; nobody's text is cut off in silence."""
MOST_ROWS = 40

AUDIENCES = ("adult", "child")
LISTS = ("questions", "steps", "limits", "practice", "who")
LANGS = ("id", "en")

_HARMFUL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
"""Control characters, and those that make a text read otherwise than it is written."""


class BadForm(Exception):
    """A field can't be read or is too long; `field` names it, `rule` says what."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field}: {rule}")
        self.field = field
        self.rule = rule


def read_form(sent: FormData, base: Article) -> Article:
    """The article that a form holds; what the form does not show stays as in `base`. Raises BadForm."""
    words = {lang: _words(sent, lang) for lang in LANGS}
    if not any((words["en"].title, words["en"].short, words["en"].body, *_all_lists(words["en"]))):
        del words["en"]
    audience = _text(sent, "audience", "line")
    return replace(
        base,
        words=words,
        audience=audience if audience in AUDIENCES else "adult",
        jurisdiction=_text(sent, "jurisdiction", "line").upper() or "ID",
        regions=_codes(sent, "regions"),
        problem_types=_codes(sent, "problem_types", upper=False),
        related=_codes(sent, "related"),
        services=_codes(sent, "services"),
        valid_until=_day(sent, "valid_until"),
        irreversible=bool(sent.get("irreversible", "")),
        open_question=_text(sent, "open_question", "short") or None,
        citations=_citations(sent),
        deadlines=_deadlines(sent),
    )


def _words(sent: FormData, lang: str) -> Words:
    lists = {name: _lines(sent, f"{lang}_{name}") for name in LISTS}
    return Words(
        title=_one_line(sent, f"{lang}_title", "title"),
        short=_text(sent, f"{lang}_short", "short"),
        body=_text(sent, f"{lang}_body", "body"),
        **lists,
    )


def _all_lists(words: Words) -> list[tuple[str, ...]]:
    return [getattr(words, name) for name in LISTS]


def _citations(sent: FormData) -> tuple[Citation, ...]:
    rows = _rows(sent, "citation", ("law", "article", "paragraph", "state", "confidence"))
    return tuple(
        Citation(
            law=row["law"],
            article=row["article"],
            paragraph=row["paragraph"],
            state=row["state"],
            confidence=row["confidence"] if row["confidence"] in CONFIDENCES else "M",
        )
        for row in rows
        if row["law"] or row["article"] or row["paragraph"]
    )


def _deadlines(sent: FormData) -> tuple[Deadline, ...]:
    rows = _rows(sent, "deadline", ("within", "id", "en", "runs_for"))
    return tuple(
        Deadline(
            label={"id": row["id"], "en": row["en"]},
            within=row["within"].replace("x", "×"),
            runs_for="agency" if row["runs_for"] == "agency" else "client",
        )
        for row in rows
        if row["within"] or row["id"] or row["en"]
    )


def _rows(sent: FormData, prefix: str, names: tuple[str, ...]) -> list[dict[str, str]]:
    """The columns of a small table of inputs, as rows."""
    columns = [[_clean(value) for value in sent.getlist(f"{prefix}_{name}")] for name in names]
    if len({len(column) for column in columns}) > 1 or len(columns[0]) > MOST_ROWS:
        raise BadForm(f"{prefix}s", "unreadable")
    if any(len(value) > LONGEST["line"] for column in columns for value in column):
        raise BadForm(f"{prefix}s", "too_long")
    return [
        {name: " ".join(value.split()) for name, value in zip(names, row, strict=True)}
        for row in zip(*columns, strict=True)
    ]


def _text(sent: FormData, field: str, limit: str) -> str:
    text = _clean(sent.get(field, ""))
    if len(text) > LONGEST[limit]:
        raise BadForm(field.replace("_", ".", 1), "too_long")
    return text


def _one_line(sent: FormData, field: str, limit: str) -> str:
    return " ".join(_text(sent, field, limit).split())


def _lines(sent: FormData, field: str) -> tuple[str, ...]:
    lines = (" ".join(line.split()) for line in _text(sent, field, "list").splitlines())
    return tuple(line for line in lines if line)


def _codes(sent: FormData, field: str, *, upper: bool = True) -> tuple[str, ...]:
    found = re.split(r"[\s,;]+", _text(sent, field, "list"))
    return tuple(dict.fromkeys(code.upper() if upper else code for code in found if code))


def _day(sent: FormData, field: str) -> date:
    try:
        return date.fromisoformat(_text(sent, field, "line"))
    except ValueError:
        raise BadForm(field, "no_day") from None


def _clean(value: object) -> str:
    text = value if isinstance(value, str) else ""
    return _HARMFUL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
