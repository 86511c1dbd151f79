"""Yes and no, permissions taken back, data erased."""

from __future__ import annotations

from actions.dialogue import DialogueAction


class ActionConsent(DialogueAction):
    """Yes and no, permissions taken back, data erased."""

    def name(self) -> str:
        return "action_consent"
