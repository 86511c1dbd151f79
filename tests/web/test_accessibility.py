"""No page of the product breaks a rule of WCAG 2.2 AA that axe-core knows, in any look."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Page

from tests.web.axe import violations
from tests.web.house import House

PATIENCE = 120_000
"""Milliseconds for a page; generous, because the machine may be busy."""

AREAS = {
    "public": ("/", "/hak", "/chat", "/note"),
    "accounts": ("/desk/account", "/desk/staff", "/desk/organisation", "/desk/audit", "/desk/login", "/desk/invite"),
    "desk": ("/desk",),
    "publishing": ("/publish",),
}
"""Where an address belongs; the longest that fits counts, and everything else is public."""

STATES = {
    "public": ("/hak?q=visum", "/hak?q=zebra", "/chat?wait=1", "/nowhere"),
    "accounts": ("/desk/audit?conversation=K-1", "/desk/nowhere"),
    "desk": ("/desk?notice=closed", "/desk/alerts?notice=x"),
    "publishing": ("/publish/nowhere",),
}
"""Pages that look different with a question in their address."""


@pytest.fixture
def context(house: House, chromium: Browser, base: str) -> Iterator[BrowserContext]:
    """Whoever it is: at the desk with every role, in the chat with a conversation that a worker holds."""
    context = house.visitor(chromium, base)
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def area_of(path: str) -> str:
    fitting = [(len(start), area) for area, starts in AREAS.items() for start in starts if path.startswith(start)]
    return max(fitting)[1] if path != "/" else "public"


def is_page(house: House, address: str) -> bool:
    """Files and redirects are none; what an address does to cookies stays outside of the browser."""
    answer = httpx.get(address, headers={"Accept": "text/html"}, cookies=house.cookies(), timeout=PATIENCE / 1000)
    return "text/html" in answer.headers.get("content-type", "")


@pytest.mark.parametrize("area", list(AREAS))
def test_no_page_breaks_a_rule(house: House, app: FastAPI, base: str, page: Page, area: str) -> None:
    found, seen = [], 0
    for path in (*house.addresses(app), *STATES[area]):
        if area_of(path) != area or not is_page(house, base + path):
            continue
        page.goto(base + path)
        found += violations(page, path)
        seen += 1
    assert not found, "\n".join(found)
    assert seen >= 6


def test_axe_finds_what_is_wrong(page: Page, base: str) -> None:
    page.goto(f"{base}/")
    page.evaluate("document.querySelector('h1').innerHTML = '<img src=x><input>'")
    rules = {line.split(": ")[1] for line in violations(page, "/")}
    assert {"image-alt", "label"} <= rules
