"""Yes and no: what they mean depends on the question that is open."""

from __future__ import annotations

from bot.counselling.dialogue import alternatives, closing, consent, danger, exploring, handoff, waiting
from bot.counselling.dialogue.agenda import Handler, introduce, is_free, rejoin
from bot.counselling.model import Dialogue, Heard, Move, Readings

PLAIN_YES = 2
"""Up to so many words a yes is only a yes."""

_YES: dict[str, Handler] = {
    "consent": consent.keep,
    "safe": consent.safe,
    "summary": exploring.summary_right,
    "which": exploring.which_right,
    "share": handoff.share_with_note,
    "delete": consent.erase,
    "contact": consent.contact,
    "confirm": alternatives.settle,
    "danger": danger.danger_yes,
    "crisis": danger.crisis_answered,
    "decided": closing.answered("decided", "yes"),
    "explained": closing.answered("explained", "yes"),
}
_NO: dict[str, Handler] = {
    "consent": consent.keep_not,
    "safe": consent.safe_not,
    "summary": exploring.summary_wrong,
    "which": exploring.which_right,
    "share": handoff.share_not,
    "delete": consent.erase_not,
    "contact": consent.contact_not,
    "confirm": alternatives.settle_not,
    "danger": danger.danger_no,
    "crisis": danger.crisis_answered,
    "decided": closing.answered("decided", "no"),
    "explained": closing.answered("explained", "no"),
    **dict.fromkeys(waiting.QUESTIONS, waiting.rather_not),
}


ANSWERED_BY_YES_OR_NO = frozenset(_YES)
"""The questions that a plain yes or no answers."""


def consent_give(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """A yes to whatever question is open; without an open yes/no question it is small talk."""
    if heard.data.get("dimension") in handoff.TRANSFER:
        return handoff.transfer_answered(state, heard, readings)
    if not state.greeted and state.asked is None:
        return introduce(Move(state), readings)
    answer = _YES.get(state.asked or "")
    if answer is None and is_free(state.asked, readings.definitions) and len(heard.text.split()) > PLAIN_YES:
        # A longer yes to an open question is an answer: "sudah, saya coba bicara dengan dia".
        return exploring.add_detail(state, heard, readings)
    if answer is None:
        return rejoin(Move(state).say("utter_ok"), readings)
    return answer(state, heard, readings)


def consent_refuse(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """A no to whatever question is open; to a free question it means "I would rather not answer"."""
    if heard.data.get("dimension") in handoff.TRANSFER:
        return handoff.transfer_answered(state, heard, readings)
    if not state.greeted and state.asked is None:
        return introduce(Move(state), readings)
    answer = _NO.get(state.asked or "")
    if answer is not None:
        return answer(state, heard, readings)
    if is_free(state.asked, readings.definitions) or state.asked in ("options", "fit"):
        return exploring.refuse_answer(state, heard, readings)
    return rejoin(Move(state).say("utter_ok"), readings)
