"""The structured note: made from the state of the dialogue, each value with its origin."""

from __future__ import annotations

from typing import Any

from bot.counselling.dialogue.agenda import in_words
from bot.counselling.model import Definitions, Dialogue, Move, Status, Value


def recorded(move: Move, name: str, value: Value) -> Move:
    """Ask the app to keep one value of the note."""
    return move.do(
        "record_value",
        name=name,
        status=value.status.value,
        words=value.words,
        message=value.message,
        start=value.start,
        end=value.end,
        origin=value.origin.value,
    )


def note_text(state: Dialogue, definitions: Definitions) -> str:
    """The note as the person sees it before it is shared: exactly what the worker will read."""
    lines = [
        f"• {d.label[state.lang]}: {in_words(state.value(d.name), state.lang, definitions)}"
        for d in definitions.dimensions
        if not state.value(d.name).open
    ]
    if state.plan.status is Status.TOLD:
        lines.append(f"• {in_words(state.plan, state.lang, definitions)}")
    return "\n".join(lines)


def note(state: Dialogue, definitions: Definitions) -> dict[str, Any]:
    """The note as data: values with status and origin, options shown, declined and chosen, what not to ask again."""
    return {
        "version": 1,
        "lang": state.lang,
        "safe": state.safe,
        "problem_type": {"code": state.problem, "origin": "inferred"} if state.problem else None,
        "wants": _item("plan", state.plan),
        "dimensions": [{**_item(d.name, state.value(d.name)), "label": dict(d.label)} for d in definitions.dimensions],
        "idea": _item("idea", state.idea),
        "options": {"shown": list(state.shown), "declined": list(state.declined), "chosen": state.chosen},
        "do_not_ask": [d.name for d in definitions.dimensions if state.value(d.name).status is Status.DECLINED],
        "contact": {"safe_to_contact": {"yes": True, "no": False}.get(state.contact)},
        "consents": {"keep": state.consent},
    }


def _item(name: str, value: Value) -> dict[str, Any]:
    return {
        "name": name,
        "status": value.status.value,
        "words": value.words or None,
        "origin": {
            "kind": value.origin.value,
            "message": value.message or None,
            "start": value.start,
            "end": value.end,
        },
    }
