"""First words, small talk, and questions about the assistant itself."""

from __future__ import annotations

from bot.counselling.dialogue import closing, exploring
from bot.counselling.dialogue.agenda import Handler, introduce, rejoin
from bot.counselling.dialogue.note import recorded
from bot.counselling.dialogue.own_words import name_of, own_words
from bot.counselling.model import Dialogue, Heard, Move, Readings

NAME_WORDS = 4
"""Up to so many words are a name or a form of address, whatever they look like otherwise."""


def named(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """A short answer to how they want to be addressed."""
    return own_words(state, heard, readings)


def named_by_the_way(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """They say how they want to be addressed while something else is asked: noted, and the thread goes on."""
    value = name_of(heard, readings.definitions)
    move = recorded(Move(state).to(address=value), "address", value)
    return rejoin(move.say("utter_address_noted"), readings)


def greet(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    move = Move(state)
    if not state.greeted:
        return introduce(move, readings)
    return rejoin(move.say("utter_greet_again"), readings)


def _aside(response: str) -> Handler:
    """Answer a side remark and take up the thread again."""

    def handle(state: Dialogue, heard: Heard, readings: Readings) -> Move:
        move = Move(state).say(response)
        return rejoin(move, readings) if state.greeted else introduce(move, readings)

    return handle


ask_is_bot = _aside("utter_is_bot")
ask_data_use = _aside("utter_data_use")
_still_here = _aside("utter_still_here")
_opinion = _aside("utter_feedback")
still_safe = _aside("utter_safe_yes")
_small_talk = _aside("utter_rapport")


def rapport(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """Who they are: the answer to how they want to be addressed, new words for a line of the note, else small talk."""
    if (state.asked or "").startswith("correct:") and not heard.pressed:
        return exploring.add_detail(state, heard, readings)
    return own_words(state, heard, readings) if state.asked == "address" else _small_talk(state, heard, readings)


def check_state(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """Whether anybody is there: in the queue its true state, else that the assistant is."""
    if state.in_queue:
        return Move(state).do("tell_queue_state")
    return _still_here(state, heard, readings)


def feedback(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """What they think of the conversation: by a button of one of the two closing questions, else in words."""
    answer = closing.by_button(heard) or _opinion
    return answer(state, heard, readings)


def thanks(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    return Move(state).say("utter_thanks")


def menu(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    return Move(state).say("utter_menu", contacts=readings.contacts(state.lang, state.region))


def back_to_talk(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    move = Move(state).to(heard_in_crisis=False)
    return rejoin(move, readings) if state.greeted else introduce(move, readings)


def change_language(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """Change to the language named, else to the other one."""
    wanted = heard.data.get("lang") or ("en" if state.lang == "id" else "id")
    return _in_language(wanted if wanted in ("id", "en") else state.lang, state, readings)


def to_english(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    return _in_language("en", state, readings)


def to_indonesian(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    return _in_language("id", state, readings)


def _in_language(lang: str, state: Dialogue, readings: Readings) -> Move:
    move = Move(state).to(lang=lang).do("set_language", lang=lang).say("utter_language_changed")
    return rejoin(move, readings) if state.greeted else introduce(move, readings)


def show_record(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """Show everything that is recorded; the app reads it from where it is kept."""
    if state.consent != "given":
        return Move(state).say("utter_record_empty")
    return Move(state).do("tell_record")
