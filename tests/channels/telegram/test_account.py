"""The account: connecting, choosing how updates come in, the menu, and keeping the token to itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from fastapi import FastAPI

from bot.channels.telegram.account import TelegramAccount, WebhookSecretInvalid
from bot.channels.telegram.client import BackOff, BotTokenInvalid
from bot.channels.telegram.commands import MENU, PAYLOADS
from bot.conversation.model import Button
from bot.storage.unit_of_work import Database
from tests.channels.stored import stored
from tests.channels.telegram.conftest import Store
from tests.doubles.bot_api import BotApi
from tests.doubles.serving import serve

SECRET = "a-secret-of-the-webhook"


@asynccontextmanager
async def account_of(
    api: BotApi, intake: Any, **more: Any
) -> AsyncIterator[tuple[TelegramAccount, asyncio.Task[None]]]:
    account = TelegramAccount(
        more.pop("token", api.token),
        intake,
        api_url=api.url,
        long_poll_s=1,
        back_off=lambda: BackOff(0.01, 0.05),
        **more,
    )
    task = asyncio.create_task(account.run())
    try:
        yield account, task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await account.close()


async def until(api: BotApi, condition: Callable[[], object]) -> None:
    assert await asyncio.to_thread(api.wait_until, condition)


async def test_without_a_webhook_it_polls_and_answers(api: BotApi, store: Store, db: Database) -> None:
    api.webhook = {"url": "https://old.example.org"}
    rina = api.user(1001)
    rina.says("halo")
    async with account_of(api, store) as (account, _):
        await until(api, lambda: not api.unconfirmed)
        await account.channel.send("1001", "Halo juga.", [], "id")
        assert account.problem is None
    assert api.webhook == {}
    assert rina.wait_for_reply().text == "Halo juga."
    assert [row.account for row in stored(db)] == ["telegram:4242"]


async def test_with_a_webhook_it_tells_telegram_where_and_is_done(api: BotApi, store: Store) -> None:
    async with account_of(api, store, webhook_url="https://app.example.org", webhook_secret=SECRET) as (account, task):
        await task
        assert account.router is not None
        assert account.problem is None
    assert api.webhook["url"] == "https://app.example.org/telegram/webhook"
    assert api.webhook["secret_token"] == SECRET
    assert api.webhook["allowed_updates"] == '["message", "edited_message", "callback_query"]'
    assert api.called("getUpdates") == []


async def test_a_delivery_by_webhook_is_stored_and_its_press_answered(api: BotApi, store: Store, db: Database) -> None:
    rina = api.user(1001)
    async with account_of(api, store, webhook_url="https://app.example.org", webhook_secret=SECRET) as (account, task):
        await task
        app = FastAPI()
        assert account.router is not None
        app.include_router(account.router)
        await account.channel.send("1001", "Mulai?", [Button("Ya", "/greet")], "id")
        rina.presses("Ya")
        with serve(app) as address:
            done = await asyncio.wrap_future(api.deliver(f"{address}/telegram/webhook", SECRET))
    assert done.statuses == {200: 1}
    assert len(api.called("answerCallbackQuery")) == 1
    assert [(row.kind, row.text, row.payload) for row in stored(db)] == [("press", "Ya", "/greet")]


async def test_an_own_path_behind_a_proxy_is_left_alone(api: BotApi, store: Store) -> None:
    url = "https://app.example.org/secret-path/hook"
    async with account_of(api, store, webhook_url=url, webhook_secret=SECRET) as (_, task):
        await task
    assert api.webhook["url"] == url


async def test_it_tries_until_telegram_is_reachable(api: BotApi, store: Store, db: Database) -> None:
    api.cut(times=2)
    api.fail(500, times=2)
    api.limit(1, method="getMe")
    api.garble('{"ok": true}', method="getMe")
    api.garble("<html>", method="setMyCommands")
    api.user(1001).says("halo")
    async with account_of(api, store) as (account, _):
        assert account.problem == "connecting"
        await until(api, lambda: not api.unconfirmed)
    assert [row.text for row in stored(db)] == ["halo"]


async def test_a_refused_token_is_named_and_tried_again(api: BotApi, store: Store) -> None:
    async with account_of(api, store, token="4242:another-token") as (account, task):
        while account.problem == "connecting":
            await asyncio.sleep(0.01)
        assert account.problem == "token refused"
        assert not task.done()


async def test_a_menu_that_can_not_be_set_stops_nothing(api: BotApi, store: Store) -> None:
    api.fail(400, method="setMyCommands", times=2)
    api.user(1001).says("halo")
    async with account_of(api, store):
        await until(api, lambda: not api.unconfirmed)


async def test_the_menu_stands_in_both_languages(api: BotApi, store: Store) -> None:
    async with account_of(api, store):
        await until(api, lambda: len(api.commands) == 2)
    assert {entry["command"] for entry in api.commands[""]} == {entry.command for entry in MENU["id"]}
    assert {entry["command"] for entry in api.commands["en"]} == {entry.command for entry in MENU["en"]}


def test_each_command_of_the_menu_means_something_and_gives_nothing_away() -> None:
    telling = ("kekerasan", "korban", "konsel", "kdrt", "violence", "abuse", "victim", "counsel", "crisis", "krisis")
    for entries in MENU.values():
        for entry in entries:
            assert entry.command in PAYLOADS
            assert not any(word in f"{entry.command} {entry.description}".lower() for word in telling)
    assert [PAYLOADS[entry.command] for entry in MENU["id"]] == [PAYLOADS[entry.command] for entry in MENU["en"]]


@pytest.mark.parametrize("token", ["", "4242", ":x", "abc:defgh", "4242:a b c", "4242:tok\n"])
def test_a_malformed_token_is_refused_without_being_named(token: str, store: Store) -> None:
    with pytest.raises(BotTokenInvalid) as caught:
        TelegramAccount(token, store)
    assert not token or token not in str(caught.value)


@pytest.mark.parametrize("secret", ["", "short", "with blanks in the middle", "x" * 257])
def test_a_webhook_needs_a_secret_that_telegram_takes(secret: str, store: Store) -> None:
    with pytest.raises(WebhookSecretInvalid):
        TelegramAccount("4242:double", store, webhook_url="https://app.example.org", webhook_secret=secret)


async def test_neither_token_nor_secret_nor_words_are_logged_at_debug(
    api: BotApi, store: Store, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    canary = "kata-rahasia-klien"

    async def broken(_: object) -> Any:
        raise ValueError(canary)

    async def talk(intake: Callable[[Any], Awaitable[Any]], **more: Any) -> None:
        async with account_of(api, intake, **more) as (account, _):
            with suppress(Exception):
                await account.channel.send("1001", canary, [], "id")
            await asyncio.sleep(0.2)

    api.user(1001).says(canary)
    await talk(broken)
    for name in ("httpx", "httpcore", "telegram"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    api.garble(canary, times=6)
    await talk(store)
    api.cut(times=3)
    api.fail(500, times=3)
    await talk(store)
    await talk(store, webhook_url="https://app.example.org", webhook_secret=SECRET)
    await talk(store, token="4242:another-token")
    printed = "".join(capfd.readouterr()) + caplog.text
    assert "telegram.polling_failed" in printed
    for secret in (api.token.partition(":")[2], "another-token", SECRET, canary):
        assert secret not in printed
