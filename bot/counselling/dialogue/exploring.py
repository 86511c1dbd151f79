"""Stage 2: the six dimensions, in the person's own order and words; every question can be skipped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.counselling.dialogue import closing, waiting
from bot.counselling.dialogue.agenda import ask, ask_next, introduce, next_question, rejoin, told
from bot.counselling.dialogue.consent import contact_not, keep_not
from bot.counselling.dialogue.handoff import offer
from bot.counselling.dialogue.note import BESIDE, recorded, struck_out
from bot.counselling.dialogue.own_words import OWN_WORDS, own_words
from bot.counselling.model import Dialogue, Heard, Move, Readings, Status, Value

_SILENT = {"none": Status.NONE, "unknown": Status.UNKNOWN}


def tell_problem(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """The person tells: acknowledge, keep every dimension they volunteered, ask the next open question."""
    if state.greeted and not heard.pressed:
        # What is told like a story may still be the answer to a question beside the dimensions, or a correction.
        if state.asked in OWN_WORDS and state.asked != "address":
            return own_words(state, heard, readings)
        if (state.asked or "").startswith("correct:"):
            return _corrected(state, heard, readings)
        if state.asked == "fit":
            return fits(state, heard, readings)
    move = take(Move(state), heard)
    if not state.greeted:
        return introduce(move.say("utter_heard_first"), readings)
    return _reflect_and_go_on(state, move, heard, readings)


def told_at_once(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """They go on to what brings them instead of saying how to be addressed: that is the story."""
    return tell_problem(replace(state, asked="story", address=Value(Status.DECLINED)), heard, readings)


def announced(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """They say that they want to tell, or only sigh: nothing is noted of it, they are listened to."""
    if not state.greeted:
        return introduce(Move(state), readings)
    return Move(state).say("utter_listening") if state.asked == "story" else rejoin(Move(state), readings)


def add_detail(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """An answer to the open question, or something more about the problem."""
    if not state.greeted:
        return tell_problem(state, heard, readings)
    if state.asked in OWN_WORDS:
        return own_words(state, heard, readings)
    if state.asked == "fit":
        return fits(state, heard, readings)
    if (state.asked or "").startswith("correct:"):
        return _corrected(state, heard, readings)
    move = take(Move(state), heard)
    return _reflect_and_go_on(state, move, heard, readings)


def fits(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """How an option fits, in the person's words: kept beside it; the option stays open, nothing is chosen by that."""
    return Move(state).do("record_fit", option=state.opened, words=heard.text).say("utter_fit_noted")


def take(move: Move, heard: Heard) -> Move:
    """Keep every dimension that the message carries; never add what was not said."""
    if _is_a_story(move.state, heard):
        whole = len(heard.text.split()) <= A_SHORT_STORY
        words = heard.text if whole or "type" not in heard.dims else heard.dims["type"]
        heard = replace(heard, dims={**heard.dims, "type": words})
        move = move.to(story=Status.TOLD)
    elif move.state.story is Status.NOT_ASKED:
        # "My husband is Indonesian" is who they are: no dimension of a problem that was not named.
        heard = replace(heard, dims={})
    asked = move.state.asked
    for name, words in _answered(move.state, heard).items():
        # A passing remark overwrites neither what was told nor what was declined; the open question is meant.
        if name == asked or (move.state.value(name).open and not _silent_by_the_way(name, words)):
            move = put(move, name, _value(heard, words))
    return about(move, heard)


def _value(heard: Heard, words: str) -> Value:
    silent = _SILENT.get(words)
    return Value(silent, message=heard.message) if silent else told(heard.text, heard.message, words)


def _silent_by_the_way(name: str, words: str) -> bool:
    """Nobody says unasked that they don't know how heavy it is; that nobody helps, or why it is so, they do say."""
    return words in _SILENT and name not in ("cause", "strengths")


def about(move: Move, heard: Heard) -> Move:
    """What kind of problem it is, as far as this message shows; a vague guess does not replace a clear one."""
    if not heard.problem or (move.state.problem and heard.problem == "other"):
        return move
    return move if heard.act == "add_detail" and move.state.problem else move.to(problem=heard.problem)


A_STORY = 12
"""Words from which on a text counts as the story, even where nothing in it names the problem."""
A_SHORT_ANSWER = 7
"""Up to so many words an answer to the open question speaks of nothing else."""
A_SHORT_STORY = 40
"""Up to so many words the first telling is kept whole; of a longer one what names the problem is kept."""


