"""One turn as the Rasa process sees it: the request, the dialogue state it brings and the state it takes home."""

from __future__ import annotations

import json
import re
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

STATE_VERSION = 1
MAX_TEXT = 16_000
MAX_PAYLOAD = 1_000
MAX_REMEMBERED_VARIANTS = 40
OVERRIDDEN_SLOTS = ("lang", "stage", "asked", "agency")
# Rasa sets these by itself; they mean nothing to the next turn.
UNKEPT_SLOTS = frozenset({"requested_slot", "session_started_metadata"})
_PAYLOAD = re.compile(r"/(?P<intent>[a-z][a-z0-9_]*)(?P<entities>\{.*\})?", re.DOTALL)

Json = dict[str, Any]


class BadTurn(Exception):
    """The request is not one that the app would send; the message names the field, never its value."""


@dataclass(frozen=True)
class Payload:
    """What a pressed button means: an intent and its entities."""

    raw: str
    intent: str
    entities: tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class DialogueState:
    """All that the dialogue needs to go on: slots, the variants said last, the last message id with its answer."""

    slots: Json = field(default_factory=dict)
    said: dict[str, int] = field(default_factory=dict)
    message: str | None = None
    answer: Json | None = None

    def as_json(self) -> Json:
        """The form that the app stores sealed."""
        return {
            "v": STATE_VERSION,
            "slots": self.slots,
            "said": self.said,
            "message": self.message,
            "answer": self.answer,
        }


@dataclass(frozen=True)
class TurnRequest:
    """A message of a client, or a pressed button, with all that is known about the conversation."""

    conversation: str
    message: str
    text: str | None
    payload: Payload | None
    lang: str
    stage: str
    asked: str | None
    agency: str
    state: DialogueState

    def overridden_slots(self) -> Json:
        """The slots that the app decides, whatever the state says."""
        return {name: getattr(self, name) for name in OVERRIDDEN_SLOTS}


@dataclass
class RunningTurn:
    """What the tracker store and the response generator share while one request is worked on."""

    request: TurnRequest
    said: dict[str, int]
    slots: Json = field(default_factory=dict)
    understanding: Json = field(default_factory=dict)

    def remember_variant(self, response: str, variant: int) -> None:
        """Note which variant was said last; the oldest notes fall out, so the state stays small."""
        self.said.pop(response, None)
        self.said[response] = variant
        while len(self.said) > MAX_REMEMBERED_VARIANTS:
            self.said.pop(next(iter(self.said)))


# Each request runs in its own asyncio task, so conversations that are worked on at the same time do not mix.
running_turn: ContextVar[RunningTurn | None] = ContextVar("running_turn", default=None)


def read_turn(body: bytes) -> TurnRequest:
    """Read and check the JSON body of a request. Raises BadTurn."""
    try:
        data = json.loads(body)
    except ValueError:
        raise BadTurn("the body is not JSON") from None
    if not isinstance(data, dict):
        raise BadTurn("the body is not a JSON object")
    text, payload = _optional(data, "text"), _optional(data, "payload")
    if (text is None) == (payload is None):
        raise BadTurn("exactly one of text and payload is needed")
    return TurnRequest(
        conversation=_required(data, "conversation"),
        message=_required(data, "message"),
        text=None if text is None else _clean_text(text),
        payload=None if payload is None else read_payload(payload),
        lang=_required(data, "lang"),
        stage=_required(data, "stage"),
        asked=_optional(data, "asked"),
        agency=_optional(data, "agency") or "",
        state=_read_state(data.get("state")),
    )


def read_payload(raw: str) -> Payload:
    """Read a button payload such as `/choose_option{"option":"O03"}`. Raises BadTurn."""
    match = _PAYLOAD.fullmatch(raw)
    if match is None or len(raw) > MAX_PAYLOAD:
        raise BadTurn("payload is malformed")
    try:
        entities = json.loads(match["entities"] or "{}")
    except ValueError:
        raise BadTurn("payload is malformed") from None
    return Payload(raw=raw, intent=match["intent"], entities=tuple(entities.items()))


def _required(data: Json, name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str) or not value:
        raise BadTurn(f"{name} must be a text that is not empty")
    return value


def _optional(data: Json, name: str) -> str | None:
    value = data.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise BadTurn(f"{name} must be a text or null")
    return value


def _clean_text(text: str) -> str:
    if not text.strip():
        raise BadTurn("text is blank")
    if len(text) > MAX_TEXT:
        raise BadTurn("text is too long")
    # Half of a surrogate pair cannot be encoded further down; one character stays one character.
    return text.encode("utf-8", "replace").decode("utf-8")


def _read_state(state: object) -> DialogueState:
    if state is None:
        return DialogueState()
    if not isinstance(state, dict) or state.get("v") != STATE_VERSION:
        raise BadTurn("state is not one of this version")
    slots, said, answer = state.get("slots"), state.get("said"), state.get("answer")
    if not isinstance(slots, dict) or not isinstance(said, dict) or not isinstance(answer, dict | None):
        raise BadTurn("state is malformed")
    return DialogueState(slots=slots, said=dict(said), message=state.get("message"), answer=answer)
