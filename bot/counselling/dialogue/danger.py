"""The answer to the gentle question about danger. The alarm itself needs no dialogue: the safety room raises it."""

from __future__ import annotations

from bot.counselling.dialogue import exploring
from bot.counselling.dialogue.agenda import ask_next, introduce, rejoin
from bot.counselling.model import Dialogue, Heard, Move, Readings


def danger_yes(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """Yes: thanked, told where help is, a human is offered; no form, no further question."""
    move = Move(state).to(asked=None).do("danger_confirmed")
    return move.say("utter_danger_yes", contacts=readings.contacts(state.lang, state.region))


def not_meant(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """A false alarm is gentle: the person corrects it and the thread goes on. A human still looks at the alert."""
    move = Move(state).to(asked=None, heard_in_crisis=False).do("danger_denied").say("utter_not_meant")
    return rejoin(move, readings) if state.greeted else introduce(move, readings)


def crisis_answered(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """Words after the fixed reply to danger: heard, kept as told, no question on top; then the thread goes on.

    Who was not even told who answers here gets no form on top of it as long as they write small words.
    """
    told = Move(state) if _only_calms(heard, readings) else exploring.take(Move(state), heard)
    move = told.to(asked=None if state.greeted else "crisis", heard_in_crisis=True)
    if state.heard_in_crisis:
        return move.say("utter_crisis_stay")
    return move.say("utter_crisis_heard", contacts=readings.contacts(state.lang, state.region))


def _only_calms(heard: Heard, readings: Readings) -> bool:
    """ "Engga kok kak, aku aman" says nothing about the problem."""
    first = " ".join(heard.text.split()[:1])
    short = len(heard.text.split()) <= exploring.A_SHORT_ANSWER
    cue = readings.definitions.cue
    return short and (cue("no", first) or cue("safe", heard.text))


def danger_no(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """No: believed, and on with the thread."""
    return ask_next(Move(state).to(asked=None).do("danger_denied").say("utter_not_meant"), readings)
