"""Opening hours of an organisation: read from the lines that a supervisor writes, asked at any moment. Pure.

Indonesia has three time zones and no summer time. Whoever wrote no hours is closed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from bot.clock import ZONES

DAYS = (
    ("senin", "monday"), ("selasa", "tuesday"), ("rabu", "wednesday"), ("kamis", "thursday"),
    ("jumat", "friday"), ("sabtu", "saturday"), ("minggu", "sunday"),
)  # fmt: skip
_EVERY = frozenset({"setiap", "every"})
_ZONE, _HOLIDAY = frozenset({"zona", "zone"}), frozenset({"libur", "holiday"})
_NUMBERS = {name: number for number, names in enumerate(DAYS) for name in names}

AHEAD = 400
"""Days that are searched for the next opening: a year with all its holidays."""
MAX_TEXT = 8_000
_DAY = timedelta(days=1)
_TIME = re.compile(r"(\d{1,2})[.:](\d{2})")
_SPAN = re.compile(r"(\d{1,2}[.:]\d{2})\s*[-–]\s*(\d{1,2}[.:]\d{2})")


class BadHours(Exception):
    """A line of the hours is wrong: `line` counts from 1, `rule` says what is wrong, `words` is the part meant."""

    def __init__(self, line: int, rule: str, words: str) -> None:
        super().__init__(f"line {line}: {rule}: {words}")
        self.line = line
        self.rule = rule
        self.words = words


@dataclass(frozen=True)
class Span:
    """From one time of day to another, in minutes after midnight; `end` is above 24:00 where it goes over midnight."""

    start: int
    end: int


@dataclass(frozen=True)
class Hours:
    """When somebody is there: spans by day of the week (0 is Monday), days on which nobody comes, the time zone.

    A span belongs to the day on which it starts: a holiday takes away the night that begins on it.
    """

    zone: str = "WIB"
    week: dict[int, tuple[Span, ...]] = field(default_factory=dict)
    holidays: dict[date, str] = field(default_factory=dict)

    def is_open(self, at: datetime) -> bool:
        """Whether a moment is within the hours; the first minute is, the last one is not any more."""
        yesterday = self._day_of(at) - _DAY
        return any(start <= at < end for start, end in self._openings(yesterday, 2))

    def next_opening(self, at: datetime) -> datetime | None:
        """The first moment after `at` at which hours begin; None where nobody comes within a year."""
        return next((start for start, _ in self._openings(self._day_of(at), AHEAD) if start > at), None)

    def _day_of(self, at: datetime) -> date:
        return (at.astimezone(UTC) + ZONES[self.zone]).date()

    def _openings(self, first: date, days: int) -> Iterator[tuple[datetime, datetime]]:
        """The spans of so many days as moments, in the order of their beginning."""
        for number in range(days):
            day = first + number * _DAY
            if day in self.holidays:
                continue
            midnight = datetime.combine(day, time(), UTC) - ZONES[self.zone]
            for span in self.week.get(day.weekday(), ()):
                yield midnight + timedelta(minutes=span.start), midnight + timedelta(minutes=span.end)


def parse_hours(text: str) -> Hours:
    """Hours from lines such as `senin-jumat 08.00-16.00, 19.00-21.00`, `zona WITA`, `libur 2026-12-25 Natal`.

    Empty lines and lines after # count for nothing; days and keywords may be Indonesian or English. Raises BadHours.
    """
    if len(text) > MAX_TEXT:
        raise BadHours(1, "long", "")
    zone, named, week, holidays = "WIB", False, dict[int, tuple[Span, ...]](), dict[date, str]()
    for number, raw in enumerate(text.splitlines(), 1):
        words = raw.split("#", 1)[0].split(maxsplit=1)
        if not words:
            continue
        head, rest = words[0].casefold(), words[1].strip() if len(words) > 1 else ""
        if head in _ZONE:
            if named:
                raise BadHours(number, "zone_twice", rest)
            zone, named = _zone(number, rest), True
        elif head in _HOLIDAY:
            day, name = _holiday(number, rest)
            holidays[day] = name
        else:
            spans = _spans(number, rest)
            for weekday in _days(number, head):
                week[weekday] = _together(number, (*week.get(weekday, ()), *spans), raw.strip())
    return Hours(zone, week, holidays)


def _zone(line: int, words: str) -> str:
    if words.upper() not in ZONES:
        raise BadHours(line, "zone", words)
    return words.upper()


def _holiday(line: int, words: str) -> tuple[date, str]:
    when, _, name = words.partition(" ")
    try:
        return date.fromisoformat(when), name.strip()
    except ValueError:
        raise BadHours(line, "date", when) from None


def _days(line: int, words: str) -> list[int]:
    """`senin`, `senin-jumat`, `sabtu,minggu`, `setiap`; a range may go over the end of the week."""
    if words in _EVERY:
        return list(range(7))
    found: list[int] = []
    for part in words.split(","):
        first, *more = re.split(r"[-–]", part)
        for name in (first, *more):
            if name not in _NUMBERS:
                raise BadHours(line, "day", name)
        if len(more) > 1:
            raise BadHours(line, "day", part)
        start, end = _NUMBERS[first], _NUMBERS[more[0] if more else first]
        found += [(start + step) % 7 for step in range((end - start) % 7 + 1)]
    return found


def _spans(line: int, words: str) -> tuple[Span, ...]:
    if not words:
        raise BadHours(line, "no_times", words)
    return tuple(_span(line, part.strip()) for part in words.split(","))


def _span(line: int, words: str) -> Span:
    match = _SPAN.fullmatch(words)
    if match is None:
        raise BadHours(line, "times", words)
    start, end = (_minutes(line, part) for part in match.groups())
    if start == 24 * 60:
        raise BadHours(line, "time", words)
    if end == start:
        raise BadHours(line, "empty", words)
    return Span(start, end if end > start else end + 24 * 60)


def _minutes(line: int, words: str) -> int:
    match = _TIME.fullmatch(words)
    assert match is not None
    hours, minutes = int(match[1]), int(match[2])
    if minutes > 59 or hours * 60 + minutes > 24 * 60:
        raise BadHours(line, "time", words)
    return hours * 60 + minutes


def _together(line: int, spans: tuple[Span, ...], words: str) -> tuple[Span, ...]:
    """The spans of one day in their order. Raises BadHours where two are at the same time."""
    ordered = tuple(sorted(spans, key=lambda span: span.start))
    if any(one.end > other.start for one, other in pairwise(ordered)):
        raise BadHours(line, "overlap", words)
    return ordered
