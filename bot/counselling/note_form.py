"""The declared form of the structured note, and the JSON Schema of a note in that form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from bot.config import ROOT
from bot.content import BrokenContent, Node, read_yaml
from bot.counselling.model import Origin, Status

FORM = ROOT / "data" / "note" / "note.yml"
FILLED_BY = ("client", "chosen", "system", "staff")
TYPES = ("words", "options", "text", "choice", "choices", "date")
SECTIONS = ("safety", "wishes", "words", "options", "contact", "assessment")
READERS_SEE = ("conversation", "note")
SCHEMA_PATH = "/note-schema.json"
MAX_STAFF_TEXT = 4_000
"""Characters of one entry of the staff's part."""

_CODED = frozenset({"choice", "choices"})
_STAFF_TYPES = frozenset({"text", "choice", "choices", "date"})


class BadEntry(Exception):
    """What staff entered does not fit the form; `name` is the part."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True)
class Choice:
    """One answer of a part that is filled by choosing."""

    code: str
    label: Mapping[str, str]
    maps: Mapping[str, str]


@dataclass(frozen=True)
class Field:
    """One part of the note: its name, where it stands, its type, who fills it, whether it is personal."""

    name: str
    section: str
    type: str
    filled_by: str
    personal: bool
    label: Mapping[str, str]
    maps: Mapping[str, str]
    choices: tuple[Choice, ...] = ()

    def said(self, code: str, lang: str) -> str:
        """The words of a chosen code; a code that the form no longer has is shown as it is."""
        return next((choice.label[lang] for choice in self.choices if choice.code == code), code)

    def clean(self, given: Iterable[str]) -> str:
        """What staff entered, in the form in which it is kept; "" for nothing. Raises BadEntry."""
        values = [value.replace("\r\n", "\n").strip() for value in given if value.strip()]
        known = [choice.code for choice in self.choices]
        if self.type in _CODED:
            if not set(values) <= set(known) or (self.type == "choice" and len(values) > 1):
                raise BadEntry(self.name)
            return " ".join(code for code in known if code in values)
        entry = values[0] if values else ""
        if len(entry) > MAX_STAFF_TEXT or len(values) > 1:
            raise BadEntry(self.name)
        if self.type == "date" and entry:
            _day(self.name, entry)
        return entry

    def codes(self, kept: str) -> list[str]:
        """The chosen codes of a kept entry; none for a part in words."""
        return kept.split() if self.type in _CODED else []

    def mapped(self, codes: Iterable[str] = ()) -> dict[str, list[str]]:
        """What the part, and what was chosen in it, is called in other forms."""
        found = {form: [name] for form, name in self.maps.items()}
        for choice in self.choices:
            for form, name in choice.maps.items() if choice.code in set(codes) else ():
                found.setdefault(form, []).append(name)
        return found


def _day(name: str, entry: str) -> None:
    try:
        date.fromisoformat(entry)
    except ValueError:
        raise BadEntry(name) from None


@dataclass(frozen=True)
class NoteForm:
    """All parts of the note, in their order; `chi` names the topic in another helpline's categories."""

    version: int
    fields: tuple[Field, ...]
    chi: Mapping[str, str]

    def field(self, name: str) -> Field | None:
        return next((field for field in self.fields if field.name == name), None)

    @property
    def of_staff(self) -> tuple[Field, ...]:
        """The parts that only staff fill."""
        return tuple(field for field in self.fields if field.filled_by == "staff")


@cache
def load_form(path: Path = FORM) -> NoteForm:
    """Read the declared form. Raises BrokenContent."""
    node = read_yaml(path)
    fields = [_field(item) for item in node.child("fields").each()]
    if len({field.name for field in fields}) != len(fields):
        raise BrokenContent(path, 1, "fields", "names a part twice")
    return NoteForm(node.child("version").whole(), tuple(fields), dict(node.child("chi").value))


def _field(item: Node) -> Field:
    field = Field(
        name=item.child("name").text(),
        section=item.child("section").one_of(SECTIONS),
        type=item.child("type").one_of(TYPES),
        filled_by=item.child("filled_by").one_of(FILLED_BY),
        personal=item.child("personal").yes(),
        label=item.child("label").words(),
        maps=_maps(item),
        choices=_choices(item),
    )
    if (field.filled_by == "staff") != (field.section == "assessment"):
        raise item.broken("staff fill the section assessment, and nothing else")
    if field.filled_by == "staff" and field.type not in _STAFF_TYPES:
        raise item.child("type").broken(f"must be one of {', '.join(sorted(_STAFF_TYPES))} where staff fill it")
    if (field.type in _CODED) != bool(field.choices):
        raise item.broken("needs choices exactly where the type is choice or choices")
    return field


