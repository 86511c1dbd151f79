"""Opening hours at each boundary: three time zones, nights, holidays; and what is said about a broken line."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import ZONES
from bot.handoff.hours import BadHours, Hours, Span, parse_hours

DAY = 24 * 60
MONDAY = date(2026, 11, 30)
WEEK = 7 * DAY


def moment(zone: str, minutes: int, seconds: int = 0) -> datetime:
    """So many minutes after Monday's local midnight."""
    midnight = datetime(MONDAY.year, MONDAY.month, MONDAY.day, tzinfo=UTC) - ZONES[zone]
    return midnight + timedelta(minutes=minutes, seconds=seconds)


def spans(first: int) -> st.SearchStrategy[Span]:
    """Spans that begin within ten hours of a minute and last ten hours at most: the late ones go over midnight."""
    begins, lasts = st.integers(first, first + 599), st.integers(1, 600)
    return st.builds(lambda begin, length: Span(begin, begin + length), begins, lasts)


def apart(pair: tuple[Span, Span]) -> tuple[Span, ...]:
    return pair if pair[0].end <= pair[1].start else pair[:1]


days = st.dictionaries(st.integers(0, 6), st.tuples(spans(0), spans(840)).map(apart))
all_hours = st.builds(
    Hours,
    zone=st.sampled_from(sorted(ZONES)),
    week=days,
    holidays=st.dictionaries(st.integers(-1, 8).map(lambda n: MONDAY + timedelta(days=n)), st.just("")),
)


def open_by_the_book(hours: Hours, minute: int) -> bool:
    """The rule in other words: today's spans, and last night's where it went over midnight."""
    today, now = divmod(minute, DAY)

    def during(day: int, minutes: int) -> bool:
        if MONDAY + timedelta(days=day) in hours.holidays:
            return False
        return any(span.start <= minutes < span.end for span in hours.week.get(day % 7, ()))

    return during(today, now) or during(today - 1, now + DAY)


@given(all_hours, st.integers(0, WEEK - 1))
def test_open_is_what_the_lines_say_at_every_minute(hours: Hours, minute: int) -> None:
    assert hours.is_open(moment(hours.zone, minute)) == open_by_the_book(hours, minute)


@given(all_hours, st.data())
def test_the_first_second_is_open_and_the_last_minute_ends_where_it_says(hours: Hours, data: st.DataObject) -> None:
    written = [(day, span) for day, found in hours.week.items() for span in found]
    if not written:
        return
    day, span = data.draw(st.sampled_from(written))
    if MONDAY + timedelta(days=day) in hours.holidays:
        return
    start, end = day * DAY + span.start, day * DAY + span.end
    assert hours.is_open(moment(hours.zone, start))
    assert hours.is_open(moment(hours.zone, end, -1))
    assert hours.is_open(moment(hours.zone, start, -1)) == open_by_the_book(hours, start - 1)
    assert hours.is_open(moment(hours.zone, end)) == open_by_the_book(hours, end)


@given(all_hours, st.integers(0, WEEK - 1))
def test_the_next_opening_is_the_first_minute_that_is_open_again(hours: Hours, minute: int) -> None:
    at = moment(hours.zone, minute)
    if hours.is_open(at):
        return
    opens = hours.next_opening(at)
    minutes = range(minute + 1, minute + 9 * DAY)
    first = next((later for later in minutes if open_by_the_book(hours, later)), None)
    if first is not None:
        assert opens == moment(hours.zone, first)
    elif opens is not None:  # holidays of more than a week
        assert opens > moment(hours.zone, minutes[-1])
        assert hours.is_open(opens)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)))
def test_missing_hours_mean_closed_for_ever(at: datetime) -> None:
    for hours in (Hours(), parse_hours(""), parse_hours("zona WIT\n# senin 08.00-16.00\n")):
        assert not hours.is_open(at)
        assert hours.next_opening(at) is None


