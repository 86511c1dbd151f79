"""The safety room at the turn's door: what it judges dangerous is alerted and answered before anything else."""

from __future__ import annotations

from collections.abc import Sequence

from bot.assistant.catalogue import Say
from bot.safety.detector import assess
from bot.safety.model import Assessment, Risk


class DangerGuard:
    """Judges texts with their context; answers with an alert and fixed, reviewed replies."""

    def __init__(self, say: Say) -> None:
        self._say = say

    def assess(self, text: str, context: Sequence[str]) -> Assessment | None:
        """None where there is no sign of danger."""
        assessment = assess(text, context)
        return assessment if assessment.risk is not Risk.NONE else None