def _choices(item: Node) -> tuple[Choice, ...]:
    listed = item.find("choices")
    return tuple(
        Choice(choice.child("code").text(), choice.child("label").words(), _maps(choice))
        for choice in (listed.each() if listed else ())
    )


def _maps(item: Node) -> dict[str, str]:
    maps = item.find("maps")
    return {form: maps.child(form).text() for form in maps.keys()} if maps else {}  # noqa: SIM118  # a Node is no dict


def blank(field: Field) -> dict[str, Any]:
    """A part of an export that nothing is known about."""
    return {
        "name": field.name,
        "section": field.section,
        "type": field.type,
        "label": dict(field.label),
        "personal": field.personal,
        "filled_by": field.filled_by,
        "status": Status.NOT_ASKED.value,
        "words": None,
        "codes": [],
        "origin": None,
        "confirmed": False,
        "maps": field.mapped(),
        "by": None,
        "at": None,
        "history": [],
    }


def origin(kind: Origin) -> dict[str, Any]:
    """An origin that is no place in a message."""
    return {"kind": kind.value, "message": None, "start": 0, "end": 0}


def schema(form: NoteForm) -> dict[str, Any]:
    """The JSON Schema of an export in this form."""
    text, maybe, number = {"type": "string"}, {"type": ["string", "null"]}, {"type": "integer", "minimum": 0}
    from_where = {"kind": {"enum": [item.value for item in Origin]}, "message": maybe, "start": number, "end": number}
    value = {
        "name": {"enum": [field.name for field in form.fields]},
        "section": {"enum": list(SECTIONS)},
        "type": {"enum": list(TYPES)},
        "label": {"type": "object", "properties": {"id": text, "en": text}, "required": ["id", "en"]},
        "personal": {"type": "boolean"},
        "filled_by": {"enum": list(FILLED_BY)},
        "status": {"enum": [status.value for status in Status]},
        "words": maybe,
        "codes": _list(text),
        "origin": _or_null(_object(from_where)),
        "confirmed": {"type": "boolean"},
        "maps": {"type": "object", "additionalProperties": _list(text)},
        "by": maybe,
        "at": maybe,
        "history": _list(_object({"words": maybe, "codes": _list(text), "by": text, "at": text})),
    }
    decision = {"kind": text, "option": maybe, "words": maybe, "shown": _list(text), "version": maybe, "at": text}
    consent = dict.fromkeys(("recipient", "text_hash", "expires_at"), maybe) | dict.fromkeys(
        ("purpose", "kind", "at"), text
    )
    shared = {"text": text, "text_hash": text, "recipient": text, "purpose": text, "until": text}
    reader = {"designation": text, "what": _list({"enum": list(READERS_SEE)}), "first": text, "last": text}
    whole = {
        "version": {"const": form.version},
        "conversation": text,
        "lang": {"enum": ["id", "en"]},
        "exported_at": text,
        "made_for": _object({"kind": {"enum": ["client", "staff"]}, "by": maybe}),
        "shared": _or_null(_object(shared)),
        "values": _list(_only_staff_as_staff(_object(value))),
        "topic": _or_null(_object({"code": {"enum": sorted(form.chi)}, "chi": text, "origin": {"const": "inferred"}})),
        "do_not_ask": _list(text),
        "decisions": _list(_object(decision)),
        "consents": _list(_object(consent)),
        "read_by": _list(_object(reader)),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Pendamping: structured note",
        **_object(whole),
        "x-choices": {
            field.name: {choice.code: dict(choice.label) for choice in field.choices}
            for field in form.fields
            if field.choices
        },
    }


def _only_staff_as_staff(value: dict[str, Any]) -> dict[str, Any]:
    """The staff's part has the origin staff or none, and no other part has it."""
    # A rule about the properties of an object lets null through.
    own = {"properties": {"origin": {"properties": {"kind": {"const": "staff"}}}}}
    others = {"properties": {"origin": {"not": {"type": "object", "properties": {"kind": {"const": "staff"}}}}}}
    return {**value, "if": {"properties": {"filled_by": {"const": "staff"}}}, "then": own, "else": others}


def _or_null(wanted: dict[str, Any]) -> dict[str, Any]:
    return {"oneOf": [{"type": "null"}, wanted]}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}
