"""What is seen of each word: phrases of the lexicon as a whole, the clause around it, the question before it."""

from __future__ import annotations

import pytest

from bot.assistant.rasa_side.nlu.features import Concepts, load_concepts
from bot.assistant.rasa_side.nlu.normalise import Normaliser, load_normaliser
from bot.assistant.rasa_side.nlu.word_features import word_features


@pytest.fixture(scope="module")
def normaliser() -> Normaliser:
    return load_normaliser()


@pytest.fixture(scope="module")
def concepts(normaliser: Normaliser) -> Concepts:
    return load_concepts(normaliser)


def seen(normaliser: Normaliser, concepts: Concepts, text: str, asked: str | None = None) -> dict[str, set[str]]:
    tokens = normaliser.tokens(text)
    rows = word_features(tokens, asked, concepts)
    return {token.text: set(row) for token, row in zip(tokens, rows, strict=True)}


def test_each_word_of_a_phrase_carries_its_concept(normaliser: Normaliser, concepts: Concepts) -> None:
    words = seen(normaliser, concepts, "kadang aku susah tidur")

    assert "c=sleep_effect" in words["susah"] & words["tidur"]
    assert "c=sleep_effect" not in words["aku"]


def test_a_word_knows_its_clause_and_the_clauses_beside_it(normaliser: Normaliser, concepts: Concepts) -> None:
    words = seen(normaliser, concepts, "dia pukul aku karena dia cemburu")

    assert {"opens=karena", "past=hit", "around=cause_jealous", "place=2"} <= words["cemburu"]
    assert {"opens=dia", "next=cause_jealous", "before=^", "last=False"} <= words["pukul"]


def test_the_question_goes_with_each_word(normaliser: Normaliser, concepts: Concepts) -> None:
    assert "asked&w=duration&2" in seen(normaliser, concepts, "2 tahun", "duration")["2"]


@pytest.mark.parametrize("text", ["", " ", "😭", "..."])
def test_texts_without_words_are_seen_too(normaliser: Normaliser, concepts: Concepts, text: str) -> None:
    assert len(seen(normaliser, concepts, text)) == len({token.text for token in normaliser.tokens(text)})
