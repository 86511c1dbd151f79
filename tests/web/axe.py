"""WCAG 2.2 AA, as far as axe-core can tell: light and dark, wide and narrow, and with everything open."""

from __future__ import annotations

from itertools import product
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
SIZES = {"wide": (1280, 800), "narrow": (390, 844)}
LOOKS = tuple(product(SCHEMES, SIZES))
OPEN_LOOKS: tuple[tuple[Scheme, str], ...] = (("light", "narrow"), ("dark", "wide"))
_OPTIONS = {"runOnly": {"type": "tag", "values": list(RULES)}, "resultTypes": ["violations"]}
_OPEN_ALL = "[...document.querySelectorAll('details:not([open])')].map(part => { part.open = true; }).length"


def violations(page: Page, name: str) -> list[str]:
    """What breaks a rule on this page, a line for each: in which look, which rule, which element."""
    found = [line for look in LOOKS for line in _broken(page, name, *look)]
    # What a menu covers can't be judged, so the page is looked at closed first.
    if page.evaluate(_OPEN_ALL):
        found += [line for look in OPEN_LOOKS for line in _broken(page, f"{name} (open)", *look)]
    return found


def _broken(page: Page, name: str, scheme: Scheme, size: str) -> list[str]:
    width, height = SIZES[size]
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": height})
    # Playwright evaluates through the debugger, which the page's content policy does not hold up.
    result: dict[str, Any] = Axe().run(page, options=_OPTIONS).response
    return [
        f"{name}, {scheme}, {size}: {broken['id']}: {' '.join(map(str, node['target']))}: {node['html'][:160]}"
        for broken in result["violations"]
        for node in broken["nodes"]
    ]
