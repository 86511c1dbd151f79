"""Reaching a human: offered, consented to with the note in view, withdrawn at any time."""

from __future__ import annotations

from bot.counselling.dialogue.agenda import ask_next, rejoin
from bot.counselling.dialogue.note import note, note_text
from bot.counselling.dialogue.own_words import kept_before_leaving
from bot.counselling.model import Dialogue, Heard, Move, Readings


def ask_human(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """Show what a worker would read and ask leave to share it; nothing is shared before the yes."""
    if state.in_queue:
        return Move(state).do("tell_queue_state")
    kept = kept_before_leaving(state, heard)
    move = kept if state.greeted else kept.to(greeted=True).say("utter_intro_short")
    return offer(move, readings)


def offer(move: Move, readings: Readings) -> Move:
    """The note as the worker would read it, with the question whether it may be shared."""
    text = note_text(move.state, readings.definitions)
    move = move.to(asked="share")
    if not text:
        return move.say("utter_handoff_offer_empty")
    return move.say("utter_handoff_offer", note=text, until=readings.share_until(move.state.lang))


def share_with_note(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """Consent to exactly the text that was shown."""
    text = note_text(state, readings.definitions)
    if not text:
        return _request(state, "", {}, asked_by="utter_handoff_offer_empty")
    return _request(state, text, note(state, readings.definitions), asked_by="utter_handoff_offer")


def share_without_note(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """A human, but without the note: the person will tell in their own time."""
    return _request(state, "", {}, asked_by="utter_handoff_offer")


def _request(state: Dialogue, text: str, as_data: dict[str, object], *, asked_by: str) -> Move:
    move = Move(state).to(asked=None, in_queue=True)
    # Without the note the consent is to talk with a worker, and to nothing else.
    purpose = "share" if text else "talk"
    move = move.do("give_consent", purpose=purpose, response=asked_by, condition="", text=text)
    # The queue's answer ("a worker is online", "nobody is there now") is the app's: only it knows.
    return move.do("request_handoff", note_text=text, note=as_data)


def share_not(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    return ask_next(Move(state).to(asked=None).say("utter_handoff_cancelled"), readings)


def refuse_human(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """No human, or not in this way: the assistant stays, and a place in the queue is given up."""
    move = Move(state).to(asked=None if state.asked == "share" else state.asked, in_queue=False)
    if state.in_queue:
        move = move.do("leave_queue")
    return rejoin(move.say("utter_no_human"), readings) if state.greeted else move.say("utter_no_human")
