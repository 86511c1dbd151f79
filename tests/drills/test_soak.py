"""The soak in its short mode: a few chats and two workers for half a minute."""

from __future__ import annotations

from tests.drills.soak import soak


def test_many_write_and_workers_chat_without_an_error() -> None:
    found = soak(minutes=0.7, chats=20, workers=2)
    assert found.kept, str(found)
    assert found.turns >= 80
