"""Not understood, confused, going back, out of scope, provoked."""

from __future__ import annotations

from actions.dialogue import DialogueAction


class ActionRepair(DialogueAction):
    """Not understood, confused, going back, out of scope, provoked."""

    def name(self) -> str:
        return "action_repair"
