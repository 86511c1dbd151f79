"""Two thousand updates, a fifth of them twice, a tenth out of order, twenty at a time: each has exactly one effect."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.storage.encryption import MasterKey
from bot.storage.engine import make_engine
from bot.storage.unit_of_work import Database
from tests.doubles.bot_api import BotApi
from tests.drills.updates import SHORT, drill


@pytest.fixture
def live_db(any_url: str) -> Iterator[Database]:
    """A database whose clock runs."""
    database = Database(make_engine(any_url), MasterKey(b"k" * 32))
    yield database
    database.engine.dispose()


async def test_each_of_two_thousand_updates_has_exactly_one_effect_in_order(live_db: Database) -> None:
    with BotApi() as api:
        found = await drill(api, live_db, SHORT)
    assert found.kept, str(found)
