"""Stands in for the Rasa process over real HTTP: the real dialogue model and the real words, understanding by a table.

What a text is taken for is given by the test, so that what it shows does not depend on a trained model.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from fastapi import FastAPI

from bot.assistant.catalogue import load_catalogue
from bot.conversation.model import is_payload
from bot.counselling.dialogue import respond
from bot.counselling.model import Dialogue, Heard, Readings
from tests.counselling.graph import readings

STATE_VERSION = 1


def assistant(acts: dict[str, str], *, may_read: Callable[[], Readings] = readings) -> FastAPI:
    """Answers turns; a text that is not in `acts` tells a problem."""
    app, catalogue = FastAPI(openapi_url=None), load_catalogue(agency="Rumah Aman")

    @app.get("/webhooks/pendamping/health")
    def health() -> dict[str, bool]:
        return {"ready": True}

    @app.post("/webhooks/pendamping/turn")
    def turn(request: dict[str, Any]) -> dict[str, Any]:
        slots = (request["state"] or {}).get("slots") or {}
        state = replace(Dialogue.load(slots.get("dialogue")), lang=request["lang"], asked=request["asked"])
        heard = _heard(request, acts)
        move = respond(state, heard, may_read())
        lang = move.state.lang
        return {
            "message": request["message"],
            "replies": [
                {"text": said.text, "response": said.response, "lang": lang, "buttons": _buttons(said.buttons, own)}
                for said, own in ((catalogue.say(say.response, lang, say.values), say.buttons) for say in move.says)
            ],
            "commands": [{"command": do.command, **do.data} for do in move.does],
            "understanding": {"act": heard.act, "confidence": 1.0},
            "state": {
                "v": STATE_VERSION,
                "slots": {"dialogue": move.state.dump(), "lang": lang, "asked": move.state.asked},
                "said": {},
                "answer": None,
            },
        }

    return app


def _buttons(own: Any, made: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    of_code = [{"title": title, "payload": payload} for title, payload in made]
    return of_code + [{"title": button.title, "payload": button.payload} for button in own]


def _heard(request: dict[str, Any], acts: dict[str, str]) -> Heard:
    payload = request["payload"]
    if payload is not None:
        assert is_payload(payload)
        act, _, data = payload[1:].partition("{")
        return Heard(act, message=request["message"], data=json.loads("{" + data) if data else {}, pressed=True)
    text = request["text"]
    return Heard(acts.get(text, "tell_problem"), text=text, message=request["message"])
