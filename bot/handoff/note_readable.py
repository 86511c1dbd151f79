"""An exported note in words: the same sections for the person, for the desk and for print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bot.clock import day_in_words, moment_in_words
from bot.counselling.definitions import load_definitions
from bot.counselling.note_form import SECTIONS, Field, NoteForm
from bot.handoff.model import Entry

Titles = Mapping[str, Mapping[str, str]]
"""The title of each option, by code and language."""


@dataclass(frozen=True)
class Line:
    """One part in words; `quoted` are the client's own, `status` speaks where there are none."""

    label: str
    words: str
    quoted: bool
    status: str
    by: str
    at: str


@dataclass(frozen=True)
class Section:
    """A part of the note with the lines that are not empty."""

    name: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Said:
    """One entry of the staff's part in words; "" where it was taken back."""

    words: str
    by: str
    at: str


@dataclass(frozen=True)
class Observed:
    """A part that staff fill: what stands now, as words and as it is kept, and what stood before, newest first."""

    field: Field
    label: str
    kept: str
    now: Said | None
    before: tuple[Said, ...]

    def chosen(self, code: str) -> bool:
        return code in self.field.codes(self.kept)


def option_titles() -> Titles:
    """The titles of all options, read once."""
    options = load_definitions().options
    return {code: {lang: option.title(lang) for lang in ("id", "en")} for code, option in options.items()}


def readable(note: Mapping[str, Any], form: NoteForm, titles: Titles, lang: str) -> list[Section]:
    """The sections in their order; what was not talked about, and what staff did not fill, is left out."""
    lines: dict[str, list[Line]] = {name: [] for name in SECTIONS}
    for value in note["values"]:
        field = form.field(value["name"])
        if field is not None and value["status"] != "not_asked":
            lines[value["section"]].append(_line(value, field, titles, lang))
    return [Section(name, tuple(found)) for name, found in lines.items() if found]


def _line(value: Mapping[str, Any], field: Field, titles: Titles, lang: str) -> Line:
    kind = (value["origin"] or {}).get("kind")
    words = value["words"] or ""
    if value["codes"] and field.type == "options":
        words = "; ".join(titles.get(code, {}).get(lang, code) for code in value["codes"])
    elif value["codes"]:
        words = ", ".join(field.said(code, lang) for code in value["codes"])
    elif field.type == "date" and words:
        words = day_in_words(date.fromisoformat(words), lang)
    return Line(
        label=field.label[lang],
        words=words,
        quoted=kind == "client_words" and bool(words),
        status="" if words else value["status"],
        by=value["by"] or "",
        at=moment_of(value["at"], lang) if value["at"] else "",
    )


def in_one_message(sections: Sequence[Section], lang: str, words: Mapping[str, Mapping[str, str]]) -> str:
    """The note as lines of a chat message; empty where the person and the system have left nothing to tell."""
    if not any(line.quoted or line.status for section in sections for line in section.lines if not line.by):
        return ""
    shown = [(line, _in_chat(line, lang, words)) for section in sections for line in section.lines]
    return "\n".join(f"• {line.label}: {said}" for line, said in shown)


def _in_chat(line: Line, lang: str, words: Mapping[str, Mapping[str, str]]) -> str:
    if line.quoted:
        return f"“{line.words}”"
    if line.by and not line.words:
        return f"{words['written_by_staff'][lang]} {line.by}, {line.at}"
    return line.words or words[f"status_{line.status}"][lang]


def moment_of(at: str, lang: str) -> str:
    """A stored moment as people read it."""
    return moment_in_words(datetime.fromisoformat(at), lang)


def observed(form: NoteForm, assessment: Mapping[str, Sequence[Entry]], lang: str) -> list[Observed]:
    """Every part that staff fill, filled or not, with its history."""
    return [_observed(field, tuple(assessment.get(field.name, ())), lang) for field in form.of_staff]


def _observed(field: Field, entries: tuple[Entry, ...], lang: str) -> Observed:
    said = [_said(field, entry, lang) for entry in reversed(entries)]
    now = said[0] if said and said[0].words else None
    kept = entries[-1].words or "" if entries else ""
    return Observed(field, field.label[lang], kept, now, tuple(said[1:] if now else said))


def _said(field: Field, entry: Entry, lang: str) -> Said:
    kept = entry.words or ""
    codes = field.codes(kept)
    words = ", ".join(field.said(code, lang) for code in codes) if codes else kept
    if field.type == "date" and kept:
        words = day_in_words(date.fromisoformat(kept), lang)
    return Said(words, entry.by, moment_in_words(entry.at, lang))
