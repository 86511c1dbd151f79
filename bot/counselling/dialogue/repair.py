"""When something was not understood, or something else altogether was asked."""

from __future__ import annotations

from bot.counselling.dialogue import alternatives, exploring
from bot.counselling.dialogue.agenda import ask, introduce, is_free, rejoin, show_options
from bot.counselling.model import Dialogue, Heard, Move, Readings, Status, Value

ASK_HUMAN_AFTER = 2
"""The second misunderstanding in a row offers a human."""


def confused(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """Say the open question in other words."""
    if not state.greeted:
        return introduce(Move(state), readings)
    if state.asked in ("options", "fit") and alternatives.find_option(state, heard, readings.definitions):
        return alternatives.weigh_option(state, heard, readings)
    rephrased = {d.name: d.rephrase for d in readings.definitions.dimensions}
    if state.asked in rephrased:
        return Move(state).say(rephrased[state.asked])
    return rejoin(Move(state).say("utter_explain"), readings)


def go_back(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """Back to the question before: its answer is open again."""
    if not state.greeted:
        return introduce(Move(state), readings)
    if state.asked in ("fit", "confirm"):
        return show_options(Move(state), readings.definitions)
    if state.decision != "open":
        return show_options(Move(state).to(decision="open", chosen=None), readings.definitions)
    answered = [d.name for d in readings.definitions.dimensions if not state.value(d.name).open]
    if state.asked in ("idea", "options"):
        return ask(Move(state).to(summary="open", idea=Value()), "summary", readings)
    if answered:
        move = Move(state.with_value(answered[-1], Value())).to(summary="open")
        return ask(move.say("utter_back"), answered[-1], readings)
    if state.story is not Status.NOT_ASKED:
        return ask(Move(state).to(story=Status.NOT_ASKED), "story", readings)
    return rejoin(Move(state), readings)


def out_of_scope(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    move = Move(state).say("utter_out_of_scope")
    return rejoin(move, readings) if state.greeted else introduce(move, readings)


def insult_test(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    move = Move(state).say("utter_insult")
    return rejoin(move, readings) if state.greeted else introduce(move, readings)


def not_understood(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """Where any words are an answer they are taken as one; else ask for other words, the second time offer a human."""
    if not state.greeted:
        return introduce(Move(state), readings)
    if is_free(state.asked, readings.definitions):
        return exploring.add_detail(state, heard, readings)
    move = Move(state).to(misunderstood=state.misunderstood + 1)
    if move.state.misunderstood >= ASK_HUMAN_AFTER:
        return move.say("utter_not_understood_human")
    return move.say("utter_not_understood")
