"""While a worker is waited for: a message for whoever comes, and how to be reached safely. The app keeps both."""

from __future__ import annotations

from bot.counselling.dialogue.agenda import told
from bot.counselling.dialogue.note import recorded
from bot.counselling.model import Dialogue, Heard, Move, Readings

MESSAGE, CONTACT = "queue_message", "queue_contact"
QUESTIONS = frozenset({MESSAGE, CONTACT})
"""Open only while the person waits; any words answer them, and whatever else they ask for goes first."""

_ASKED_BY = {"message": (MESSAGE, "utter_ask_queue_message"), "contact": (CONTACT, "utter_ask_queue_contact")}
"""By what the button carries: the question, and its response."""


def wait(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """Asked for a worker while waiting: the wish that the button names, else the true state of the queue."""
    wish = _ASKED_BY.get(heard.data.get("dimension", ""))
    if wish is None:
        return Move(state).do("tell_queue_state")
    question, response = wish
    # Whoever came into the queue through danger has not heard yet what a worker keeps to themselves, and what not.
    move = Move(state) if state.greeted else Move(state).say("utter_limits")
    return move.to(asked=question).say(response)


def told_worker(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """The answer to either question; what the app says about it depends on whether somebody is still waited for."""
    move = Move(state).to(asked=None)
    if state.asked == MESSAGE:
        return move.do("leave_message", message=heard.message)
    value = told(heard.text, heard.message)
    move = move.to(contact="yes", contact_how=value).do("safe_to_contact", allowed=True)
    return recorded(move, "contact_rules", value).do("agree_contact", message=heard.message)


def rather_not(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """No message, no agreement: they wait as before."""
    return Move(state).to(asked=None).do("tell_queue_state")
