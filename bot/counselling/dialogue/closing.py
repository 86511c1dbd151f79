"""The two questions after a conversation with a worker. Each can be skipped, and nothing follows from the answers."""

from __future__ import annotations

from bot.counselling.dialogue.agenda import Handler
from bot.counselling.model import Dialogue, Heard, Move, Readings

DECIDED, EXPLAINED = "decided", "explained"
QUESTIONS = frozenset({DECIDED, EXPLAINED})
_ANSWERS = frozenset({"yes", "no", "skipped"})


def answered(question: str, answer: str) -> Handler:
    """An answer is kept; the second question follows the first, and then the person is left in peace."""

    def handle(state: Dialogue, heard: Heard, readings: Readings) -> Move:
        move = Move(state).do("record_closing", question=question, answer=answer)
        if question == DECIDED:
            return move.to(asked=EXPLAINED).say("utter_ask_explained")
        return move.to(asked=None).say("utter_closing_thanks")

    return handle


def by_button(heard: Heard) -> Handler | None:
    """The answer that a button carries (`decided-yes`), also when the question is no longer the open one."""
    question, _, answer = heard.data.get("dimension", "").partition("-")
    return answered(question, answer) if question in QUESTIONS and answer in _ANSWERS else None
