"""When the safe word is meant, how it is asked for, and which word may be one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.safeword.content import load_vocabulary
from bot.safeword.model import (
    AGAIN,
    MOST_LETTERS,
    Problem,
    Step,
    Vocabulary,
    Wish,
    ends,
    problem_with,
    signals,
    wish_of,
    words_of,
)
from tests.safeword.common import OFTEN, counted

KNOWN: Vocabulary = load_vocabulary()
LETTERS = st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=4, max_size=12)
TEXTS = st.text(max_size=200)


@pytest.mark.parametrize(
    "text",
    [
        "rambutan",
        "Rambutan?",
        "  RAMBUTAN!!! ",
        "eh rambutan di kulkas masih ada kan",
        "beli telur,rambutan,sama sabun",
        "ram\u200bbutan",
        "ｒａｍｂｕｔａｎ",
        "rambutan-nya",
        "a\nrambutan\nb",
    ],
)
def test_the_word_is_heard_anywhere_in_a_message_however_it_is_written(text: str) -> None:
    assert signals(text, "rambutan")


@pytest.mark.parametrize("text", ["rambutannya", "rambut", "ram butan", "rambutans", "serambutan", "", "?", "👍"])
def test_only_the_exact_word_is_heard(text: str) -> None:
    assert not signals(text, "rambutan")


def test_of_a_phrase_only_the_whole_phrase_in_its_order_is_heard() -> None:
    assert signals("besok beli kolang-kaling merah ya", "kolang kaling")
    assert not signals("kaling kolang", "kolang kaling")
    assert not signals("kolang saja kaling", "kolang kaling")


@given(TEXTS, LETTERS, TEXTS)
def test_a_word_between_any_other_words_is_heard(before: str, word: str, after: str) -> None:
    assert signals(f"{before} {word} {after}", word)


@given(TEXTS, LETTERS)
def test_whatever_is_written_a_word_that_is_not_in_it_is_not_heard(text: str, word: str) -> None:
    assert signals(text, word) is (word in words_of(text))


@given(TEXTS)
def test_no_word_is_heard_where_none_is_set(text: str) -> None:
    assert not signals(text, "")


@pytest.mark.parametrize("text", ["rambutan aman lagi", "Rambutan, aman lagi.", "RAMBUTAN safe again"])
def test_the_word_and_safe_again_end_it(text: str) -> None:
    assert ends(text, "rambutan")


@pytest.mark.parametrize(
    "text",
    ["rambutan", "rambutan rambutan", "aman lagi", "rambutan aman", "eh rambutan aman lagi ya", "aman lagi rambutan"],
)
def test_neither_the_word_alone_nor_a_sentence_ends_it(text: str) -> None:
    assert not ends(text, "rambutan")


@given(TEXTS, LETTERS)
def test_whoever_does_not_know_the_word_cannot_end_it(text: str, word: str) -> None:
    if word not in words_of(text):
        assert not ends(text, word)


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("kata aman", Wish(Step.ASK)),
        ("apa itu kata aman?", Wish(Step.ASK)),
        ("saya mau pasang kata aman", Wish(Step.ASK)),
        ("how do i set a safe word", Wish(Step.ASK)),
        ("kata aman saya masih ada?", Wish(Step.ASK)),
        ("kata aman saya rambutan", Wish(Step.SET, ("rambutan",))),
        ("Kata aman: kolang kaling", Wish(Step.SET, ("kolang", "kaling"))),
        ("tolong pasang kata aman rambutan ya kak", Wish(Step.SET, ("rambutan",))),
        ("my safe word is marmalade", Wish(Step.SET, ("marmalade",))),
        ("let's use the code word marmalade", None),
        ("ganti kata aman jadi rambutan", Wish(Step.SET, ("rambutan",))),
        ("ganti kata aman rambutan jadi kolang kaling", Wish(Step.SET, ("kolang", "kaling"))),
        ("change my safe word to marmalade", Wish(Step.SET, ("marmalade",))),
        ("hapus kata aman", Wish(Step.REMOVE)),
        ("tolong hapus kata aman saya", Wish(Step.REMOVE)),
        ("remove my safe word", Wish(Step.REMOVE)),
        ("dia berkata aman-aman saja", None),
        ("kata suami aman kok di rumah", None),
        ("katanya aman", None),
        ("suami saya tahu kata aman saya", None),
        ("rambutan", None),
        ("", None),
    ],
)
def test_what_is_wished_in_words(text: str, wish: Wish | None) -> None:
    assert wish_of(text, KNOWN, asked=False) == wish


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("rambutan", Wish(Step.SET, ("rambutan",))),
        ("pakai rambutan aja", Wish(Step.SET, ("rambutan",))),
        ("katanya kolang kaling", Wish(Step.SET, ("kolang", "kaling"))),
        ("batal", Wish(Step.CANCEL)),
        ("ga jadi", Wish(Step.CANCEL)),
        ("never mind", Wish(Step.CANCEL)),
        ("dia pulang sebentar lagi dan saya takut sekali", None),
        ("…", None),
    ],
)
def test_what_the_answer_to_which_word_means(text: str, wish: Wish | None) -> None:
    assert wish_of(text, KNOWN, asked=True) == wish


@given(TEXTS, st.booleans())
def test_whatever_is_written_is_read_without_a_fault(text: str, asked: bool) -> None:
    wish = wish_of(text, KNOWN, asked=asked)
    if wish is not None and wish.step is Step.SET:
        assert wish.words
        problem_with(wish.words, KNOWN)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("rambutan", None),
        ("kolang kaling", None),
        ("rambutan saya", None),
        ("marmalade", None),
        ("iya", Problem.FORM),
        ("satu dua tiga empat", Problem.FORM),
        ("x" * (MOST_LETTERS + 1), Problem.FORM),
        ("tidak", Problem.COMMON),
        ("kucing", Problem.COMMON),
        ("tidak tahu", Problem.COMMON),
        ("12345", Problem.COMMON),
        ("tolong", Problem.ALARMING),
        ("polisi", Problem.ALARMING),
        ("suami rambutan", Problem.ALARMING),
        ("bahaya", Problem.ALARMING),
    ],
)
def test_which_words_may_be_a_safe_word(words: str, problem: Problem | None) -> None:
    assert problem_with(words_of(words), KNOWN) is problem


def test_what_people_often_write_here_is_refused() -> None:
    often = {word for word, count in counted().items() if count >= 3 * OFTEN and word.isalpha()}
    missing = often - KNOWN.common - KNOWN.alarming
    assert not missing, "run .venv/bin/python -m tests.safeword.common --write"


def test_what_ends_it_is_no_safe_word_itself() -> None:
    assert all(problem_with(again, KNOWN) is not None for again in AGAIN)
