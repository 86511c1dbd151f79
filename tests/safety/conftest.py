"""A conversation to raise alerts in."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.conversation.intake import create_conversation
from bot.safety.training import ensure_model
from bot.storage.unit_of_work import Database

NewConversation = Callable[[Database], str]


@pytest.fixture
def new_conversation() -> NewConversation:
    def make(db: Database, chat: str = "1") -> str:
        return db.run_sync(lambda uow: create_conversation(uow, "web", "web", chat, "id"))

    return make


@pytest.fixture(scope="session", autouse=True)
def danger_model() -> None:
    """The model of today's examples; trained now where `make train` did not."""
    ensure_model()
