"""The app's side: answers are read whole or not at all, and every failure has a reason."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

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


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def saying(data: object, status: int = 200) -> Handler:
    """A Rasa process that always gives the same answer."""

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.json_response(data, status=status)

    return answer


def ask(handler: Handler, *, timeout: float = 8.0, gone: bool = False) -> Answer:
    """The answer of a server on this machine; `gone`: it was stopped before it was asked."""

    async def run() -> Answer:
        app = web.Application()
        app.router.add_post("/webhooks/pendamping/turn", handler)
        async with TestServer(app) as server:
            url = str(server.make_url("")).rstrip("/")
            if gone:
                await server.close()
            async with AssistantClient(lambda: (url,), "s", timeout=timeout) as client:
                return await client.turn(request())

    return asyncio.run(run())


def reason(handler: Handler, **options: Any) -> str:
    with pytest.raises(AssistantUnavailable) as caught:
        ask(handler, **options)
    assert caught.value.__cause__ is None
    return caught.value.reason


def test_an_answer_is_read_into_dataclasses() -> None:
    answer = ask(saying(GOOD))

    assert answer.replies[0].text == "Halo"
    assert answer.replies[0].buttons == (Button(title="Ya", payload="/consent_give"),)
    assert answer.commands == ({"command": "note", "value": 1},)
    assert answer.understanding.dims == {"feelings": "takut"}
    assert answer.state == {"v": 1}


def test_the_secret_goes_with_the_request() -> None:
    seen: list[str | None] = []

    async def handler(given: web.Request) -> web.StreamResponse:
        seen.append(given.headers.get(SECRET_HEADER))
        return web.json_response(GOOD)

    ask(handler)
    assert seen == ["s"]


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
    assert reason(saying(GOOD, status)) == expected


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
    assert reason(saying({**GOOD, **wrong})) == "malformed"


def test_an_answer_that_is_no_json_is_a_failure() -> None:
    async def handler(_: web.Request) -> web.StreamResponse:
        return web.Response(text="<html>")

    assert reason(handler) == "malformed"


def test_silence_is_a_failure() -> None:
    assert reason(saying({**GOOD, "replies": [], "commands": []})) == "empty"


def test_a_kept_connection_that_is_closed_in_the_moment_of_use_costs_nothing() -> None:
    assert ask(hangs_up_once(saying(GOOD))).message == "m1"


def hangs_up_once(answer: Handler) -> Handler:
    """A server that lets go of the connection instead of answering the first time."""
    asked: list[web.Request] = []

    async def handle(seen: web.Request) -> web.StreamResponse:
        asked.append(seen)
        if len(asked) == 1:
            assert seen.transport is not None
            seen.transport.abort()
        return await answer(seen)

    return handle


def test_no_connection_is_a_failure() -> None:
    assert reason(saying(GOOD), gone=True) == "connect"


def test_a_slow_answer_is_a_failure_in_time() -> None:
    async def handler(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(1)
        return web.json_response(GOOD)

    assert reason(handler, timeout=0.05) == "timeout"


def test_without_a_ready_process_nothing_is_asked() -> None:
    with pytest.raises(AssistantUnavailable, match="not_ready"):
        asyncio.run(AssistantClient(lambda: (), "s").turn(request()))


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


class Process:
    """One of several Rasa processes: answers, hangs, or is away; counts what it was asked."""

    def __init__(self, seconds: float = 0.0, *, away: bool = False) -> None:
        self.asked = 0
        self.away = away
        self._seconds = seconds
        app = web.Application()
        app.router.add_post("/webhooks/pendamping/turn", self._answer)
        app.router.add_get("/webhooks/pendamping/health", self._answer)
        self.server = TestServer(app)

    async def _answer(self, _: web.Request) -> web.StreamResponse:
        self.asked += 1
        await asyncio.sleep(self._seconds)
        return web.json_response(GOOD)


def ask_all(*processes: Process, times: int = 1, timeout: float = 8.0, ready: bool = False) -> list[Answer | bool]:
    """What comes when several processes are asked, one question after the other."""

    async def run() -> list[Answer | bool]:
        urls = []
        for process in processes:
            await process.server.start_server()
            urls.append(str(process.server.make_url("")).rstrip("/"))
            if process.away:
                await process.server.close()
        async with AssistantClient(lambda: urls, "s", timeout=timeout) as client:
            try:
                return [await (client.ready() if ready else client.turn(request())) for _ in range(times)]
            finally:
                for process in processes:
                    await process.server.close()

    return asyncio.run(run())


def test_several_processes_take_turns() -> None:
    first, second = Process(), Process()
    ask_all(first, second, times=10)
    assert (first.asked, second.asked) == (5, 5)


def test_where_one_is_away_the_next_answers_and_it_is_not_asked_again_at_once() -> None:
    dead, alive = Process(away=True), Process()
    assert len(ask_all(dead, alive, times=4)) == 4
    assert alive.asked == 4


def test_one_that_hangs_leaves_time_for_the_next_and_rests() -> None:
    hanging, alive = Process(seconds=30.0), Process()
    assert len(ask_all(hanging, alive, times=4, timeout=1.0)) == 4
    assert (hanging.asked, alive.asked) == (1, 4)


def test_one_that_failed_is_asked_all_the_same_when_there_is_no_other() -> None:
    with pytest.raises(AssistantUnavailable) as caught:
        ask_all(Process(away=True), Process(away=True))
    assert caught.value.reason == "connect"


def test_the_assistant_is_ready_when_one_of_them_is() -> None:
    assert ask_all(Process(away=True), Process(), ready=True) == [True]
    assert ask_all(Process(away=True), Process(away=True), ready=True) == [False]
