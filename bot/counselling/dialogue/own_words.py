"""Questions beside the dimensions that any words answer: how to be addressed, hopes, ideas, the next step, contact."""

from __future__ import annotations

from bot.counselling.dialogue.agenda import ask_next, told
from bot.counselling.dialogue.note import recorded
from bot.counselling.model import Definitions, Dialogue, Heard, Move, Readings, Status, Value

OWN_WORDS = {
    "address": ("address", "utter_address_noted"),
    "hope": ("wants", "utter_hope_noted"),
    "idea": ("idea", "utter_idea_noted"),
    "plan": ("plan", "utter_plan_noted"),
    "contact_how": ("contact_rules", "utter_contact_how_noted"),
}
"""Questions beside the dimensions that any words answer: the name in the note, and what is said then."""


A_SILENCE = 3
"""Up to so many words what begins with "don't know" or "nothing yet" says no more: "ga ada ribut lagi" is a hope."""


def own_words(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """An answer in the person's own words to a question beside the dimensions; "none" and "don't know" are answers."""
    asked = state.asked or ""
    name, noted = OWN_WORDS[asked]
    value = _value(asked, heard, readings.definitions)
    move = recorded(Move(state).to(**{asked: value}, asked=None), name, value)
    return ask_next(move.say(noted if value.status is Status.TOLD else "utter_silence_ok"), readings)


def name_of(heard: Heard, definitions: Definitions) -> Value:
    """How they want to be addressed: "Rina" of "panggil aja Rina"."""
    return told(heard.text, heard.message, definitions.after_cue("named", heard.text))


def _value(asked: str, heard: Heard, definitions: Definitions) -> Value:
    if asked == "address":
        return name_of(heard, definitions)
    if len(heard.text.split()) <= A_SILENCE:
        for cue, status in (("unsure", Status.UNKNOWN), ("nothing", Status.NONE)):
            if definitions.begins_with(cue, heard.text):
                return Value(status, message=heard.message)
    return told(heard.text, heard.message)


def kept_before_leaving(state: Dialogue, heard: Heard) -> Move:
    """Words that leave or ask for a human may hold the answer too: "minggu depan ke rumah ibu, dadah" is the plan."""
    asked = state.asked or ""
    if heard.pressed or asked not in _ANSWERED_WHILE_LEAVING or len(heard.text.split()) < ENOUGH_FOR_AN_ANSWER:
        return Move(state)
    value = told(heard.text, heard.message)
    return recorded(Move(state).to(**{asked: value}), OWN_WORDS[asked][0], value)


_ANSWERED_WHILE_LEAVING = frozenset({"hope", "idea", "plan"})
ENOUGH_FOR_AN_ANSWER = 4
"""Words from which on such a text is kept as an answer; a short goodbye is only a goodbye."""
