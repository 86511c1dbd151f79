"""What a line says and when it comes again."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.oncall.model import LONGEST_RETRY, SLOWEST_AGAIN, line, next_call_after, retry_after

DESK = "https://chat.example.org/desk"
MINUTES = st.integers(1, 60).map(lambda minutes: timedelta(minutes=minutes))


def test_a_line_says_how_long_somebody_has_waited_and_where_to_look() -> None:
    assert line(timedelta(seconds=3), 0, DESK) == f"Bahaya, baru saja. {DESK}"
    assert line(timedelta(seconds=150), 0, DESK) == f"Bahaya, menunggu 2 mnt. {DESK}"
    assert line(timedelta(minutes=7), 1, DESK) == f"Bahaya, menunggu 7 mnt, belum ada yang menerima. {DESK}"


@given(MINUTES, st.integers(0, 1_000))
def test_an_unanswered_call_comes_again_slower_and_slower_but_is_never_given_up(again: timedelta, round: int) -> None:
    assert again <= next_call_after(round, again) <= next_call_after(round + 1, again) <= SLOWEST_AGAIN
    assert [next_call_after(n, again) for n in range(3)] == [again] * 3


@given(st.integers(1, 1_000))
def test_a_blocked_way_is_tried_again_within_a_minute(attempts: int) -> None:
    assert timedelta(seconds=1) <= retry_after(attempts) <= retry_after(attempts + 1) <= LONGEST_RETRY


def test_a_silent_signal_says_that_nobody_writes_yet() -> None:
    said = line(timedelta(minutes=3), 0, "https://desk.test/desk", covert=True)
    assert said == "Isyarat diam, menunggu 3 mnt. Jangan menulis dulu. https://desk.test/desk"
    assert "belum ada yang menerima" in line(timedelta(minutes=9), 1, "https://desk.test/desk", covert=True)
