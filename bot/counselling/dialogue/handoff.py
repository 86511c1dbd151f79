"""Reaching a human: offered, consented to with the note in view, withdrawn at any time."""

from __future__ import annotations

from bot.counselling.dialogue.agenda import ask_next, rejoin
from bot.counselling.dialogue.note import BESIDE, items, note, note_text, settled, struck_out
from bot.counselling.dialogue.own_words import kept_before_leaving
from bot.counselling.dialogue.waiting import wait
from bot.counselling.model import Dialogue, Heard, Move, Readings


def ask_human(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """Show what a worker would read and ask leave to share it; nothing is shared before the yes."""
    if state.in_queue:
        wish = _wish(heard, readings)
        return _wished_while_waiting(state, wish) if wish else wait(state, heard, readings)
    kept = kept_before_leaving(state, heard)
    move = kept if state.greeted else kept.to(greeted=True).say("utter_intro_short")
    wish = _wish(heard, readings)
    return offer(_with_wish(move, wish) if wish else move, readings)


WISHES = {"perempuan": ("wishes_woman", "utter_wish_woman"), "laki-laki": ("wishes_man", "utter_wish_man")}
"""Whom somebody would rather talk to, as a worker's skill is named, and what is said to that: nothing promised."""


def _wish(heard: Heard, readings: Readings) -> str | None:
    words = "" if heard.pressed else heard.text
    return next((wish for wish, (cue, _) in WISHES.items() if readings.definitions.word(cue, words)), None)


def _with_wish(move: Move, wish: str) -> Move:
    """ "Boleh sama petugas perempuan?" goes to the queue; it closes no way to the others."""
    return move.to(worker_wish=wish).say(WISHES[wish][1])


def _wished_while_waiting(state: Dialogue, wish: str) -> Move:
    """The wish goes to where they stand in the queue already; their place stays."""
    return _with_wish(Move(state), wish).do("note_wish", wish=wish).do("tell_queue_state")


def offer(move: Move, readings: Readings) -> Move:
    """The note as the worker would read it and whose worker that is, with the question whether it may be shared."""
    move = settled(move)
    text, state = note_text(move.state, readings.definitions), move.state
    recipient = readings.recipients.choose(state.lang, state.region, state.problem, state.worker_wish)
    move = move.to(asked="share", recipient=recipient)
    if not text:
        return move.say("utter_handoff_offer_empty", agency=recipient[1])
    return move.say("utter_handoff_offer", note=text, until=readings.share_until(state.lang), agency=recipient[1])


def share_with_note(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """Consent to exactly the text that was shown."""
    text = note_text(state, readings.definitions)
    if not text:
        return _request(state, "", {}, readings, asked_by="utter_handoff_offer_empty")
    return _request(state, text, note(state, readings.definitions), readings, asked_by="utter_handoff_offer")


def share_without_note(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """A human, but without the note, or without one line of it: the person will tell in their own time."""
    item = heard.data.get("dimension", "")
    if state.in_queue:
        return Move(state).do("tell_queue_state")
    if item:
        return _without(state, item, readings)
    return _request(state, "", {}, readings, asked_by="utter_handoff_offer")


STRIKE = "-"
"""Before the name of a line: it is struck out; `which` asks for the line, a bare name for its new words."""


def _without(state: Dialogue, item: str, readings: Readings) -> Move:
    """One line of the note is changed or struck out; then the note is shown again, as it would be read now."""
    lines = dict(items(state, readings.definitions))
    name = item.removeprefix(STRIKE)
    move = Move(state).to(then_share=True)
    if item == "which" and note_text(state, readings.definitions):
        return _which_line(move, readings)
    if name not in lines:
        return offer(Move(state).to(then_share=False), readings)
    if name in BESIDE and not item.startswith(STRIKE):
        strike = STRIKE_TITLE[state.lang], f'/share_without_note{{"dimension":"{STRIKE}{name}"}}'
        label = lines[name][state.lang]
        return move.to(asked=f"correct:{name}").offer("utter_ask_change", (strike,), label=label)
    return offer(struck_out(Move(state).to(then_share=False), name).say("utter_struck"), readings)


STRIKE_TITLE = {"id": "Coret dari catatan", "en": "Strike it out"}


def _which_line(move: Move, readings: Readings) -> Move:
    """Every line of the note as a button; what was chosen by button can only be struck out."""
    lang, dimensions = move.state.lang, {d.name for d in readings.definitions.dimensions}
    buttons = tuple(
        (label[lang], f'/correct_item{{"dimension":"{name}"}}')
        if name in dimensions
        else (label[lang], f'/share_without_note{{"dimension":"{name}"}}')
        for name, label in items(move.state, readings.definitions)
    )
    return move.to(asked="which").offer("utter_correct_which", buttons)


def _request(state: Dialogue, text: str, as_data: dict[str, object], readings: Readings, *, asked_by: str) -> Move:
    organisation, recipient = state.recipient
    if not recipient or not readings.recipients.take(organisation):
        # Nobody was named, or it takes no conversations any more: a yes to one organisation is no yes to another.
        return offer(Move(state), readings)
    move = Move(state).to(asked=None, in_queue=True, then_share=False, struck=())
    # Without the note the consent is to talk with a worker, and to nothing else.
    purpose = "share" if text else "talk"
    move = move.do("give_consent", purpose=purpose, response=asked_by, condition="", text=text, recipient=recipient)
    # The queue's answer ("a worker is online", "nobody is there now") is the app's: only it knows.
    about = {"topic": (state.problem or "") if text else "", "wish": state.worker_wish or ""}
    return move.do(
        "request_handoff", note_text=text, note=as_data, organisation=organisation, recipient=recipient, **about
    )


def share_not(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    return ask_next(Move(state).to(asked=None, struck=()).say("utter_handoff_cancelled"), readings)


def refuse_human(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """No human, or not in this way: the assistant stays, and a place in the queue is given up."""
    move = Move(state).to(asked=None if state.asked == "share" else state.asked, in_queue=False)
    if state.in_queue:
        move = move.do("leave_queue")
    return rejoin(move.say("utter_no_human"), readings) if state.greeted else move.say("utter_no_human")


TRANSFER = {"transfer_note": "note", "transfer_bare": "bare", "transfer": ""}
"""What the buttons of a question about another organisation carry: yes with the note, yes without it, no."""


def transfer_answered(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """May another organisation have the conversation? The app knows whether that is still asked, and answers."""
    return Move(state).do("answer_transfer", agreed=TRANSFER[heard.data["dimension"]])
