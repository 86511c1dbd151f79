"""The safe word is one step away in every state of the dialogue, and no step about it moves the dialogue."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

import pytest

from bot.assistant.catalogue import load_catalogue
from bot.conversation.model import Kind, Pending
from bot.safeword.model import Step, Wish
from bot.safeword.service import PAYLOADS, SafeWord
from tests.counselling.graph import walk

SAFE_WORD = SafeWord(load_catalogue().say)
WORD = "rambutan"
WISHES = {
    "kata aman saya kolang kaling": Wish(Step.SET, ("kolang", "kaling")),
    "ganti kata aman jadi kolang kaling": Wish(Step.SET, ("kolang", "kaling")),
    "hapus kata aman": Wish(Step.REMOVE),
    "kata aman": Wish(Step.ASK),
    "set a safe word": Wish(Step.ASK),
    "my safe word is marmalade": Wish(Step.SET, ("marmalade",)),
    "remove my safe word": Wish(Step.REMOVE),
}


@cache
def open_questions() -> list[str]:
    """Every question that can be open, over the whole state graph: `wish` is given nothing else of a state."""
    return sorted({move.state.asked or "" for _, _, move in walk()} | {"", SafeWord.question, "region"})


def pending(text: str = "", payload: str = "", kind: Kind = Kind.TEXT) -> Pending:
    return Pending("i", Kind.PRESS if payload else kind, text, payload, 0, datetime(2026, 11, 30, tzinfo=UTC))


def test_the_graph_asks_something() -> None:
    assert len(open_questions()) > 20


def test_setting_changing_and_removing_are_one_step_away_by_words_and_by_menu() -> None:
    for asked in open_questions():
        for text, wish in WISHES.items():
            assert SAFE_WORD.wish(pending(text), asked) == wish, asked
        for payload, wish in PAYLOADS.items():
            assert SAFE_WORD.wish(pending(payload=payload), asked) == wish, asked


def test_no_answer_to_another_question_is_taken_for_a_wish_about_it() -> None:
    for asked in set(open_questions()) - {SafeWord.question}:
        for text in ("iya", "tidak", "rambutan", "batal", "saya takut pulang malam ini", "kata ibu aman saja"):
            assert SAFE_WORD.wish(pending(text), asked) is None, asked


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.PRESS])
def test_the_signal_needs_no_state_at_all(kind: Kind) -> None:
    assert SAFE_WORD.signals(pending(f"eh {WORD} masih ada?", kind=kind), WORD)
    assert not SAFE_WORD.signals(pending("eh masih ada?", kind=kind), WORD)
    assert not SAFE_WORD.signals(pending(f"eh {WORD} masih ada?", kind=kind), None)


def test_talking_openly_about_the_word_is_no_signal() -> None:
    assert not SAFE_WORD.signals(pending(f"ganti kata aman {WORD} jadi kolang kaling"), WORD)
    assert not SAFE_WORD.signals(pending(f"hapus kata aman {WORD}"), WORD)


def test_a_button_is_no_signal() -> None:
    assert not SAFE_WORD.signals(pending(WORD, payload="/ask_rights"), WORD)
