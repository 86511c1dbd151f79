"""Answers in the person's own words to the questions beside the dimensions."""

from __future__ import annotations

import pytest

from bot.counselling.dialogue import respond
from bot.counselling.model import Dialogue, Heard, Move, Status, Value
from tests.counselling.graph import readings

TOLD = Value(Status.TOLD, "dia mabuk", "m0", 0, 9)


def answered(asked: str, text: str, act: str = "add_detail") -> Move:
    """What follows a text while a question is open, late in a conversation."""
    state = Dialogue(greeted=True, consent="given", safe="yes", story=Status.TOLD, dims={"type": TOLD}, asked=asked)
    return respond(state, Heard(act, text=text, message="m1"), readings())


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("panggil aja Rina", "Rina"),
        ("Nama saya Bu Tini.", "Bu Tini"),
        ("you can call me Sam!", "Sam"),
        ("Dewi", "Dewi"),
        ("mas aja", "mas aja"),
        ("panggil aja", "panggil aja"),
    ],
)
def test_of_how_they_want_to_be_addressed_the_name_is_kept(text: str, name: str) -> None:
    kept = answered("address", text, "rapport").state.address

    assert kept.words == name
    assert text[kept.start : kept.end] == name


@pytest.mark.parametrize("asked", ["hope", "idea", "plan"])
@pytest.mark.parametrize(("text", "status"), [("belum tau ah", Status.UNKNOWN), ("ga ada kak", Status.NONE)])
def test_not_knowing_and_nothing_are_answers_and_no_ideas(asked: str, text: str, status: Status) -> None:
    move = answered(asked, text)

    assert getattr(move.state, asked).status is status
    assert move.says[0].response == "utter_silence_ok"


@pytest.mark.parametrize(
    "text", ["ga ada ribut lagi di rumah", "biar ga ada utang", "ga tau caranya tapi pengen pisah"]
)
def test_a_hope_may_begin_with_what_shall_be_no_more(text: str) -> None:
    move = answered("hope", text)

    assert move.state.hope.words == text
    assert move.says[0].response == "utter_hope_noted"


@pytest.mark.parametrize("act", ["out_of_scope", "reject_option", "rapport"])
def test_a_short_name_is_a_name_whatever_it_looks_like(act: str) -> None:
    assert answered("address", "Mawar aja", act).state.address.words == "Mawar aja"
