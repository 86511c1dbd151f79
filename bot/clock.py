"""Time and ids, injected everywhere so that tests and drills can hold them still."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

MONTHS = {
    "id": (
        *("Januari", "Februari", "Maret", "April", "Mei", "Juni"),
        *("Juli", "Agustus", "September", "Oktober", "November", "Desember"),
    ),
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
}


def day_in_words(day: date, lang: str) -> str:
    """A day as people read it: 5 Maret 2027, 5 March 2027."""
    return f"{day.day} {month_in_words(day.year, day.month, lang)}"


def month_in_words(year: int, month: int, lang: str) -> str:
    """A month as people read it: Maret 2027, March 2027."""
    return f"{MONTHS[lang if lang in MONTHS else 'id'][month - 1]} {year}"


WIB = timedelta(hours=7)
"""Western Indonesian time, in which people are told when something was."""
ZONES = {"WIB": WIB, "WITA": timedelta(hours=8), "WIT": timedelta(hours=9)}
"""Western, central and eastern Indonesian time; none has a summer time."""


def moment_in_words(at: datetime, lang: str, zone: str = "WIB") -> str:
    """A moment as people read it: 5 Maret 2027, 20.46 WIB."""
    local = at.astimezone(UTC) + ZONES[zone]
    return f"{day_in_words(local.date(), lang)}, {local:%H.%M} {zone}"


class Clock(Protocol):
    """Tells the time in UTC."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class ShiftedClock:
    """The machine's time plus a shift that a drill or a dialogue test moves forward."""

    def __init__(self) -> None:
        self._shift = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._shift

    def advance(self, seconds: float) -> None:
        self._shift += timedelta(seconds=seconds)


class ManualClock:
    """Stands still until it is told to move."""

    def __init__(self, start: datetime | None = None) -> None:
        self._now = start or datetime(2026, 11, 21, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


NewId = Callable[[], str]


def new_id() -> str:
    """A random id of 22 URL-safe characters (128 bits): says nothing about when or who."""
    return secrets.token_urlsafe(16)
