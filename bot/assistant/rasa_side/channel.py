"""Rasa input channel `pendamping`: one request, one turn; an error is an error, silence is an error too."""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage
from rasa.shared.exceptions import RasaException
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response

from bot.assistant.rasa_side import quiet_logs
from bot.assistant.rasa_side.processor import StrictProcessor
from bot.assistant.rasa_side.turn import BadTurn, DialogueState, Json, TurnRequest, read_turn

log = logging.getLogger(__name__)

SECRET_HEADER = "X-Pendamping-Secret"
# Shorter than the app's own patience (8 s), so that the reason arrives before it gives up.
TURN_SECONDS = 7.0
DEFAULT_REPLY_LANG = "id"


class PendampingOutput(OutputChannel):  # type: ignore[misc]  # rasa is untyped
    """Collects what the actions said: replies for the client, commands for the app."""

    def __init__(self) -> None:
        self.replies: list[Json] = []
        self.commands: list[Json] = []

    @classmethod
    def name(cls) -> str:
        return "pendamping"

    async def send_response(self, recipient_id: str, message: Json) -> None:
        """Take a message whole: no splitting at blank lines, response name and language kept."""
        custom = message.get("custom")
        if custom:
            self.commands.append(custom)
        if message.get("text"):
            buttons = message.get("buttons") or []
            self.replies.append(
                {
                    "response": message.get("utter_action"),
                    "text": message["text"],
                    "buttons": [{"title": button["title"], "payload": button["payload"]} for button in buttons],
                    "lang": message.get("lang") or DEFAULT_REPLY_LANG,
                }
            )


class PendampingChannel(InputChannel):  # type: ignore[misc]  # rasa is untyped
    """POST /webhooks/pendamping/turn. The state comes with the request and leaves with the answer."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        self._processor: StrictProcessor | None = None

    @classmethod
    def name(cls) -> str:
        return "pendamping"

    @classmethod
    def from_credentials(cls, credentials: Json | None) -> PendampingChannel:
        """Raises RasaException when the secret is missing: an open door is not a default."""
        secret = (credentials or {}).get("secret")
        if not secret or str(secret).startswith("${"):
            raise RasaException("the channel needs a secret: set PENDAMPING_RASA_SECRET")
        return cls(str(secret))

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """The routes. `on_new_message` is not used: it returns quietly when the model is not loaded."""
        quiet_logs.install()
        routes = Blueprint("pendamping")

        @routes.get("/health")
        async def health(request: Request) -> HTTPResponse:
            agent = request.app.ctx.agent
            ready = agent.is_ready()
            model = {"model": agent.processor.model_path.name} if ready and self._is_known(request) else {}
            return json_response({"ready": ready, **model}, status=200 if ready else 503)

        @routes.post("/turn")
        async def turn(request: Request) -> HTTPResponse:
            if not self._is_known(request):
                return json_response({"error": "forbidden"}, status=403)
            return await self._answer(request)

        return routes

    def _is_known(self, request: Request) -> bool:
        return hmac.compare_digest(request.headers.get(SECRET_HEADER, "").encode(), self._secret)

    async def _answer(self, request: Request) -> HTTPResponse:
        try:
            turn = read_turn(request.body)
            answer = await asyncio.wait_for(self._take_turn(request.app.ctx.agent, turn), TURN_SECONDS)
        except BadTurn as error:
            return json_response({"error": str(error)}, status=400)
        except TimeoutError:
            log.error("turn took longer than %s s", TURN_SECONDS)
            return json_response({"error": "timeout"}, status=500)
        except Exception as error:
            # Whatever went wrong, the app must hear of it and answer the client by itself.
            log.exception("turn failed")
            return json_response({"error": type(error).__name__}, status=500)
        if not answer["replies"] and not answer["commands"]:
            return json_response({"error": "empty"}, status=502)
        return json_response(answer)

    async def _take_turn(self, agent: Any, turn: TurnRequest) -> Json:
        if turn.state.message == turn.message and turn.state.answer is not None:
            return {"message": turn.message, **turn.state.answer, "state": turn.state.as_json()}
        output = PendampingOutput()
        running = await self._strict(agent).take_turn(turn, output)
        answer = {"replies": output.replies, "commands": output.commands, "understanding": running.understanding}
        state = DialogueState(slots=running.slots, said=running.said, message=turn.message, answer=answer)
        return {"message": turn.message, **answer, "state": state.as_json()}

    def _strict(self, agent: Any) -> StrictProcessor:
        if not agent.is_ready():
            raise RasaException("no model")
        if self._processor is None or self._processor.model_path != agent.processor.model_path:
            self._processor = StrictProcessor(agent.processor)
        return self._processor
