"""Consent to keeping, safety to talk, contact, erasing. A no never costs anything."""

from __future__ import annotations

from bot.counselling.dialogue.agenda import ask, ask_next, rejoin, told
from bot.counselling.dialogue.note import recorded
from bot.counselling.model import Dialogue, Heard, Move, Readings


def keep(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """Consent to keeping; a condition that the person adds is kept with it, and so is what was told before."""
    move = Move(state).to(consent="given")
    move = move.do("give_consent", purpose="keep", response="utter_ask_consent", condition=_condition(heard))
    for name, value in state.dims.items():
        move = recorded(move, name, value)
    return ask_next(move.say("utter_consent_given"), readings)


def _condition(heard: Heard) -> str:
    return "" if heard.pressed or len(heard.text.split()) <= 3 else heard.text


def keep_not(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """Nothing is kept beyond what the dialogue needs, and the conversation goes on just the same."""
    move = Move(state).to(consent="refused")
    move = move.do("refuse_consent", purpose="keep", response="utter_ask_consent", condition=_condition(heard))
    return ask_next(move.say("utter_consent_refused"), readings)


def keep_later(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """They want to read or think first: no answer yet, the question waits for them."""
    return Move(state).say("utter_take_your_time")


def safe(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    return ask_next(Move(state).to(safe="yes").do("record_safe", safe=True).say("utter_safe_yes"), readings)


def safe_not(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """Not safe to chat: no further question now, ways out and contacts instead."""
    move = Move(state).to(safe="no", asked=None).do("record_safe", safe=False)
    return move.say("utter_safe_no", contacts=readings.contacts(state.lang, state.region))


def erase(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """Everything goes; the reply is said into a conversation that knows nothing."""
    return Move(Dialogue(lang=state.lang)).do("delete_all").say("utter_deleted")


def erase_not(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    return ask_next(Move(state).to(asked=None).say("utter_delete_cancelled"), readings)


def contact(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    move = Move(state).to(contact="yes").do("safe_to_contact", allowed=True)
    rules = _condition(heard)
    if rules:
        # "Boleh, tapi chat saja": how is said already.
        move = recorded(
            move.to(contact_how=told(heard.text, heard.message)), "contact_rules", told(rules, heard.message)
        )
    return ask_next(move, readings)


def contact_not(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    return ask_next(Move(state).to(contact="no").do("safe_to_contact", allowed=False), readings)


def revoke_consent(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """From now on nothing is kept or shared; what was kept of the texts is emptied at once."""
    move = Move(state).to(consent="refused", in_queue=False, contact="no").do("revoke_consent").say("utter_revoked")
    return rejoin(move, readings) if state.greeted else move


def delete_data(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """Ask once, in words that say what happens; the same wish said again is the answer."""
    if state.asked == "delete":
        return erase(state, heard, readings)
    return ask(Move(state), "delete", readings)
