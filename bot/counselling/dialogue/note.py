"""The structured note: made from the state of the dialogue, each value with its origin.

The person consents to `note_text`; `note` holds the same lines as data, and nothing besides.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.counselling.dialogue.agenda import in_words
from bot.counselling.model import Definitions, Dialogue, Move, Status, Value

BESIDE = {"address": "address", "wants": "hope", "idea": "idea", "plan": "plan", "contact_rules": "contact_how"}
"""Lines of the note beside the dimensions that hold own words, and where the state keeps them."""


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
    """The note as the person sees it before it is shared: exactly what the worker will read. Empty without a story."""
    lines = [
        f"• {label[state.lang]}: {in_words(value, state.lang, definitions)}"
        for _, label, value in _values(state, definitions)
    ]
    if not any(d.name in state.dims for d in definitions.dimensions):
        return ""
    lines += [f"• {label[state.lang]}: {said[state.lang]}" for _, label, said in _choices(state, definitions)]
    return "\n".join(lines)


def note(state: Dialogue, definitions: Definitions) -> dict[str, Any]:
    """The lines of `note_text` as data: values with status and origin, then what was chosen by button."""
    values = {name: _item(name, label, value) for name, label, value in _values(state, definitions)}
    choices = {
        name: {
            "name": name,
            "label": dict(label),
            "words": said[state.lang],
            "codes": _codes(name, state),
            "origin": {"kind": "chosen"},
        }
        for name, label, said in _choices(state, definitions)
    }
    wants = values.pop("wants", None)
    safe = choices.pop("safe", None)
    return {
        "version": 1,
        "lang": state.lang,
        "safe": safe,
        "wants": wants,
        "do_not_ask": do_not_ask(state),
        "dimensions": list(values.values()),
        "options": list(choices.values()),
    }


def do_not_ask(state: Dialogue) -> list[str]:
    """What the person would rather not be asked again: every question that was declined, or struck out."""
    beside = {name: getattr(state, field) for name, field in BESIDE.items()}
    return [name for name, value in {**state.dims, **beside}.items() if value.status is Status.DECLINED]


def items(state: Dialogue, definitions: Definitions) -> list[tuple[str, Mapping[str, str]]]:
    """Name and label of each line of the note, in its order."""
    lines = [(name, label) for name, label, _ in _values(state, definitions)]
    return lines + [(name, label) for name, label, _ in _choices(state, definitions)]


def struck_out(move: Move, name: str) -> Move:
    """The note without one line: own words go for good, what was chosen is only left out of what is shared."""
    if name in BESIDE:
        value = Value(Status.DECLINED)
        return recorded(move.to(**{BESIDE[name]: value}), name, value)
    return move.to(struck=(*move.state.struck, name))


def settled(move: Move) -> Move:
    """A correction of a line beside the dimensions lands in its own place."""
    state = move.state
    corrected = {name: state.dims[name] for name in BESIDE if name in state.dims}
    if not corrected:
        return move
    dims = {name: value for name, value in state.dims.items() if name not in corrected}
    return move.to(dims=dims, **{BESIDE[name]: value for name, value in corrected.items()})


def _values(state: Dialogue, definitions: Definitions) -> list[tuple[str, Mapping[str, str], Value]]:
    """Name, label and value of everything the person said or would rather not say."""
    labels = definitions.note_labels
    named = [("address", labels["address"], state.address), ("wants", labels["wants"], state.hope)]
    named += [(d.name, d.label, state.value(d.name)) for d in definitions.dimensions]
    named += [
        ("idea", labels["idea"], state.idea),
        ("plan", labels["plan"], state.plan),
        ("contact_rules", labels["contact_rules"], state.contact_how),
    ]
    return [(name, label, value) for name, label, value in named if not value.open]


def _choices(state: Dialogue, definitions: Definitions) -> list[tuple[str, Mapping[str, str], Mapping[str, str]]]:
    """Name, label and words of what was chosen among given answers."""
    labels, found = definitions.note_labels, []
    if state.safe in definitions.note_words:
        found.append(("safe", labels["safe"], definitions.note_words[state.safe]))
    if state.chosen:
        found.append(("chosen", labels["chosen"], _titles((state.chosen,), definitions)))
    if state.declined:
        found.append(("declined_options", labels["declined_options"], _titles(state.declined, definitions)))
    return [(name, label, said) for name, label, said in found if name not in state.struck]


def _codes(name: str, state: Dialogue) -> list[str]:
    """What was chosen, as the declared form of the note codes it."""
    if name == "safe":
        return ["safe" if state.safe == "yes" else "not_safe"]
    return [state.chosen or ""] if name == "chosen" else list(state.declined)


def _titles(codes: tuple[str, ...], definitions: Definitions) -> dict[str, str]:
    return {lang: "; ".join(definitions.options[code].title(lang) for code in codes) for lang in ("id", "en")}


def _item(name: str, label: Mapping[str, str], value: Value) -> dict[str, Any]:
    return {
        "name": name,
        "label": dict(label),
        "status": value.status.value,
        "words": value.words or None,
        "origin": {
            "kind": value.origin.value,
            "message": value.message or None,
            "start": value.start,
            "end": value.end,
        },
    }
