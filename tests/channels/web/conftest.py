"""The web chat served for real: app, database, a scripted assistant, a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Page, sync_playwright

from bot.clock import SystemClock
from bot.storage.encryption import MasterKey
from bot.storage.engine import make_engine
from bot.storage.unit_of_work import Database
from tests.channels.web.app import make_app
from tests.channels.web.responder import Responder
from tests.doubles.serving import serve

# A browser without scripts sends this with every request.
PLAIN = {"accept": "text/html", "accept-language": "id"}


@pytest.fixture
def live_db(sqlite_url: str) -> Iterator[Database]:
    """A database whose clock runs."""
    database = Database(make_engine(sqlite_url), MasterKey(b"k" * 32), clock=SystemClock())
    yield database
    database.engine.dispose()


@pytest.fixture
def browser(db: Database) -> TestClient:
    """A browser without scripts that opened the chat and has its cookie."""
    client = TestClient(make_app(db), headers=PLAIN)
    client.get("/chat")
    return client


@pytest.fixture
def assistant(db: Database) -> Responder:
    """Answers when the test tells it to."""
    return Responder(db)


@pytest.fixture
def responder(live_db: Database) -> Iterator[Responder]:
    """Answers by itself."""
    with Responder(live_db) as running:
        yield running


@pytest.fixture
def site(live_db: Database) -> Iterator[str]:
    """The address of the running site."""
    with serve(make_app(live_db)) as address:
        yield address


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser per module: Playwright's event loop must be over before asynchronous tests begin theirs."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield launched
        launched.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A fresh browser that speaks Indonesian, on a phone."""
    context = chromium.new_context(locale="id-ID", viewport={"width": 390, "height": 780})
    yield context.new_page()
    context.close()
