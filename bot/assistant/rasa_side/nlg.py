"""Says a response of the catalogue: the variant is chosen, not drawn, and a client's words cannot change a template."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from rasa.core.nlg.generator import ResponseVariationFilter
from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from bot.assistant.rasa_side.turn import Json, running_turn

BASE_LANG = "id"
_FIELD = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_FIELD_OR_BRACES = re.compile(r"\{\{|\}\}|\{([A-Za-z_][A-Za-z0-9_]*)\}")
_PLAIN = (str, int, float)


class UnknownResponse(Exception):
    """An action named a response that the catalogue does not have, or not for these slots."""


class MissingValue(Exception):
    """A response has a place for a value that nobody gave."""


class CatalogueGenerator(TemplatedNaturalLanguageGenerator):  # type: ignore[misc]  # rasa is untyped
    """The same message gets the same variant again; the variant said last for a response is not said twice in a row."""

    def __init__(self, endpoint_config: EndpointConfig | None = None, domain: Domain | None = None) -> None:
        super().__init__(domain.responses if domain else {})

    async def generate(
        self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **kwargs: Any
    ) -> Json:
        """A reply: text, buttons, response name and language. Raises UnknownResponse, MissingValue."""
        slots = tracker.current_slot_values()
        # The language may have changed in this very turn, before Rasa sets the slot.
        slots["lang"] = kwargs.get("lang") or slots.get("lang")
        variants = self._variants(utter_action, output_channel, slots)
        message_id = tracker.latest_message.message_id if tracker.latest_message else ""
        variant = variants[self._choose(utter_action, len(variants), f"{tracker.sender_id}\0{message_id}")]
        given = {name: value for name, value in kwargs.items() if value is not None}
        values = {"agency": "", **slots, **given}
        return {
            "text": fill(utter_action, variant.get("text", ""), values),
            # Choices made from definitions (options, dimensions) stand before the response's own buttons.
            "buttons": [
                *(kwargs.get("choices") or ()),
                *(
                    {name: fill(utter_action, str(part), values) for name, part in button.items()}
                    for button in variant.get("buttons") or []
                ),
            ],
            "utter_action": utter_action,
            "lang": _lang_of(variant),
        }

    def _variants(self, response: str, channel: str, slots: Json) -> list[Json]:
        if response not in self.responses:
            raise UnknownResponse(response)
        fitting: list[Json] = ResponseVariationFilter(self.responses).responses_for_utter_action(
            response, channel, slots
        )
        if not fitting:
            raise UnknownResponse(response)
        return fitting

    @staticmethod
    def _choose(response: str, count: int, occasion: str) -> int:
        digest = hashlib.sha256(f"{occasion}\0{response}".encode()).digest()
        chosen = int.from_bytes(digest[:8], "big") % count
        turn = running_turn.get()
        if turn is None:
            return chosen
        if chosen == turn.said.get(response) and count > 1:
            chosen = (chosen + 1) % count
        turn.remember_variant(response, chosen)
        return chosen


def fill(response: str, template: str, values: Json) -> str:
    """Put values into the `{places}` of a template in one pass: braces inside a value stay what they are.

    `{{` and `}}` stand for single braces where a template uses them (Rasa's way of writing a payload).
    """

    def one(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            return match[0][0]
        value = values.get(name)
        if isinstance(value, bool) or not isinstance(value, _PLAIN):
            raise MissingValue(f"{response}: {{{name}}}")
        return str(value)

    # A JSON payload ends in "}}" when it is nested; only a template that also doubles its "{" means single ones.
    return (_FIELD_OR_BRACES if "{{" in template else _FIELD).sub(one, template)


def _lang_of(variant: Json) -> str:
    for condition in variant.get("condition") or []:
        if condition.get("name") == "lang":
            return str(condition.get("value"))
    return str((variant.get("metadata") or {}).get("lang") or BASE_LANG)
