"""Buttons that work at once, even while a worker holds the chat; everything else goes to the worker. Pure."""

from __future__ import annotations

from bot.conversation.model import Kind, Pending, is_payload

CONTROLS = frozenset({"delete_data", "stop", "revoke_consent", "quick_exit", "refuse_human"})
ANSWERS = frozenset({"consent_give", "consent_refuse"})
"""A yes or a no goes to the worker too, unless it answers what the app itself asked: to erase, to be passed on."""
TO_BE_PASSED_ON = '{"dimension":"transfer'
"""What such a button carries where the question was about another organisation."""

ERASE_QUESTION = "delete"


def works_at_once(pending: Pending, asked: str | None) -> bool:
    """Whether an update is a press of such a button, given the question that is open."""
    if pending.kind is not Kind.PRESS or not is_payload(pending.payload):
        return False
    name = pending.payload[1:].split("{", 1)[0]
    if name in ANSWERS:
        return asked == ERASE_QUESTION or TO_BE_PASSED_ON in pending.payload
    return name in CONTROLS