@pytest.mark.parametrize(("zone", "utc"), [("WIB", "01:00"), ("WITA", "00:00"), ("WIT", "23:00")])
def test_eight_o_clock_is_an_hour_earlier_in_each_zone_to_the_east(zone: str, utc: str) -> None:
    hours = parse_hours(f"zona {zone}\nsenin 08.00-16.00")
    opens = hours.next_opening(datetime(2026, 11, 29, 12, 0, tzinfo=UTC))
    assert opens is not None
    assert f"{opens:%H:%M}" == utc


def test_a_night_goes_over_midnight_and_over_the_end_of_the_week() -> None:
    hours = parse_hours("minggu 20.00-02.00")
    night = 6 * DAY + 20 * 60
    for minutes, is_open in ((night - 1, False), (night, True), (night + 359, True), (night + 360, False)):
        assert hours.is_open(moment("WIB", minutes)) is is_open


def test_a_holiday_takes_the_night_that_begins_on_it_and_leaves_the_one_before() -> None:
    hours = parse_hours("setiap 20.00-02.00\nlibur 2026-12-01 Hari besar")
    assert hours.is_open(moment("WIB", DAY + 60)), "Monday's night ends on the holiday's morning"
    assert not hours.is_open(moment("WIB", DAY + 1200))
    assert not hours.is_open(moment("WIB", 2 * DAY + 60))
    assert hours.next_opening(moment("WIB", DAY + 180)) == moment("WIB", 2 * DAY + 1200)


def test_both_languages_ranges_and_lists_are_read() -> None:
    text = (
        "ZONE wita\nsenin-rabu 08.00-12.00, 13:00-16:00\nsaturday,minggu 00.00-24.00\nholiday 2026-12-25 Natal # merah"
    )
    hours = parse_hours(text)
    assert hours.zone == "WITA"
    assert set(hours.week) == {0, 1, 2, 5, 6}
    assert hours.week[1] == (Span(480, 720), Span(780, 960))
    assert hours.week[6] == (Span(0, DAY),)
    assert hours.holidays == {date(2026, 12, 25): "Natal"}
    assert set(parse_hours("sabtu-senin 08.00-09.00").week) == {5, 6, 0}


@pytest.mark.parametrize(
    ("line", "rule", "words"),
    [
        ("zona WIX", "zone", "WIX"),
        ("libur 2026-02-30", "date", "2026-02-30"),
        ("libur natal", "date", "natal"),
        ("senen 08.00-16.00", "day", "senen"),
        ("senin-rabu-kamis 08.00-16.00", "day", "senin-rabu-kamis"),
        ("senin", "no_times", ""),
        ("senin pagi", "times", "pagi"),
        ("senin 8-16", "times", "8-16"),
        ("senin 08.00-24.30", "time", "24.30"),
        ("senin 08.61-16.00", "time", "08.61"),
        ("senin 24.00-02.00", "time", "24.00-02.00"),
        ("senin 08.00-08.00", "empty", "08.00-08.00"),
        ("senin 08.00-12.00, 11.00-13.00", "overlap", "senin 08.00-12.00, 11.00-13.00"),
    ],
)
def test_a_broken_line_is_named_with_what_is_wrong(line: str, rule: str, words: str) -> None:
    with pytest.raises(BadHours) as broken:
        parse_hours(f"# jadwal\nselasa 08.00-16.00\n\n{line}\n")
    assert (broken.value.line, broken.value.rule, broken.value.words) == (4, rule, words)


def test_the_zone_is_named_once_and_a_book_is_no_schedule() -> None:
    for text, rule in (("zona WIB\nzona WIT", "zone_twice"), ("#" * 9_000, "long")):
        with pytest.raises(BadHours) as broken:
            parse_hours(text)
        assert broken.value.rule == rule


def line_that_is_refused(text: str) -> int | None:
    try:
        parse_hours(text)
    except BadHours as broken:
        return broken.line
    return None


@given(st.text(max_size=200))
def test_whatever_is_written_is_read_or_refused_with_its_line(text: str) -> None:
    assert line_that_is_refused(text) in (None, *range(1, len(text.splitlines()) + 1))
