"""The declared form of the structured note, and the note as JSON in that form with its JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bot.config import ROOT
from bot.content import BrokenContent, read_yaml
from bot.conversation.transcript import load
from bot.counselling import service
from bot.counselling.model import Origin, Status
from bot.storage.unit_of_work import UnitOfWork

FORM = ROOT / "data" / "note" / "note.yml"
FILLED_BY = ("client", "chosen", "system", "staff")
SECTIONS = ("safety", "wishes", "words", "options", "contact", "assessment")
SCHEMA_PATH = "/note-schema.json"


@dataclass(frozen=True)
class Field:
    """One part of the note: its name, where it stands, who fills it, whether it is personal."""

    name: str
    section: str
    filled_by: str
    personal: bool
    label: Mapping[str, str]
    maps: Mapping[str, str]


@dataclass(frozen=True)
class NoteForm:
    """All parts of the note, in their order; `chi` names the topic in another helpline's categories."""

    version: int
    fields: tuple[Field, ...]
    chi: Mapping[str, str]


@cache
def load_form(path: Path = FORM) -> NoteForm:
    """Read the declared form. Raises BrokenContent."""
    node = read_yaml(path)
    fields = []
    for item in node.child("fields").each():
        maps = item.find("maps")
        fields.append(
            Field(
                name=item.child("name").text(),
                section=item.child("section").one_of(SECTIONS),
                filled_by=item.child("filled_by").one_of(FILLED_BY),
                personal=bool(item.child("personal").value),
                label=item.child("label").words(),
                maps={str(key): str(value) for key, value in maps.value.items()} if maps else {},
            )
        )
    if len({field.name for field in fields}) != len(fields):
        raise BrokenContent(path, 1, "fields", "names a part twice")
    return NoteForm(node.child("version").whole(), tuple(fields), dict(node.child("chi").value))


def export(uow: UnitOfWork, conversation_id: str, form: NoteForm) -> dict[str, Any]:
    """Everything that is recorded of a conversation, in the declared form. Raises ConversationGone."""
    who = load(uow, conversation_id)
    decisions = service.decisions(uow, conversation_id)
    known = service.the_note(uow, conversation_id)
    return {
        "version": form.version,
        "conversation": who.label,
        "lang": who.lang,
        "exported_at": uow.now.isoformat(),
        "values": [_value(field, known.get(field.name), who.risk, decisions) for field in form.fields],
        "do_not_ask": [name for name, value in known.items() if value["status"] == Status.DECLINED],
        "decisions": [{key: item[key] for key in ("kind", "option", "words", "shown", "at")} for item in decisions],
        "consents": [
            {key: item[key] for key in ("purpose", "kind", "recipient", "text_hash", "expires_at", "at")}
            for item in _shown_to_the_person(service.consents(uow, conversation_id))
        ],
    }


def _shown_to_the_person(consents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What was passed on by duty stays out until the person was told: somebody else may read this page along."""
    told = {item["text_hash"] for item in consents if item["kind"] == "told"}
    return [item for item in consents if item["purpose"] != "disclosed" or item["text_hash"] in told]


def _value(field: Field, known: dict[str, Any] | None, risk: str, decisions: list[dict[str, Any]]) -> dict[str, Any]:
    value: dict[str, Any] = {
        "name": field.name,
        "section": field.section,
        "label": dict(field.label),
        "personal": field.personal,
        "filled_by": field.filled_by,
        "status": Status.NOT_ASKED.value,
        "words": None,
        "origin": None,
        "confirmed": False,
    }
    if field.name == "risk":
        return {**value, "status": Status.TOLD.value, "words": risk, "origin": _origin(Origin.INFERRED)}
    if field.name == "safe":
        said = [item["kind"] for item in decisions if item["kind"] in ("safe", "not_safe")]
        chosen = {"status": Status.TOLD.value, "words": said[-1], "origin": _origin(Origin.CHOSEN)} if said else {}
        return {**value, **chosen}
    return {**value, **known} if known else value


def _origin(kind: Origin) -> dict[str, Any]:
    return {"kind": kind.value, "message": None, "start": 0, "end": 0}


def schema(form: NoteForm) -> dict[str, Any]:
    """The JSON Schema of an export in this form."""
    text, maybe = {"type": "string"}, {"type": ["string", "null"]}
    origin = {
        "type": ["object", "null"],
        "properties": {
            "kind": {"enum": [origin.value for origin in Origin]},
            "message": maybe,
            "start": {"type": "integer", "minimum": 0},
            "end": {"type": "integer", "minimum": 0},
        },
        "required": ["kind", "message", "start", "end"],
        "additionalProperties": False,
    }
    value = {
        "name": {"enum": [field.name for field in form.fields]},
        "section": {"enum": list(SECTIONS)},
        "label": {"type": "object", "properties": {"id": text, "en": text}, "required": ["id", "en"]},
        "personal": {"type": "boolean"},
        "filled_by": {"enum": list(FILLED_BY)},
        "status": {"enum": [status.value for status in Status]},
        "words": maybe,
        "origin": origin,
        "confirmed": {"type": "boolean"},
    }
    decision = {"kind": text, "option": maybe, "words": maybe, "shown": _list(text), "at": text}
    consent = dict.fromkeys(("recipient", "text_hash", "expires_at"), maybe) | dict.fromkeys(
        ("purpose", "kind", "at"), text
    )
    whole = {
        "version": {"const": form.version},
        "conversation": text,
        "lang": {"enum": ["id", "en"]},
        "exported_at": text,
        "values": _list(_object(value)),
        "do_not_ask": _list(text),
        "decisions": _list(_object(decision)),
        "consents": _list(_object(consent)),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Pendamping: structured note",
        **_object(whole),
    }


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}
