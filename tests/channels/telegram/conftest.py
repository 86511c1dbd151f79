"""The Bot API double, and the real intake on the test's database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.conversation.intake import receive
from bot.conversation.model import Inbound, Received
from bot.storage.unit_of_work import Database
from tests.doubles.bot_api import BotApi


@pytest.fixture
def api() -> Iterator[BotApi]:
    with BotApi() as server:
        yield server


class Store:
    """The real intake, with a switch that makes it fail as a database does."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.failures = 0
        self.calls = 0

    async def __call__(self, inbound: Inbound) -> Received:
        self.calls += 1
        if self.failures:
            self.failures -= 1
            raise ConnectionError("the database went away")
        return await self._db.run(lambda uow: receive(uow, inbound))


@pytest.fixture
def store(db: Database) -> Store:
    return Store(db)
