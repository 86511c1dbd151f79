"""Values of the note: the person's own words, and what is left of them when a part is taken back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.counselling.model import Status, Value


def value(text: str, start: int, end: int) -> Value:
    return Value(Status.TOLD, text[start:end], "m", start, end)


def test_what_is_corrected_goes_out_of_the_story_that_it_stood_in() -> None:
    story = "suami saya marah-marah sejak dua tahun lalu, saya bingung"
    begin = story.index("sejak")
    duration = value(story, begin, begin + len("sejak dua tahun lalu"))
    assert value(story, 0, len(story)).without(duration).words == "suami saya marah-marah"


@given(st.text(min_size=1), st.data())
def test_what_is_left_is_a_piece_of_the_same_message_and_none_of_what_went(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    left = value(text, 0, len(text)).without(value(text, start, end))
    assert left.open or text[left.start : left.end] == left.words
    assert left.open or left.end <= start or left.start >= end


def test_values_of_different_messages_do_not_cover_each_other() -> None:
    assert not Value(Status.TOLD, "a b", "m1", 0, 3).covers(Value(Status.TOLD, "a", "m2", 0, 1))
