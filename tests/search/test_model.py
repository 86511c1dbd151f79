"""What is typed into the search, understood or refused with the reason."""

from __future__ import annotations

from datetime import date

import pytest

from bot.conversation.model import number_of
from bot.handoff.model import State
from bot.search.model import AROUND, STATES, BadQuestion, Question, Typed, excerpt, pattern_of, state_of, understood


@pytest.mark.parametrize(
    ("typed", "number"), [("27", 27), (" k-27 ", 27), ("K27", 27), ("", None), ("dua", None), ("1" * 20, None)]
)
def test_a_conversation_is_named_by_its_number_however_it_is_typed(typed: str, number: int | None) -> None:
    assert number_of(typed) == number


def test_each_state_of_a_handoff_is_found_under_one_name() -> None:
    assert sorted(state for states in STATES.values() for state in states) == sorted(State)
    assert [state_of(state) for state in (State.ACTIVE, State.CLOSED)] == ["held", "closed"]


def test_the_form_is_read_and_unknown_choices_count_as_none() -> None:
    typed = Typed(number="K-3", state="held", risk="high", who="x", since="2026-11-01", until="2026-11-30")
    assert understood(typed) == Question(3, "held", "high", "x", date(2026, 11, 1), date(2026, 11, 30))
    assert understood(Typed(state="burning", risk="none")) == Question()
    assert not Typed(before="x", number=" ").any
    assert typed.any


@pytest.mark.parametrize(
    ("typed", "rule"),
    [
        (Typed(number="tiga"), "number"),
        (Typed(since="kemarin"), "date"),
        (Typed(until="2026-02-30"), "date"),
        (Typed(since="2026-11-30", until="2026-11-01"), "order"),
    ],
)
def test_what_can_not_be_meant_is_refused_with_the_reason(typed: Typed, rule: str) -> None:
    with pytest.raises(BadQuestion) as refused:
        understood(typed)
    assert refused.value.rule == rule


@pytest.mark.parametrize("words", ["", " a ", "x" * 101])
def test_words_that_are_too_short_or_too_long_are_not_looked_for(words: str) -> None:
    with pytest.raises(BadQuestion):
        pattern_of(words)


def test_words_are_found_whatever_the_case_and_the_blanks_and_signs_are_signs() -> None:
    assert pattern_of("rumah  kakak").search("ke RUMAH\nKakak saja")
    assert not pattern_of("r.mah").search("rumah")


def test_an_excerpt_is_cut_at_both_ends() -> None:
    text = "a" * 100 + " pintu " + "b" * 100
    found = pattern_of("pintu").search(text)
    assert found
    before, words, after = excerpt(text, found)
    assert (words, len(before), len(after)) == ("pintu", AROUND + 1, AROUND + 1)
    assert before.startswith("…a")
    assert after.endswith("b…")
    whole = pattern_of("pintu").search("pintu")
    assert whole
    assert excerpt("pintu", whole) == ("", "pintu", "")
