"""Asks the Rasa process for the answer to one message. Every failure has a reason; none is an empty answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Self

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

TURN_SECONDS = 8.0
SECRET_HEADER = "X-Pendamping-Secret"
Json = dict[str, Any]
Reason = Literal["not_ready", "connect", "timeout", "rejected", "forbidden", "failed", "empty", "malformed"]


class AssistantUnavailable(Exception):
    """No answer could be had; `reason` says why and holds nothing of the conversation."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


@dataclass(frozen=True)
class TurnRequest:
    """A message (`text`) or a pressed button (`payload`), with the conversation's facts and its dialogue state."""

    conversation: str
    message: str
    text: str | None
    payload: str | None
    lang: str
    stage: str
    asked: str | None
    agency: str
    state: Json | None

    def __post_init__(self) -> None:
        if (self.text is None) == (self.payload is None):
            raise ValueError("exactly one of text and payload is needed")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True)


class Button(_Strict):
    """A choice under a reply; `payload` comes back when it is pressed."""

    title: str
    payload: str


class Reply(_Strict):
    """One message to the client. `response` is its name in the catalogue."""

    text: str
    response: str | None = None
    buttons: tuple[Button, ...] = Field(default=(), strict=False)
    lang: str = "id"


class Understanding(_Strict):
    """What the message was taken for; the values of `dims` are the client's own words, `none` or `unknown`."""

    act: str
    confidence: float = Field(strict=False)
    dims: dict[str, str] = {}
    problem_type: str | None = None
    topic: str | None = None
    lang: str = "id"
    fallback: bool = False


class Answer(_Strict):
    """What to say, what to do, what was understood, and the dialogue state to keep (sealed) for the next turn."""

    message: str
    replies: tuple[Reply, ...] = Field(strict=False)
    commands: tuple[Json, ...] = Field(strict=False)
    understanding: Understanding
    state: Json


class AssistantClient:
    """One pool of connections to the Rasa process. `url` is asked each time: a restarted process has another port."""

    def __init__(
        self,
        url: Callable[[], str | None],
        secret: str,
        *,
        timeout: float = TURN_SECONDS,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._url = url
        self._timeout = timeout
        # trust_env off: a proxy meant for the outside must never see a turn.
        self._http = httpx.AsyncClient(
            headers={SECRET_HEADER: secret}, timeout=timeout, transport=transport, trust_env=False
        )

    async def turn(self, request: TurnRequest) -> Answer:
        """The answer to one message. Raises AssistantUnavailable after `timeout` seconds in all at the latest."""
        base = self._url()
        if base is None:
            raise AssistantUnavailable("not_ready")
        try:
            async with asyncio.timeout(self._timeout):
                response = await self._http.post(f"{base}/webhooks/pendamping/turn", json=vars(request))
        except (TimeoutError, httpx.TimeoutException):
            raise AssistantUnavailable("timeout") from None
        except httpx.HTTPError:
            raise AssistantUnavailable("connect") from None
        return _read(response, request.message)

    async def ready(self) -> bool:
        """Whether the Rasa process says that its model is loaded."""
        base = self._url()
        if base is None:
            return False
        try:
            response = await self._http.get(f"{base}/webhooks/pendamping/health", timeout=2.0)
        except httpx.HTTPError:
            return False
        return response.status_code == 200

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def _read(response: httpx.Response, message: str) -> Answer:
    if response.status_code != 200:
        raise AssistantUnavailable(_http_reason(response.status_code))
    try:
        answer = Answer.model_validate_json(response.content)
    except ValidationError:
        # `from None`: pydantic quotes the input, which holds the client's words.
        raise AssistantUnavailable("malformed") from None
    if answer.message != message:
        raise AssistantUnavailable("malformed")
    if not answer.replies and not answer.commands:
        raise AssistantUnavailable("empty")
    return answer


def _http_reason(status: int) -> Reason:
    reasons: dict[int, Reason] = {400: "rejected", 403: "forbidden", 502: "empty"}
    return reasons.get(status, "failed")
