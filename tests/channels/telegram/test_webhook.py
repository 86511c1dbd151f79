"""The webhook: no secret, no effect; no commit, no 200."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from bot.channels.telegram.webhook import MAX_BODY, SECRET_HEADER, webhook_router
from bot.storage.unit_of_work import Database
from tests.channels.stored import stored
from tests.channels.telegram.conftest import Store
from tests.doubles import updates

SECRET = "a-secret-of-the-webhook"
HEADERS = {SECRET_HEADER: SECRET}
URL = "/telegram/webhook"


@pytest_asyncio.fixture
async def client(store: Store) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(webhook_router(store, "telegram:4242", SECRET))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        yield client


async def test_an_update_is_stored_before_the_answer(client: httpx.AsyncClient, db: Database) -> None:
    answer = await client.post(URL, json=updates.text(7, 1001, "halo"), headers=HEADERS)
    assert (answer.status_code, answer.content) == (200, b"")
    assert [(row.update, row.text) for row in stored(db)] == [("7", "halo")]


async def test_a_second_delivery_has_no_second_effect(client: httpx.AsyncClient, db: Database) -> None:
    for _ in range(3):
        answer = await client.post(URL, json=updates.text(7, 1001, "halo"), headers=HEADERS)
        assert answer.status_code == 200
    assert len(stored(db)) == 1


async def test_what_could_not_be_stored_is_not_accepted(client: httpx.AsyncClient, store: Store, db: Database) -> None:
    store.failures = 1
    assert (await client.post(URL, json=updates.text(7, 1001, "halo"), headers=HEADERS)).status_code == 503
    assert stored(db) == []
    assert (await client.post(URL, json=updates.text(7, 1001, "halo"), headers=HEADERS)).status_code == 200
    assert len(stored(db)) == 1


@pytest.mark.parametrize(
    "secret", [None, "", "wrong", SECRET[:-1], SECRET + "x", SECRET.upper(), "é" * 9, SECRET + "," + SECRET]
)
async def test_forgery_has_no_effect(client: httpx.AsyncClient, store: Store, secret: str | None) -> None:
    headers = {} if secret is None else {SECRET_HEADER: secret.encode()}
    answer = await client.post(URL, json=updates.text(7, 1001, "halo"), headers=headers)  # type: ignore[arg-type]
    assert answer.status_code == 401
    assert store.calls == 0


async def test_a_forged_body_is_not_even_read(client: httpx.AsyncClient) -> None:
    read = []

    async def body() -> AsyncIterator[bytes]:
        read.append(1)
        yield b"x"

    answer = await client.post(URL, content=body(), headers={SECRET_HEADER: "wrong"})
    assert answer.status_code == 401
    assert read == []


async def test_a_huge_body_is_read_no_further_than_the_limit(client: httpx.AsyncClient, store: Store) -> None:
    chunks = []

    def body() -> Iterator[bytes]:
        for _ in range(100):
            chunks.append(1)
            yield b" " * (MAX_BODY // 4)

    async def streamed() -> AsyncIterator[bytes]:
        for chunk in body():
            yield chunk

    assert (await client.post(URL, content=streamed(), headers=HEADERS)).status_code == 413
    assert (len(chunks), store.calls) == (5, 0)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"message": {}}', b"[" * 50_000, b"\xff"])
async def test_what_is_no_update_is_refused(client: httpx.AsyncClient, store: Store, body: bytes) -> None:
    assert (await client.post(URL, content=body, headers=HEADERS)).status_code == 400
    assert store.calls == 0


async def test_a_malformed_update_with_an_id_is_stored_as_unknown(client: httpx.AsyncClient, db: Database) -> None:
    broken = {"update_id": 8, "message": {"chat": {"id": 1001}, "text": ["halo"]}}
    assert (await client.post(URL, json=broken, headers=HEADERS)).status_code == 200
    assert [(row.kind, row.text) for row in stored(db)] == [("unknown", "")]


async def test_the_answer_to_a_press_stops_the_buttons_spinning(client: httpx.AsyncClient) -> None:
    answer = await client.post(URL, json=updates.press(7, 1001, "/menu", "Menu"), headers=HEADERS)
    assert answer.json() == {"method": "answerCallbackQuery", "callback_query_id": "press-7"}


async def test_only_posting_is_possible(client: httpx.AsyncClient) -> None:
    assert (await client.get(URL, headers=HEADERS)).status_code == 405
