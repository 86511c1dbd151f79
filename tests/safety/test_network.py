"""The network's learning: it separates what can be separated, and looks at what it may look at."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from bot.safety.network import NETWORKS, UNITS, Learned, Truth, learn

ROWS = 2_000
SAYING_NOTHING = 20


@pytest.fixture(scope="module")
def rows() -> csr_matrix:
    """Columns 0 and 1 are grave unless they come together; the others say nothing."""
    chance = np.random.default_rng(1)
    return csr_matrix((chance.random((ROWS, 2 + SAYING_NOTHING)) < 0.5).astype(np.float32))


@pytest.fixture(scope="module")
def truth(rows: csr_matrix) -> Truth:
    grave = np.asarray((rows[:, 0] != rows[:, 1]).todense()).ravel()
    return Truth(
        risk=np.where(grave, 2, 0), danger=np.where(grave, rows[:, 0].toarray().ravel(), -1).astype(int), grave=grave
    )


def _learned(rows: csr_matrix, truth: Truth, rounds: int = 60) -> Learned:
    return learn(rows, truth, risks=3, dangers=2, by_itself=slice(2, None), rounds=rounds)


def _told_apart(learned: Learned, rows: csr_matrix) -> np.ndarray:
    units = np.maximum(rows @ learned.hidden + learned.hidden_base, 0).reshape(-1, NETWORKS, UNITS)
    scores = np.einsum("bnu,nur->br", units, learned.risk) + learned.risk_base.sum(axis=0)
    return scores.argmax(axis=1)


def test_networks_learn_what_no_single_column_says(rows: csr_matrix, truth: Truth) -> None:
    assert np.mean(_told_apart(_learned(rows, truth), rows) == truth.risk) > 0.95


def test_the_danger_is_named_where_there_is_one(rows: csr_matrix, truth: Truth) -> None:
    learned = _learned(rows, truth)
    named = (rows @ learned.danger + learned.danger_base).argmax(axis=1)
    assert np.mean((named == truth.danger)[truth.grave]) > 0.95


def test_columns_that_have_no_say_alone_get_none(rows: csr_matrix, truth: Truth) -> None:
    alone = _learned(rows, truth, rounds=1).alone
    assert not alone[:2].any()
    assert alone[2:].all()


def test_columns_that_no_row_has_are_not_moved(truth: Truth, rows: csr_matrix) -> None:
    rows = rows.copy()
    rows.data[rows.indices == 5] = 0
    rows.eliminate_zeros()
    one, other = _learned(rows, truth, rounds=1), _learned(rows, truth, rounds=2)
    assert np.array_equal(one.hidden[5], other.hidden[5])
    assert not np.array_equal(one.hidden[4], other.hidden[4])


def test_the_same_rows_give_the_same_weights(rows: csr_matrix, truth: Truth) -> None:
    one, other = _learned(rows, truth, rounds=1), _learned(rows, truth, rounds=1)
    assert all(np.array_equal(getattr(one, name), getattr(other, name)) for name in vars(one))
