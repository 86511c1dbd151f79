"""A person at the web chat, for the contract of all channels."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import httpx
from sqlalchemy.exc import OperationalError

from bot.channels.web.model import ACCOUNT
from bot.channels.web.session import COOKIE
from bot.channels.web.store import find_conversation_id
from bot.conversation.model import Button, Reply, Sender
from bot.conversation.transcript import post
from bot.storage.unit_of_work import Database, UnitOfWork
from tests.channels.adapter import Adapter, Shown
from tests.channels.web.app import make_app
from tests.channels.web.reading import lines_of

T = TypeVar("T")


class FailingDatabase(Database):
    """A database that goes away while `broken`."""

    broken = False

    async def run(self, work: Callable[[UnitOfWork], T], *, read_only: bool = False) -> T:
        if self.broken:
            raise OperationalError("SELECT 1", {}, ConnectionError("the database went away"))
        return await super().run(work, read_only=read_only)


class WebAdapter(Adapter):
    """The requests that the page's script makes."""

    name = "web"
    account = ACCOUNT

    def __init__(self, db: Database, browser: httpx.AsyncClient) -> None:
        self._db = db
        self._browser = browser
        self._last: dict[str, Any] = {}

    async def says(self, words: str) -> None:
        await self._send(text=words)

    async def presses(self, title: str) -> None:
        page = lines_of((await self._browser.get("/chat")).text)
        payloads = [payload for line in page for shown, payload in line.buttons if shown == title]
        await self._send(payload=payloads[-1])

    async def repeats(self) -> None:
        assert (await self._browser.post("/chat/messages", json=self._last)).is_success

    async def says_while_the_store_fails(self, words: str) -> bool:
        assert isinstance(self._db, FailingDatabase)
        self._db.broken = True
        self._last = {"id": str(uuid.uuid4()), "text": words}
        too_early = (await self._browser.post("/chat/messages", json=self._last)).is_success
        self._db.broken = False
        await self.repeats()
        return too_early

    async def is_told(self, words: str, buttons: Sequence[Button] = ()) -> None:
        def tell(uow: UnitOfWork) -> None:
            conversation_id = find_conversation_id(uow, self._browser.cookies[COOKIE])
            assert conversation_id is not None
            post(uow, conversation_id, Reply("utter_test", words, "id", tuple(buttons)), sender=Sender.BOT, epoch=0)

        await self._db.run(tell)

    async def screen(self) -> list[Shown]:
        page = lines_of((await self._browser.get("/chat")).text)
        return [(line.text, tuple(title for title, _ in line.buttons)) for line in page if line.kind == "bot"]

    async def _send(self, **fields: str) -> None:
        self._last = {"id": str(uuid.uuid4()), **fields}
        assert (await self._browser.post("/chat/messages", json=self._last)).is_success

    @classmethod
    @asynccontextmanager
    async def running(cls, db: Database) -> AsyncIterator[Adapter]:
        database = FailingDatabase(db.engine, db.master, clock=db.clock)
        transport = httpx.ASGITransport(app=make_app(database))
        async with httpx.AsyncClient(transport=transport, base_url="http://chat.test") as browser:
            await browser.get("/chat")
            yield cls(database, browser)
