"""The channels that keep to the contract."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from bot.channels.telegram.account import TelegramAccount
from bot.channels.telegram.client import BackOff
from bot.conversation.intake import receive
from bot.conversation.model import Button, Inbound, Received
from bot.storage.unit_of_work import Database
from tests.channels.adapter import Adapter, Shown
from tests.channels.web.adapter import WebAdapter
from tests.doubles.bot_api import BotApi


class TelegramAdapter(Adapter):
    """A phone, the Bot API double, the real polling."""

    name = "telegram"

    def __init__(self, api: BotApi, db: Database) -> None:
        self._api = api
        self._db = db
        self._user = api.user(1001)
        self._last = 0
        self._broken = False
        self._refused = 0
        self._telegram = TelegramAccount(
            api.token, self._store, api_url=api.url, long_poll_s=1, back_off=lambda: BackOff(0.01, 0.05)
        )
        self.account = self._telegram.account

    async def _store(self, inbound: Inbound) -> Received:
        if self._broken:
            self._refused += 1
            raise ConnectionError("the database went away")
        return await self._db.run(lambda uow: receive(uow, inbound))

    async def says(self, words: str) -> None:
        self._last = self._user.says(words)
        await self._acknowledged()

    async def presses(self, title: str) -> None:
        self._last = self._user.presses(title)
        await self._acknowledged()

    async def repeats(self) -> None:
        self._api.duplicate(self._last)
        await self._acknowledged()

    async def says_while_the_store_fails(self, words: str) -> bool:
        self._broken = True
        self._last = self._user.says(words)
        while self._refused < 2:
            await asyncio.sleep(0.01)
        too_early = self._last not in self._api.unconfirmed
        self._broken = False
        await self._acknowledged()
        return too_early

    async def is_told(self, words: str, buttons: Sequence[Button] = ()) -> None:
        await self._telegram.channel.send("1001", words, buttons, "id")

    async def screen(self) -> list[Shown]:
        return [(message.text, tuple(title for title, _ in message.buttons)) for message in self._user.screen]

    async def _acknowledged(self) -> None:
        assert await asyncio.to_thread(self._api.wait_until, lambda: not self._api.unconfirmed)

    @classmethod
    @asynccontextmanager
    async def running(cls, db: Database) -> AsyncIterator[Adapter]:
        with BotApi() as api:
            adapter = cls(api, db)
            task = asyncio.create_task(adapter._telegram.run())
            try:
                yield adapter
            finally:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
                await adapter._telegram.close()


ADAPTERS = {"telegram": TelegramAdapter.running, "web": WebAdapter.running}
"""A channel joins the contract with one entry: its name, and how it is run on a database."""
