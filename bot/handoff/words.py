"""What somebody who waits is told: the true state of the queue, as reviewed responses."""

from __future__ import annotations

from bot.clock import moment_in_words
from bot.conversation.model import Reply
from bot.handoff.held import Say
from bot.handoff.model import QueueState


def queue_reply(state: QueueState, lang: str, say: Say, contacts: str) -> Reply:
    """Whether somebody is there; the place among those in like danger, or when hours begin; never how long it takes."""
    if state.workers_online:
        return say("utter_queue_state_online", lang, {"position": str(state.position)})
    return say("utter_queue_state_nobody", lang, {"opening": _opening(state, lang, say), "contacts": contacts})


def _opening(state: QueueState, lang: str, say: Say) -> str:
    if state.open_now:
        return say("utter_opening_now", lang, {}).text
    if state.opens_at is None:
        return say("utter_opening_unknown", lang, {}).text
    return say("utter_opening_next", lang, {"moment": moment_in_words(state.opens_at, lang, state.zone)}).text
