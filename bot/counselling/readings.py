"""What the actions may read. The app provides it once at start; `rasa run actions` on its own reads the defaults."""

from __future__ import annotations

from functools import cache

from bot.counselling.definitions import load_definitions
from bot.counselling.model import Readings

_provided: list[Readings] = []


def provide(given: Readings) -> None:
    """Set what the actions of this process read; called once by the app."""
    _provided[:] = [given]


def readings() -> Readings:
    """What was provided, else definitions alone: no articles, no contacts."""
    return _provided[0] if _provided else _bare()


@cache
def _bare() -> Readings:
    return Readings(
        load_definitions(),
        find_article=lambda topic, text, lang: None,
        contacts=lambda lang, region: "",
        share_until=lambda lang: "",
    )
