"""The tagger learns where a dimension is spoken of, and reads the same after it was kept."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from bot.assistant.rasa_side.nlu.features import load_concepts
from bot.assistant.rasa_side.nlu.normalise import load_normaliser
from bot.assistant.rasa_side.nlu.tagger import Reading, Span, Tagged, Tagger

WHO = ("suami", "bapak", "kakak", "pacar")
LONG = ("dua tahun", "tiga bulan", "lima minggu", "sepuluh hari")


def told(who: str, long: str) -> Tagged:
    text = f"{who} memukul aku sejak {long} yang lalu kak"
    start = text.index("sejak")
    return text, (Span("type", 0, start - 1), Span("duration", start, text.index(" yang"))), None


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    normaliser = load_normaliser()
    made = Tagger(normaliser, load_concepts(normaliser))
    return made.using(made.learn([told(who, long) for who in WHO[:3] for long in LONG[:3]] * 30))


def test_words_that_no_example_has_are_found_by_what_stands_around_them(tagger: Tagger) -> None:
    text, (what, when), _ = told(WHO[3], LONG[3])

    reading = tagger.read(text, None)

    assert reading.likeliest("type") == what
    assert reading.likeliest("duration") == when
    assert reading.chance("feelings").max() < 0.1


def test_a_tagger_reads_the_same_after_being_kept(tagger: Tagger) -> None:
    again = pickle.loads(pickle.dumps(tagger))
    text = told(WHO[0], LONG[3])[0]

    assert np.array_equal(again.read(text, None).chance("type"), tagger.read(text, None).chance("type"))


def test_a_text_without_words_says_nothing(tagger: Tagger) -> None:
    assert tagger.read(" ", "duration") == Reading((), (), {})
    assert tagger.read("", None).likeliest("type") is None
