"""The app's side: answers are read whole or not at all, and every failure has a reason."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from bot.assistant.client import SECRET_HEADER, Answer, AssistantClient, AssistantUnavailable, Button, TurnRequest
from tests.assistant.conftest import TinyRasa

GOOD: dict[str, Any] = {
    "message": "m1",
    "replies": [
        {"response": "utter_x", "text": "Halo", "buttons": [{"title": "Ya", "payload": "/consent_give"}], "lang": "id"}
    ],
    "commands": [{"command": "note", "value": 1}],
    "understanding": {
        "act": "greet",
        "confidence": 1,
        "dims": {"feelings": "takut"},
        "problem_type": None,
        "topic": None,
        "lang": "id",
        "fallback": False,
    },
    "state": {"v": 1},
}


def request(**changes: Any) -> TurnRequest:
    base: dict[str, Any] = {
        "conversation": "c1",
        "message": "m1",
        "text": "halo",
        "payload": None,
        "lang": "id",
        "stage": "contact",
        "asked": None,
        "agency": "LBH",
        "state": None,
    }
    return TurnRequest(**{**base, **changes})


def ask(handler: Callable[[httpx.Request], Any], *, url: str | None = "http://rasa", timeout: float = 8.0) -> Answer:
    async def run() -> Answer:
        transport = httpx.MockTransport(handler)
        async with AssistantClient(lambda: url, "s", timeout=timeout, transport=transport) as client:
            return await client.turn(request())

    return asyncio.run(run())


def reason(handler: Callable[[httpx.Request], Any], **options: Any) -> str:
    with pytest.raises(AssistantUnavailable) as caught:
        ask(handler, **options)
    assert caught.value.__cause__ is None
    return caught.value.reason


def test_an_answer_is_read_into_dataclasses() -> None:
    answer = ask(lambda _: httpx.Response(200, json=GOOD))

    assert answer.replies[0].text == "Halo"
    assert answer.replies[0].buttons == (Button(title="Ya", payload="/consent_give"),)
    assert answer.commands == ({"command": "note", "value": 1},)
    assert answer.understanding.dims == {"feelings": "takut"}
    assert answer.state == {"v": 1}


def test_the_secret_goes_with_the_request() -> None:
    seen: list[httpx.Request] = []

    def handler(given: httpx.Request) -> httpx.Response:
        seen.append(given)
        return httpx.Response(200, json=GOOD)

    ask(handler)
    assert seen[0].headers[SECRET_HEADER] == "s"
    assert seen[0].url.path == "/webhooks/pendamping/turn"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, "rejected"),
        (403, "forbidden"),
        (500, "failed"),
        (502, "empty"),
        (503, "failed"),
        (302, "failed"),
        (204, "failed"),
    ],
)
def test_any_other_status_is_a_failure(status: int, expected: str) -> None:
    assert reason(lambda _: httpx.Response(status, json=GOOD)) == expected


@pytest.mark.parametrize(
    "wrong",
    [
        {"replies": None},
        {"replies": [{"text": 5}]},
        {"replies": [{"text": "x", "buttons": [{"title": "x"}]}]},
        {"commands": ["x"]},
        {"understanding": None},
        {"state": None},
        {"message": "another"},
    ],
)
def test_a_malformed_answer_is_a_failure(wrong: dict[str, Any]) -> None:
    assert reason(lambda _: httpx.Response(200, json={**GOOD, **wrong})) == "malformed"


def test_an_answer_that_is_no_json_is_a_failure() -> None:
    assert reason(lambda _: httpx.Response(200, text="<html>")) == "malformed"


def test_silence_is_a_failure() -> None:
    assert reason(lambda _: httpx.Response(200, json={**GOOD, "replies": [], "commands": []})) == "empty"


def test_no_connection_is_a_failure() -> None:
    def handler(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    assert reason(handler) == "connect"


def test_a_slow_answer_is_a_failure_in_time() -> None:
    async def handler(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(5)
        return httpx.Response(200, json=GOOD)

    assert reason(handler, timeout=0.05) == "timeout"


def test_without_a_ready_process_nothing_is_asked() -> None:
    assert reason(lambda _: httpx.Response(200, json=GOOD), url=None) == "not_ready"


def test_a_request_is_either_a_text_or_a_payload() -> None:
    with pytest.raises(ValueError, match="exactly one"):
        request(payload="/greet")


def test_it_talks_to_the_real_process(tiny_rasa: TinyRasa) -> None:
    async def run() -> tuple[Answer, Answer]:
        async with tiny_rasa.client() as client:
            first = await client.turn(request())
            return first, await client.turn(request(message="m2", state=first.state))

    first, second = asyncio.run(run())
    assert first.commands[0]["turns"] == 1
    assert second.commands[0]["turns"] == 2