def _is_a_story(state: Dialogue, heard: Heard) -> bool:
    """After the invitation anything is; before it, what names a problem or is long: a greeting is no story."""
    if state.asked == "story":
        return True
    long = len(heard.text.split()) >= A_STORY
    named = "type" in heard.dims and heard.problem not in (None, "other")
    return state.story is Status.NOT_ASKED and bool(heard.text) and (named or long)


def _answered(state: Dialogue, heard: Heard) -> Mapping[str, str]:
    """What a message says, by dimension. The answer to the open question is kept whole, never cut to a part of it.

    Words that speak of another open dimension alone are no answer to this one; words that speak of none are.
    """
    asked = state.asked
    if asked not in _DIMENSIONS:
        return heard.dims
    if asked in heard.dims and len(heard.text.split()) <= A_SHORT_ANSWER:
        words = heard.dims[asked]
        return {asked: words if words in _SILENT else heard.text}
    others_open = any(name != asked and state.value(name).open for name in heard.dims)
    if others_open or heard.dims.get(asked) in _SILENT or _speaks_of_another(state, heard):
        return heard.dims
    return {**heard.dims, asked: heard.text}


def _speaks_of_another(state: Dialogue, heard: Heard) -> bool:
    """Only of dimensions that were told before, and not of the one that was asked for: it is asked for once more."""
    asked = state.asked or ""
    return bool(heard.dims) and asked not in heard.dims and asked not in state.reminded


_DIMENSIONS = frozenset({"type", "severity", "duration", "cause", "feelings", "strengths"})


def put(move: Move, name: str, value: Value) -> Move:
    """Set one dimension in the state, and in the note where the person allowed one."""
    move = replace(move, state=move.state.with_value(name, value))
    return recorded(move, name, value)


def _replaced(move: Move, name: str, value: Value) -> Move:
    """Set a dimension anew; the old words go everywhere, also out of a longer piece that they stood in."""
    old = move.state.value(name)
    for other, longer in list(move.state.dims.items()):
        if other != name and old.status is Status.TOLD and longer.covers(old):
            move = put(move, other, longer.without(old))
    return put(move, name, value)


def _reflect_and_go_on(before: Dialogue, move: Move, heard: Heard, readings: Readings) -> Move:
    if before.asked in _DIMENSIONS:
        value = move.state.value(before.asked)
        dimension = readings.definitions.dimension(before.asked)
        if value.open:
            move = _comes_again(before.asked, _takes_up(before, move, readings))
        elif value.status is Status.TOLD:
            move = move.say(dimension.reflect, words=_short(value.words))
        else:
            move = move.say("utter_silence_ok")
    elif before.asked in _BEFORE_THE_STORY:
        return _question_stays(before.asked, move, readings)
    elif move.state.story is not before.story:
        move = move.say("utter_reflect_story")
    elif next_question(move.state, readings.definitions) is None:
        return move.say("utter_listening")
    else:
        move = move.say("utter_heard_more")
    return ask_next(move, readings)


def _takes_up(before: Dialogue, move: Move, readings: Readings) -> Move:
    """Say back what was told instead of an answer."""
    for dimension in readings.definitions.dimensions:
        value = move.state.value(dimension.name)
        if before.value(dimension.name).open and value.status is Status.TOLD:
            return move.say(dimension.reflect, words=_short(value.words))
    return move.say("utter_heard_more")


def _comes_again(asked: str, move: Move) -> Move:
    """The question is put once more, and then after the others: nobody hears the same one three times in a row."""
    state = move.state
    if asked not in state.reminded:
        # What comes to the question then is its answer, unless it speaks of another open one.
        return move.to(reminded=(*state.reminded, asked))
    return move if asked in state.later else move.to(later=(*state.later, asked))


_BEFORE_THE_STORY: dict[str, dict[str, object]] = {
    # Without an answer nothing is kept, and nothing else changes.
    "consent": {"consent": "unanswered"},
    "safe": {"safe": "declined"},
    "address": {"address": Value(Status.DECLINED)},
}
"""Questions over which somebody may begin to tell, and what it means that they were not answered."""


def _question_stays(asked: str, move: Move, readings: Readings) -> Move:
    """The story came before the answer: it is heard; the question is put once more at most, then the way goes on."""
    move = move.say("utter_heard_first")
    if asked in move.state.reminded or asked == "address":
        return ask_next(move.to(asked=None, **_BEFORE_THE_STORY[asked]), readings)
    return rejoin(move.to(reminded=(*move.state.reminded, asked)), readings)


def _short(words: str, limit: int = 140) -> str:
    return words if len(words) <= limit else words[:limit].rsplit(" ", 1)[0] + " …"


