"""Reaching a human worker."""

from __future__ import annotations

from actions.dialogue import DialogueAction


class ActionHandoff(DialogueAction):
    """Reaching a human worker."""

    def name(self) -> str:
        return "action_handoff"
