"""The desk in a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from bot.accounts.model import Staff
from bot.accounts.sessions import start_session
from bot.storage.unit_of_work import Database
from tests.doubles.serving import serve
from tests.handoff.desk_app import desk_app


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def desk(db: Database) -> Iterator[str]:
    with serve(desk_app(db)) as base:
        yield base


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="id-ID")
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page on which any script error or refused inline code fails the test."""
    page = context.new_page()
    trouble: list[str] = []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("console", lambda line: trouble.append(line.text) if "Content Security Policy" in line.text else None)
    yield page
    assert trouble == []


def come_in(context: BrowserContext, db: Database, desk: str, who: Staff) -> None:
    """The browser has a session of this worker."""
    token = db.run_sync(lambda uow: start_session(uow, who)).token
    context.add_cookies([{"name": "desk_session", "value": token, "url": desk}])
