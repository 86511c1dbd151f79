"""What was understood of one message, in the form that actions and the app read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bot.assistant.rasa_side.turn import Json, Payload

DIMENSIONS = ("type", "severity", "duration", "cause", "feelings", "strengths")
FALLBACK_INTENT = "nlu_fallback"
# What the NLU components leave on the message besides Rasa's own intent and entities.
BEST_ACT, PROBLEM_TYPE, TOPIC, LANGUAGE, FALLBACK = "best_act", "problem_type", "topic", "language", "fallback"
# An entity of the extractor that stands for "there is none" or "I do not know", not for words.
MEANING = "meaning"


@dataclass(frozen=True)
class Understanding:
    """The act with its confidence, and what the text says about the problem. Values are the client's own words."""

    act: str
    confidence: float
    dims: dict[str, str] = field(default_factory=dict)
    problem_type: str | None = None
    topic: str | None = None
    lang: str = "id"
    fallback: bool = False

    def as_json(self) -> Json:
        """The form of the `understanding` field and of `pendamping nlu --jsonl`."""
        return {
            "act": self.act,
            "confidence": round(self.confidence, 4),
            "dims": self.dims,
            "problem_type": self.problem_type,
            "topic": self.topic,
            "lang": self.lang,
            "fallback": self.fallback,
        }


def of_text(parsed: Json, text: str) -> Understanding:
    """Read Rasa's parse data of a text message."""
    intent = parsed.get("intent") or {}
    act = str(parsed.get(BEST_ACT) or intent.get("name") or FALLBACK_INTENT)
    return Understanding(
        act=act,
        confidence=float(intent.get("confidence") or 0.0),
        dims=_dims(parsed.get("entities") or [], text),
        problem_type=parsed.get(PROBLEM_TYPE),
        topic=parsed.get(TOPIC),
        lang=str(parsed.get(LANGUAGE) or "id"),
        fallback=bool(parsed.get(FALLBACK)) or intent.get("name") in (None, FALLBACK_INTENT),
    )


def of_payload(payload: Payload, lang: str) -> Understanding:
    """A pressed button is understood by definition."""
    entities = {name: str(value) for name, value in payload.entities}
    return Understanding(
        act=payload.intent,
        confidence=1.0,
        dims={name: entities[name] for name in DIMENSIONS if name in entities},
        problem_type=entities.get(PROBLEM_TYPE),
        topic=entities.get(TOPIC),
        lang=lang,
    )


def payload_parse_data(payload: Payload, message_id: str, lang: str) -> Json:
    """The parse data that Rasa's pipeline would have made of the payload."""
    intent = {"name": payload.intent, "confidence": 1.0}
    entities: list[dict[str, Any]] = [{"entity": name, "value": value} for name, value in payload.entities]
    return {
        "text": payload.raw,
        "intent": intent,
        "intent_ranking": [intent],
        "entities": entities,
        "message_id": message_id,
        "pressed": True,
        "understanding": of_payload(payload, lang).as_json(),
    }


def _dims(entities: list[Json], text: str) -> dict[str, str]:
    # Several spans of one dimension: the longest says most. Words win over "none".
    found: dict[str, str] = {}
    for entity in entities:
        name = entity.get("entity")
        if name not in DIMENSIONS or entity.get(MEANING):
            continue
        # Sliced from the client's text, so that it is the client's words to the letter.
        words = text[entity["start"] : entity["end"]] if "start" in entity else str(entity["value"])
        if len(words) > len(found.get(name, "")):
            found[name] = words
    for entity in entities:
        if entity.get("entity") in DIMENSIONS and entity.get(MEANING):
            found.setdefault(entity["entity"], str(entity[MEANING]))
    return {name: found[name] for name in DIMENSIONS if name in found}
