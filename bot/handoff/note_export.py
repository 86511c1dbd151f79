"""The note as a record that can be taken away: for the person everything, for staff exactly what consent opens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.accounts import audit
from bot.accounts.model import Staff
from bot.conversation.transcript import load
from bot.conversation.turn_store import remembered
from bot.counselling import service as counselling
from bot.counselling.model import Origin, Status
from bot.counselling.note_form import Field, NoteForm, blank, origin
from bot.handoff.model import Content, Entry, NotYours, Reader, View
from bot.handoff.reading import EXPORT, assessments, open_conversation, readers
from bot.storage.unit_of_work import UnitOfWork

Json = dict[str, Any]


def of_client(uow: UnitOfWork, conversation_id: str, form: NoteForm) -> Json:
    """Everything that is recorded of a conversation, for the person it is about. Raises ConversationGone.

    Of the staff's part they learn that it was written, by whom and when; its words they ask the worker for.
    """
    who = load(uow, conversation_id)
    decisions = counselling.decisions(uow, conversation_id)
    known = counselling.the_note(uow, conversation_id)
    chosen = _chosen(decisions) | {"risk": [who.risk]}
    if who.safe_to_contact is not None:
        chosen["contact"] = ["yes" if who.safe_to_contact else "no"]
    written = assessments(uow, conversation_id)
    return {
        **_frame(form, who.label, who.lang, uow, "client", None),
        "shared": None,
        "values": [
            _written(field, written.get(field.name, ()))
            if field.filled_by == "staff"
            else _value(field, known.get(field.name), chosen.get(field.name, []))
            for field in form.fields
        ],
        "topic": _topic(remembered(uow, conversation_id).topic, form),
        "do_not_ask": [name for name, value in known.items() if value["status"] == Status.DECLINED],
        "decisions": [
            {key: item[key] for key in ("kind", "option", "words", "shown", "version", "at")} for item in decisions
        ],
        "consents": [_consent(item) for item in _shown_to_the_person(counselling.consents(uow, conversation_id))],
        "read_by": [_reader(reader) for reader in readers(uow, conversation_id)],
    }


def _shown_to_the_person(consents: Sequence[Json]) -> list[Json]:
    """What was passed on by duty stays out until the person was told: somebody else may read this page along."""
    told = {item["text_hash"] for item in consents if item["kind"] == "told"}
    return [item for item in consents if item["purpose"] != "disclosed" or item["text_hash"] in told]


def of_staff(uow: UnitOfWork, handoff_id: str, staff: Staff, form: NoteForm) -> Json:
    """The note that was shared and the staff's own part, for the worker who holds the conversation; on record.

    Raises HandoffNotFound, NotYours.
    """
    view = open_conversation(uow, handoff_id, staff)
    if view.content is None:
        raise NotYours(view.row.held_by or "")
    audit.record(uow, staff, EXPORT, "handoff", handoff_id)
    content, talk = view.content, view.conversation
    shared = _shared(content)
    values = [_value_shared(field, content.note) for field in form.fields if field.filled_by != "staff"]
    values = [value for value in values if value["status"] != Status.NOT_ASKED]
    return {
        **_frame(form, talk.label, talk.lang, uow, "staff", staff.designation),
        "shared": shared,
        "values": values + [_observed(field, content.assessment.get(field.name, ())) for field in form.of_staff],
        "topic": None,
        "do_not_ask": [str(name) for name in content.note.get("do_not_ask") or ()],
        "decisions": [],
        "consents": _consent_of(uow, view, content),
        "read_by": [],
    }


def _frame(form: NoteForm, label: str, lang: str, uow: UnitOfWork, kind: str, by: str | None) -> Json:
    return {
        "version": form.version,
        "conversation": label,
        "lang": lang,
        "exported_at": uow.now.isoformat(),
        "made_for": {"kind": kind, "by": by},
    }


def _shared(content: Content) -> Json | None:
    if content.note_text is None or content.note_until is None:
        return None
    return {
        "text": content.note_text,
        "text_hash": content.note_hash or "",
        "recipient": str(content.consent.get("recipient") or content.consent.get("to") or ""),
        "purpose": str(content.consent.get("purpose") or "share"),
        "until": content.note_until.isoformat(),
    }


def _consent_of(uow: UnitOfWork, view: View, content: Content) -> list[Json]:
    """The consent that the shared text was agreed to in, and no other."""
    given = counselling.consents(uow, view.conversation.id) if content.note_hash else []
    return [_consent(item) for item in given if item["text_hash"] == content.note_hash][-1:]


def _consent(item: Mapping[str, Any]) -> Json:
    return {key: item[key] for key in ("purpose", "kind", "recipient", "text_hash", "expires_at", "at")}


def _reader(reader: Reader) -> Json:
    return {
        "designation": reader.designation,
        "what": list(reader.what),
        "first": reader.first.isoformat(),
        "last": reader.last.isoformat(),
    }


def _topic(problem: str | None, form: NoteForm) -> Json | None:
    """What the assistant takes the talk to be about, where that has nothing to do with violence."""
    name = form.chi.get(problem or "")
    return {"code": problem, "chi": name, "origin": Origin.INFERRED.value} if name else None


def _chosen(decisions: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """What was chosen by button, by part of the note: the newest answer, each option once."""
    found: dict[str, list[str]] = {"options_shown": [], "declined_options": []}
    for item in decisions:
        if item["kind"] in ("safe", "not_safe"):
            found["safe"] = [item["kind"]]
        elif item["kind"] == "shown":
            found["options_shown"] += [code for code in item["shown"] if code not in found["options_shown"]]
        elif item["kind"] == "declined" and item["option"]:
            found["declined_options"] = [*found["declined_options"], item["option"]]
        elif item["kind"] == "chosen" and item["option"]:
            found["chosen"] = [item["option"]]
        elif item["kind"] in ("withdrawn", "postponed"):
            found.pop("chosen", None)
    return {name: list(dict.fromkeys(codes)) for name, codes in found.items()}


def _value(field: Field, known: Mapping[str, Any] | None, codes: list[str]) -> Json:
    """A part that the client filled, by words or by choosing, or that the system recorded."""
    value = blank(field)
    if known:
        return {**value, **known}
    if not codes:
        return value
    kind = Origin.INFERRED if field.filled_by == "system" else Origin.CHOSEN
    return {
        **value,
        "status": Status.TOLD.value,
        "codes": codes,
        "origin": origin(kind),
        "maps": field.mapped(codes),
    }


def _value_shared(field: Field, note: Mapping[str, Any]) -> Json:
    """A part as it stands in the note that was agreed to."""
    value, item = blank(field), part_of(note, field.name)
    if item is None:
        return value
    given: object = item.get("origin")
    where: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    codes = [str(code) for code in item.get("codes") or ()]
    return {
        **value,
        "status": str(item.get("status") or Status.TOLD),
        "words": None if codes else item.get("words"),
        "codes": codes,
        "maps": field.mapped(codes),
        "origin": {**origin(Origin(str(where.get("kind") or Origin.CLIENT_WORDS))), **_place(where)},
    }


def _place(where: Mapping[str, Any]) -> Json:
    message = where.get("message")
    return {
        "message": None if message is None else str(message),
        "start": int(where.get("start") or 0),
        "end": int(where.get("end") or 0),
    }


def part_of(note: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """One part of a shared note by its name; None where the note lacks it."""
    items = [note.get(part) for part in ("safe", "wants")]
    items += [*(note.get("dimensions") or ()), *(note.get("options") or ())]
    named = [item for item in items if isinstance(item, Mapping)]
    return next((item for item in named if item.get("name") == name), None)


def _observed(field: Field, said: Sequence[Entry]) -> Json:
    """A part of the staff with its history, oldest entry first."""
    value = blank(field)
    history = [{"words": _words(field, e), "codes": _codes(field, e), "by": e.by, "at": e.at.isoformat()} for e in said]
    if not said or said[-1].words is None:
        return {**value, "history": history}
    codes = _codes(field, said[-1])
    return {
        **value,
        "status": Status.TOLD.value,
        "words": _words(field, said[-1]),
        "codes": codes,
        "origin": origin(Origin.STAFF),
        "maps": field.mapped(codes),
        "by": said[-1].by,
        "at": said[-1].at.isoformat(),
        "history": history,
    }


def _codes(field: Field, entry: Entry) -> list[str]:
    return field.codes(entry.words or "")


def _words(field: Field, entry: Entry) -> str | None:
    return None if _codes(field, entry) else entry.words


def _written(field: Field, said: Sequence[Entry]) -> Json:
    """That staff wrote something, by whom and when, without their words."""
    if not said or said[-1].words is None:
        return blank(field)
    return {
        **blank(field),
        "status": Status.TOLD.value,
        "origin": origin(Origin.STAFF),
        "by": said[-1].by,
        "at": said[-1].at.isoformat(),
    }
