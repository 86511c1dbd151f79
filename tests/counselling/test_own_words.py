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
        ("celuk mawon bu tini", "bu tini"),
    ],
)
def test_of_how_they_want_to_be_addressed_the_name_is_kept(text: str, name: str) -> None:
    kept = answered("address", text, "rapport").state.address

    assert kept.words == name
    assert text[kept.start : kept.end] == name


@pytest.mark.parametrize("asked", ["hope", "idea", "plan"])
@pytest.mark.parametrize(
    ("text", "status"),
    [("belum tau ah", Status.UNKNOWN), ("no idea honestly", Status.UNKNOWN), ("ga ada kak", Status.NONE)],
)
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


def early(text: str, act: str) -> Move:
    """What follows a text after "how shall I call you", before anything was told."""
    state = Dialogue(greeted=True, consent="given", safe="yes", asked="address")
    return respond(state, Heard(act, text=text, message="m1"), readings())


@pytest.mark.parametrize("act", ["add_detail", "rapport", "nlu_fallback"])
@pytest.mark.parametrize("text", ["tidur kacau bang, makan juga ga napsu", "my husband lost his job and drinks now"])
def test_who_tells_instead_of_a_name_is_heard_and_not_named_so(act: str, text: str) -> None:
    move = early(text, act)

    assert move.state.address.status is Status.DECLINED
    assert move.state.value("type").words == text
    assert "utter_address_noted" not in [said.response for said in move.says]


@pytest.mark.parametrize("text", ["terserah kakak aja mau panggil apa", "call me whatever you like, really"])
def test_who_leaves_the_name_to_us_tells_no_story(text: str) -> None:
    assert early(text, "rapport").state.value("type").status is Status.NOT_ASKED


def test_who_has_to_go_is_let_go() -> None:
    assert answered("idea", "makasih ya mbak, sy udahan dulu ibu pulang", "goodbye").state.paused
