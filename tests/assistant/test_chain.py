"""What follows what: neighbours speak for a word that says little by itself."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from bot.assistant.rasa_side.nlu.chain import Chain, learn

LONG_RUNS = [[0] * 5 + [1] * 5, [1] * 6 + [0] * 4, [0] * 4 + [1] * 6] * 20


@pytest.fixture(scope="module")
def chain() -> Chain:
    return learn(LONG_RUNS, 2)


def test_a_doubtful_word_follows_its_neighbours(chain: Chain) -> None:
    alone = np.array([[0.9, 0.1], [0.4, 0.6], [0.9, 0.1]])

    assert chain.smoothed(alone)[1, 0] > 0.6
    assert chain.path(alone) == [0, 0, 0]


def test_a_sure_word_stands_against_its_neighbours(chain: Chain) -> None:
    alone = np.array([[0.9, 0.1], [0.001, 0.999], [0.9, 0.1]])

    assert chain.path(alone) == [0, 1, 0]


def test_chances_are_those_of_all_paths_and_the_path_is_the_likeliest(chain: Chain) -> None:
    alone = np.array([[0.7, 0.3], [0.45, 0.55], [0.35, 0.65], [0.6, 0.4]])
    seen = alone / chain.common

    def weight(tags: tuple[int, ...]) -> float:
        steps = [chain.first[tags[0]], *(chain.after[one, two] for one, two in pairwise(tags))]
        return float(np.prod(steps) * np.prod([seen[place, tag] for place, tag in enumerate(tags)]))

    every = list(np.ndindex(2, 2, 2, 2))
    whole = sum(weight(tags) for tags in every)
    smoothed = chain.smoothed(alone)

    for place in range(4):
        share = sum(weight(tags) for tags in every if tags[place] == 0) / whole
        assert smoothed[place, 0] == pytest.approx(share)
    assert tuple(chain.path(alone)) == max(every, key=weight)


def test_a_long_text_is_smoothed_without_vanishing(chain: Chain) -> None:
    smoothed = chain.smoothed(np.array([[0.01, 0.99], [0.99, 0.01]] * 2_000))

    assert np.allclose(smoothed.sum(axis=1), 1)


def test_one_word_is_a_text_too(chain: Chain) -> None:
    assert chain.smoothed(np.array([[0.2, 0.8]])).sum() == pytest.approx(1)
    assert chain.path(np.array([[0.1, 0.9]])) == [1]


def test_texts_without_words_teach_nothing() -> None:
    assert np.array_equal(learn([[]], 2).after, learn([], 2).after)
