"""What the Rasa process sends to the actions: what they need and not the whole domain."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from rasa.core.actions.action import RemoteAction
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker

from bot.assistant.rasa_side.app_endpoint import AppEndpoint


def test_the_domain_does_not_travel_with_every_call() -> None:
    domain = Domain.from_dict({"intents": ["greet"], "actions": ["action_dialogue"]})
    action = RemoteAction("action_dialogue", AppEndpoint("http://127.0.0.1:1/", {"X-Secret": "s"}))
    call = action._action_call_format(DialogueStateTracker("someone", domain.slots), domain)
    assert call["next_action"] == "action_dialogue"
    assert "domain" not in call


def test_where_one_app_is_away_the_next_is_asked_and_asked_first_from_then_on() -> None:
    asked = []

    async def answer(request: web.Request) -> web.StreamResponse:
        asked.append(request.headers["X-Secret"])
        return web.json_response({"events": []})

    async def run() -> list[object]:
        app = web.Application()
        app.router.add_post("/actions", answer)
        async with TestServer(app) as server:
            endpoint = AppEndpoint(f"http://127.0.0.1:1/actions, {server.make_url('/actions')}", {"X-Secret": "s"})
            answers = [await endpoint.request(json={}, timeout=5.0) for _ in range(3)]
            assert endpoint._pool is not None
            await endpoint._pool.close()
            return answers

    assert asyncio.run(run()) == [{"events": []}] * 3
    assert asked == ["s"] * 3


def test_when_every_app_is_away_that_is_an_error() -> None:
    async def run() -> None:
        endpoint = AppEndpoint("http://127.0.0.1:1/actions,http://127.0.0.1:2/actions", {})
        try:
            await endpoint.request(json={}, timeout=5.0)
        finally:
            assert endpoint._pool is not None
            await endpoint._pool.close()

    with pytest.raises(aiohttp.ClientConnectionError):
        asyncio.run(run())


def test_a_kept_connection_that_is_closed_in_the_moment_of_use_costs_nothing() -> None:
    asked: list[web.Request] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        asked.append(request)
        if len(asked) == 1:
            assert request.transport is not None
            request.transport.abort()
        return web.json_response({"events": []})

    async def run() -> object:
        app = web.Application()
        app.router.add_post("/actions", answer)
        async with TestServer(app) as server:
            endpoint = AppEndpoint(str(server.make_url("/actions")), {})
            said = await endpoint.request(json={}, timeout=5.0)
            assert endpoint._pool is not None
            await endpoint._pool.close()
            return said

    assert asyncio.run(run()) == {"events": []}
    assert len(asked) == 2
