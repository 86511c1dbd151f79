"""First words, small talk, and questions about the assistant itself."""

from __future__ import annotations

from bot.counselling.dialogue.agenda import Handler, in_words, introduce, rejoin
from bot.counselling.model import Dialogue, Heard, Move, Readings, Status


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
feedback = _aside("utter_feedback")
rapport = _aside("utter_rapport")


def check_state(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """Whether anybody is there: in the queue its true state, else that the assistant is."""
    if state.in_queue:
        return Move(state).do("tell_queue_state")
    return _still_here(state, heard, readings)


def thanks(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    return Move(state).say("utter_thanks")


def menu(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    return Move(state).say("utter_menu", contacts=readings.contacts(state.lang))


def back_to_talk(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    move = Move(state)
    return rejoin(move, readings) if state.greeted else introduce(move, readings)


def change_language(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """Change to the language named, else to the other one."""
    wanted = heard.data.get("lang") or ("en" if state.lang == "id" else "id")
    lang = wanted if wanted in ("id", "en") else state.lang
    move = Move(state).to(lang=lang).do("set_language", lang=lang).say("utter_language_changed")
    return rejoin(move, readings) if state.greeted else introduce(move, readings)


def show_record(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """Show everything that is recorded, in the person's own words."""
    lines = [
        f"• {d.label[state.lang]}: {in_words(state.value(d.name), state.lang, readings.definitions)}"
        for d in readings.definitions.dimensions
        if not state.value(d.name).open
    ]
    if state.plan.status is Status.TOLD:
        lines.append(f"• {in_words(state.plan, state.lang, readings.definitions)}")
    if state.chosen:
        lines.append(f"• {readings.definitions.options[state.chosen].title(state.lang)}")
    if not lines:
        return Move(state).say("utter_record_empty")
    return Move(state).say("utter_record", items="\n".join(lines))
