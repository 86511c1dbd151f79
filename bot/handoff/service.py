"""The front door of the room: every use case by its name, whichever part of a handoff it belongs to."""

from __future__ import annotations

from bot.handoff.ending import close, record_answer, return_to_bot
from bot.handoff.held import Say, designation_of, find, held_locked
from bot.handoff.holding import claim, expire_leases, heartbeat, keep_draft, say
from bot.handoff.waiting import agree_contact, forget, leave_message, note_wish, queue_state, request, withdraw

__all__ = [
    "Say",
    "agree_contact",
    "claim",
    "close",
    "designation_of",
    "expire_leases",
    "find",
    "forget",
    "heartbeat",
    "held_locked",
    "keep_draft",
    "leave_message",
    "note_wish",
    "queue_state",
    "record_answer",
    "request",
    "return_to_bot",
    "say",
    "withdraw",
]
