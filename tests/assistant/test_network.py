"""The tagger's small networks: they tell apart what no single feature says, and the same rows teach the same."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from bot.assistant.rasa_side.nlu.network import Network, learn

WORDS, COLUMNS = 6_000, 12


@pytest.fixture(scope="module")
def rows() -> csr_matrix:
    """Columns 0 to 3 come together or not at all; columns from 4 on say nothing."""
    chance = np.random.default_rng(1)
    dense = (chance.random((WORDS, COLUMNS)) < 0.5).astype(np.float32)
    dense[:, 1:4] = dense[:, :1]
    return csr_matrix(dense)


@pytest.fixture(scope="module")
def tags(rows: csr_matrix) -> np.ndarray:
    return rows[:, 0].toarray().ravel().astype(int)


@pytest.fixture(scope="module")
def network(rows: csr_matrix, tags: np.ndarray) -> Network:
    return learn(rows, tags, 2)


def test_tags_are_told_apart_though_most_features_are_hidden_while_learning(
    network: Network, rows: csr_matrix, tags: np.ndarray
) -> None:
    words = [row.indices.tolist() or [4] for row in rows[:500]]

    assert np.mean(network.chances(words).argmax(axis=1) == tags[:500]) > 0.97


def test_chances_of_a_word_are_the_same_in_any_company(network: Network) -> None:
    words = [[0, 1], [4], [2, 3, 7]]

    together = network.chances(words)

    assert np.allclose(together.sum(axis=1), 1)
    assert np.allclose(together, np.vstack([network.chances([word]) for word in words]), atol=1e-6)


def test_the_same_rows_give_the_same_network(rows: csr_matrix, tags: np.ndarray) -> None:
    one, other = learn(rows[:500], tags[:500], 2), learn(rows[:500], tags[:500], 2)

    assert all(np.array_equal(getattr(one, name), getattr(other, name)) for name in vars(one))
