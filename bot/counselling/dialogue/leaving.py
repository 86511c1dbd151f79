"""Stopping, pausing, coming back, goodbye: always possible, never held against anybody."""

from __future__ import annotations

from bot.counselling.dialogue.agenda import introduce, rejoin
from bot.counselling.dialogue.own_words import kept_before_leaving
from bot.counselling.model import Dialogue, Heard, Move, Readings


def stop(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """The conversation ends here; it can be taken up again whenever the person writes."""
    return Move(state).to(stopped=True, in_queue=False).do("stop").say("utter_stopped")


def pause(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """An interruption: the same place waits."""
    return kept_before_leaving(state, heard).to(paused=True).do("pause").say("utter_paused")


def resume(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    if not state.greeted:
        return introduce(Move(state), readings)
    return rejoin(Move(state).to(paused=False, stopped=False).say("utter_welcome_back"), readings)


def goodbye(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """Never ended by silence: goodbye, and how to come back."""
    return kept_before_leaving(state, heard).to(paused=True).say("utter_goodbye")


def quick_exit(state: Dialogue, heard: Heard, readings: Readings) -> Move:
    """Neutral words at once; the web chat clears itself, on Telegram the app takes off what it still can."""
    return Move(state).to(paused=True).do("quick_exit").say("utter_quick_exit")
