"""Questions about rights, answered from published articles."""

from __future__ import annotations

from actions.dialogue import DialogueAction


class ActionRights(DialogueAction):
    """Questions about rights, answered from published articles."""

    def name(self) -> str:
        return "action_rights"
