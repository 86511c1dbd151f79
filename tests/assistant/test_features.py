from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer

from bot.assistant.rasa_side.nlu.context import NOWHERE, Context, load_questions
from bot.assistant.rasa_side.nlu.features import TextFeatures, letters, load_concepts
from bot.assistant.rasa_side.nlu.linear_text import LinearTextClassifier, softmax
from bot.assistant.rasa_side.nlu.normalise import load_normaliser

TEXTS = [
    "suamiku sering mukul aku",
    "aku dipukul suami tiap malam",
    "halo kak ada orang?",
    "halo, selamat malam",
    "I can't sleep since March",
    "gak bisa tidur sejak maret",
    "boleh disimpan aja kak",
    "iya boleh disimpan",
] * 2
AFTER_CONSENT = Context("consent", "contact")
UNSEEN = ["dia mukul lagi tadi malam", "boleh", "", "zzz qqq", "HALO!!! 😭", "I can't, I just can't"]


@pytest.fixture(scope="module")
def features() -> TextFeatures:
    normaliser = load_normaliser()
    made = TextFeatures(normaliser, load_concepts(normaliser), load_questions(), (1.0, 0.5, 2.0, 1.5, 0.5, 0.7))
    made.fit(TEXTS, [AFTER_CONSENT] * len(TEXTS))
    return made


def classifier() -> LinearTextClassifier:
    normaliser = load_normaliser()
    return LinearTextClassifier(TextFeatures(normaliser, load_concepts(normaliser), load_questions()))


@pytest.mark.parametrize("context", [NOWHERE, AFTER_CONSENT, Context("correct:duration", "exploring")])
@pytest.mark.parametrize("text", [*TEXTS[:8], *UNSEEN])
def test_one_text_at_a_time_gives_exactly_what_a_matrix_of_texts_gives(
    features: TextFeatures, text: str, context: Context
) -> None:
    dense = np.asarray(features.rows([text], [context]).todense())[0]
    places, values = features.row(text, context)
    single = np.zeros_like(dense)
    single[places] = values
    assert np.allclose(single, dense, atol=1e-6)


def test_a_classifier_answers_the_same_after_being_stored() -> None:
    labels = ["tell", "tell", "greet", "greet", "detail", "detail", "yes", "yes"] * 2
    made = classifier().fit(TEXTS, labels)
    again = pickle.loads(pickle.dumps(made))
    for text in UNSEEN:
        assert np.allclose(made.probabilities(text), again.probabilities(text))
        assert np.isclose(made.probabilities(text).sum(), 1.0)


def test_probabilities_are_those_of_the_linear_model() -> None:
    labels = ["tell", "tell", "greet", "greet", "detail", "detail", "yes", "yes"] * 2
    made = classifier().fit(TEXTS, labels)
    for text in UNSEEN:
        margins = made._features.rows([text]) @ made._weights_by_place + made._base
        assert np.allclose(softmax(margins * made._sharpness)[0], made.probabilities(text), atol=1e-5)


@given(st.text(alphabet=st.sampled_from("ab é😭\n\t"), max_size=40))
def test_letters_are_those_that_scikit_learn_finds_within_words(text: str) -> None:
    theirs = CountVectorizer(analyzer="char_wb", ngram_range=(2, 5), lowercase=False).build_analyzer()
    assert sorted(letters(text)) == sorted(theirs(text))
