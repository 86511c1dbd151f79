"""Stage 3: options weighed together, never ranked."""

from __future__ import annotations

from actions.dialogue import DialogueAction


class ActionAlternatives(DialogueAction):
    """Stage 3: options weighed together, never ranked."""

    def name(self) -> str:
        return "action_alternatives"
