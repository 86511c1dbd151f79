"""Everyday spelling: what is looked up, and that the client's own text keeps its places."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.assistant.rasa_side.nlu.answers import empty_answer
from bot.assistant.rasa_side.nlu.normalise import LexiconError, Normaliser, load_normaliser
from bot.config import ROOT

LEXICON = ROOT / "data" / "lexicon" / "slang.yml"


@pytest.fixture(scope="module")
def lexicon() -> Normaliser:
    return load_normaliser(LEXICON)


@pytest.mark.parametrize(
    ("word", "standard"),
    [
        ("gak", "tidak"),
        ("GAK", "tidak"),
        ("gakkkk", "tidak"),
        ("ora", "tidak"),
        ("teu", "tidak"),
        ("yg", "yang"),
        ("bgtttt", "sekali"),
        ("anak2", "anak-anak"),
        ("temen2", "teman-teman"),
        ("kucingku", "kucingku"),
        ("bojoku", "suami"),
        ("ortunya", "orang tua"),
        ("dukungan", "dukungan"),
        ("Jakarta", "jakarta"),
        ("ｙｇ", "yang"),
        ("don't", "do not"),
        ("don’t", "do not"),
    ],
)
def test_a_spelling_has_its_standard_form(lexicon: Normaliser, word: str, standard: str) -> None:
    assert lexicon.word(word) == standard


def test_the_lexicon_is_large_and_consistent() -> None:
    lexicon = load_normaliser(LEXICON)

    assert len(lexicon._spellings) >= 250
    # An everyday word of the language must not be taken for a spelling of another.
    for word in ("di", "mau", "tadi", "sama-sama", "kesal", "terang", "mulai", "duka"):
        assert lexicon.word(word) == word


def test_a_spelling_under_two_words_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "slang.yml"
    path.write_text("words:\n  tidak: [ndak]\n  mau: [ndak]\n", encoding="utf-8")

    with pytest.raises(LexiconError, match="ndak"):
        load_normaliser(path)


def test_a_lexicon_that_is_not_yaml_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "slang.yml"
    path.write_text("words:\n  tidak: [ndak\n", encoding="utf-8")

    with pytest.raises(LexiconError, match=r"slang\.yml:3: "):
        load_normaliser(path)


def test_a_missing_lexicon_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LexiconError, match=r"nowhere\.yml"):
        load_normaliser(tmp_path / "nowhere.yml")


@given(st.text())
def test_tokens_keep_their_places(text: str) -> None:
    tokens = Normaliser({"yg": "yang"}).tokens(text)

    assert all(text[token.start : token.end] == token.text for token in tokens)
    assert all(one.end <= other.start for one, other in pairwise(tokens))
    assert {sign for token in tokens for sign in token.text} >= {s for s in text if s.isalpha()}


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("gak ada", "none"),
        ("tidak ada sih kak", "none"),
        ("nggak ada siapa-siapa", "none"),
        ("no one", "none"),
        ("nothing really", "none"),
        ("gatau", "unknown"),
        ("saya juga gak tau pasti", None),
        ("saya gak tau", "unknown"),
        ("entahlah", "unknown"),
        ("I don't know", "unknown"),
        ("not sure", "unknown"),
        ("gak ada yang bantu saya selain ibu", None),
        ("tidak tahu malu dia itu", None),
        ("2 tahun", None),
        ("", None),
    ],
)
def test_answers_without_content_are_known(lexicon: Normaliser, text: str, meaning: str | None) -> None:
    assert empty_answer(text, lexicon, "duration") == meaning


@pytest.mark.parametrize("text", ["no", "nope", "ga", "enggak kak", "Tidak.", "not really", "mboten", "ga sih"])
def test_a_bare_no_says_that_nothing_does_it_where_that_is_the_question(lexicon: Normaliser, text: str) -> None:
    assert {empty_answer(text, lexicon, name) for name in ("severity", "cause", "strengths")} == {"none"}
    assert {empty_answer(text, lexicon, name) for name in ("duration", "feelings", "type")} == {None}


def test_a_no_that_goes_on_says_something(lexicon: Normaliser) -> None:
    assert empty_answer("ga bisa tidur", lexicon, "severity") is None