def refuse_answer(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """Skip: the question is not asked again; the way goes on."""
    if state.asked in waiting.QUESTIONS:
        return waiting.rather_not(state, heard, readings)
    if state.asked in closing.QUESTIONS:
        return closing.answered(state.asked, "skipped")(state, heard, readings)
    if not state.greeted:
        return introduce(Move(state), readings)
    asked = state.asked or ""
    if asked in _DIMENSIONS and readings.definitions.cue("later", heard.text):
        return later(state, heard, readings)
    move = Move(state).say("utter_skipped")
    declined = Value(Status.DECLINED)
    if asked in _DIMENSIONS:
        return ask_next(put(move, asked, declined), readings)
    if asked == "consent":
        return keep_not(state, heard, readings)
    if asked == "contact":
        return contact_not(state, heard, readings)
    changes: dict[str, dict[str, object]] = {
        "safe": {"safe": "declined"},
        "address": {"address": declined},
        "story": {"story": Status.DECLINED},
        "hope": {"hope": declined},
        "summary": {"summary": "skipped"},
        "idea": {"idea": declined},
        "options": {"decision": "postponed"},
        "fit": {"decision": "postponed"},
        "confirm": {"decision": "postponed"},
        "plan": {"plan": declined},
        "contact_how": {"contact_how": declined},
    }
    return ask_next(move.to(asked=None, **changes.get(asked, {})), readings)


def later(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """Not now: the question comes again once, after the others; put off twice, it is left."""
    asked = state.asked or ""
    if asked not in _DIMENSIONS:
        return rejoin(Move(state).say("utter_ok"), readings) if state.greeted else introduce(Move(state), readings)
    if asked in state.later:
        return ask_next(put(Move(state).say("utter_skipped"), asked, Value(Status.DECLINED)), readings)
    return ask_next(Move(state).to(later=(*state.later, asked)).say("utter_later"), readings)


def strike_item(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """A line of the note is struck out: its words go, and it is not asked about again."""
    name = (state.asked or "").removeprefix("correct:")
    if name not in (*_DIMENSIONS, *BESIDE):
        return which_item(Move(state), readings) if state.greeted else introduce(Move(state), readings)
    move = Move(state).to(asked=None)
    move = struck_out(move, name) if name in BESIDE else _replaced(move, name, Value(Status.DECLINED))
    return _back(move.say("utter_struck"), readings)


def summary_right(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """The person confirms the summary: only now options may come."""
    move = Move(state).to(summary="confirmed").do("confirm_summary")
    return ask_next(move.say("utter_summary_confirmed"), readings)


def which_right(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """Nothing to correct after all."""
    if state.then_share:
        return offer(Move(state).to(then_share=False), readings)
    return ask_next(Move(state).to(asked=None), readings)


def summary_wrong(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    return which_item(Move(state), readings)


def which_item(move: Move, readings: Readings) -> Move:
    """Ask which line of the summary has to be corrected."""
    lang = move.state.lang
    buttons = tuple(
        (d.label[lang], f'/correct_item{{"dimension":"{d.name}"}}') for d in readings.definitions.dimensions
    )
    return move.to(asked="which").offer("utter_correct_which", buttons)


def correct_info(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """The person corrects: the new words replace the old ones everywhere."""
    if not state.greeted:
        return introduce(Move(state), readings)
    dims = {name: words for name, words in heard.dims.items() if name in _DIMENSIONS}
    if (state.asked or "").startswith("correct:") and not heard.pressed:
        return _corrected(state, heard, readings)
    move = Move(state).to(then_share=state.then_share or state.asked == "share")
    if not dims:
        return which_item(move, readings)
    for name, words in dims.items():
        move = _replaced(move, name, _value(heard, words))
    reopened = "open" if state.summary == "confirmed" and state.decision == "open" else state.summary
    return _after_correction(move.to(summary=reopened), readings)


def correct_item(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """A line of the summary was pressed: ask for its new words."""
    name = heard.data.get("dimension", "")
    if name not in _DIMENSIONS:
        return which_item(Move(state), readings)
    return ask(Move(state), f"correct:{name}", readings)


def _corrected(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    name = (state.asked or "").removeprefix("correct:")
    words = heard.dims.get(name, "")
    value = _value(heard, words if words in _SILENT else heard.text)
    return _after_correction(_replaced(Move(state).to(asked=None), name, value), readings)


def _after_correction(move: Move, readings: Readings) -> Move:
    return _back(move.say("utter_corrected"), readings)


def _back(move: Move, readings: Readings) -> Move:
    """Back to where the correction began: the note that was about to be shared, else the agenda."""
    if move.state.then_share:
        return offer(move.to(then_share=False), readings)
    return ask_next(move, readings)
