"""The desk in a real browser, as in test_browser.py, and the person's own page beside it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from bot.channels.web import events
from bot.channels.web.session import COOKIE
from tests.handoff.test_browser import quick_beat

__all__ = ["quick_beat"]

SESSION = "s" * 43


@pytest.fixture(autouse=True)
def quick_beat_of_the_chat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "BEAT", 0.5)


@pytest.fixture
def phone(chromium: Browser, desk: str) -> Iterator[Page]:
    """The browser of the person whose conversation is that of SESSION."""
    context = chromium.new_context(locale="id-ID", viewport={"width": 390, "height": 780})
    context.add_cookies([{"name": COOKIE, "value": SESSION, "url": desk}])
    yield context.new_page()
    context.close()
