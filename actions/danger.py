"""Corrections of an alarm. The alarm itself is raised in the app, without Rasa."""

from __future__ import annotations

from actions.dialogue import DialogueAction


class ActionDanger(DialogueAction):
    """Corrections of an alarm."""

    def name(self) -> str:
        return "action_danger"
