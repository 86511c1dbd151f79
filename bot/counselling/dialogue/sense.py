"""One rule about what words mean in a place of the dialogue, and what such rules share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.counselling.dialogue.agenda import Handler
from bot.counselling.model import Definitions, Dialogue, Heard

SHORT_WISH = 8
"""Words of a wish that has a button, such as seeing the note; in a longer text those words are part of a story."""

Applies = Callable[[Dialogue, Heard, Definitions], bool]


@dataclass(frozen=True)
class Sense:
    """When it applies, and what is done then."""

    applies: Applies
    handler: Handler


def length(heard: Heard) -> int:
    return len(heard.text.split())


def short_wish(cue: str) -> Applies:
    def applies(state: Dialogue, heard: Heard, definitions: Definitions) -> bool:
        return length(heard) <= SHORT_WISH and definitions.cue(cue, heard.text)

    return applies
