"""Asks a Rasa process for the answer to one message. Every failure has a reason; none is an empty answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import aiohttp
from pydantic import BaseModel, ConfigDict, Field, ValidationError

TURN_SECONDS = 8.0
CONNECT_SECONDS = 1.0
READY_SECONDS = 2.0
REST_SECONDS = 5.0
"""For so long a process that failed is asked after the others."""
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
    """Asks each of the Rasa processes in turn, and the next one where one is away: none of them keeps anything.

    `urls` is asked each time: a restarted process has another port.
    """

    def __init__(self, urls: Callable[[], Sequence[str]], secret: str, *, timeout: float = TURN_SECONDS) -> None:
        self._urls = urls
        self._timeout = timeout
        self._headers = {SECRET_HEADER: secret}
        self._pool: aiohttp.ClientSession | None = None
        self._asked = 0
        self._failed_at: dict[str, float] = {}

    async def turn(self, request: TurnRequest) -> Answer:
        """The answer to one message. Raises AssistantUnavailable after `timeout` seconds in all at the latest."""
        deadline = _now() + self._timeout
        reason: Reason = "not_ready"
        bases = self._in_turn()
        for left, base in zip(range(len(bases), 0, -1), bases, strict=True):
            try:
                # What is left is shared out, so that one that hangs leaves time for the next.
                async with asyncio.timeout((deadline - _now()) / left):
                    status, body = await self._post(base, request)
            except aiohttp.ClientError:
                reason = "connect"
            except TimeoutError:
                reason = "timeout"
            else:
                return _read(status, body, request.message)
            self._failed_at[base] = _now()
        raise AssistantUnavailable(reason)

    async def _post(self, base: str, request: TurnRequest) -> tuple[int, bytes]:
        """A connection that was kept open may be closed in the moment it is used: the same is asked once more."""
        try:
            return await self._post_once(base, request)
        except aiohttp.ServerDisconnectedError:
            return await self._post_once(base, request)

    async def _post_once(self, base: str, request: TurnRequest) -> tuple[int, bytes]:
        address = f"{base}/webhooks/pendamping/turn"
        async with self._http().post(address, json=vars(request), allow_redirects=False) as response:
            return response.status, await response.read()

    def _in_turn(self) -> list[str]:
        """All of them: each time another one first, and last those that failed a moment ago."""
        bases = self._urls()
        self._asked += 1
        first = self._asked % len(bases) if bases else 0
        rested = _now() - REST_SECONDS
        return sorted((*bases[first:], *bases[:first]), key=lambda base: self._failed_at.get(base, rested) > rested)

    async def ready(self) -> bool:
        """Whether a Rasa process says that its model is loaded."""
        return any(await asyncio.gather(*(self.answers(base) for base in self._urls())))

    async def answers(self, base: str) -> bool:
        """Whether this one says so."""
        try:
            async with (
                asyncio.timeout(READY_SECONDS),
                self._http().get(f"{base}/webhooks/pendamping/health", allow_redirects=False) as response,
            ):
                return response.status == 200
        except (TimeoutError, aiohttp.ClientError):
            return False

    def _http(self) -> aiohttp.ClientSession:
        # Made at the first request: a session belongs to the event loop that runs it. It reads no proxy settings, so
        # that a turn never goes where they point.
        if self._pool is None:
            self._pool = aiohttp.ClientSession(
                headers=self._headers,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
                connector=aiohttp.TCPConnector(limit=0),
            )
        return self._pool

    async def close(self) -> None:
        """Close the connections."""
        if self._pool is not None:
            await self._pool.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def _now() -> float:
    return asyncio.get_running_loop().time()


def _read(status: int, body: bytes, message: str) -> Answer:
    if status != 200:
        raise AssistantUnavailable(_http_reason(status))
    try:
        answer = Answer.model_validate_json(body)
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
