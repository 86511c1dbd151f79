"""Stopping, pausing, coming back, goodbye, quick exit."""

from __future__ import annotations

from actions.dialogue import DialogueAction


class ActionLeaving(DialogueAction):
    """Stopping, pausing, coming back, goodbye, quick exit."""

    def name(self) -> str:
        return "action_leaving"
