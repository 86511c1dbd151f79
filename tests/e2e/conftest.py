"""The Bot API double for every end-to-end test, and one running product for those that break nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.doubles.bot_api import BotApi
from tests.e2e.product import Product


@pytest.fixture(scope="session")
def shared_product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product on SQLite, without Telegram. Shared by all tests: whoever kills or freezes makes their own."""
    with Product(tmp_path_factory.mktemp("product")) as product:
        yield product


@pytest.fixture
def api() -> Iterator[BotApi]:
    with BotApi() as server:
        yield server
