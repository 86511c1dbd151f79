"""Stage 2: the problem in the person's own words."""

from __future__ import annotations

from actions.dialogue import DialogueAction


class ActionExploring(DialogueAction):
    """Stage 2: the problem in the person's own words."""

    def name(self) -> str:
        return "action_exploring"
