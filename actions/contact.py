"""First words, small talk, questions about the assistant itself."""

from __future__ import annotations

from actions.dialogue import DialogueAction


class ActionContact(DialogueAction):
    """First words, small talk, questions about the assistant itself."""

    def name(self) -> str:
        return "action_contact"
