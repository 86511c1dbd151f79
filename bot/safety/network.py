"""How the danger model's weights are learned: small networks and linear heads together, from sparse rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

NETWORKS = 4
UNITS = 16
"""Networks whose chances are averaged, and the hidden units of each: four small ones do better than one of 64 units."""

ROUNDS = 3
BATCH = 256
RATE = 0.02
HEAD_RATE = 0.06
"""Chosen by cross-validation by writer; few rounds are what keeps it from learning the examples by heart."""

TINY = 1e-6


@dataclass(frozen=True)
class Truth:
    """What each row stands for: the rank of its risk, the number of its danger (-1: none), whether it is grave."""

    risk: Array
    danger: Array
    grave: Array

    def of(self, rows: Array) -> Truth:
        return Truth(self.risk[rows], self.danger[rows], self.grave[rows])


@dataclass(frozen=True)
class Learned:
    """`hidden` (columns x all units) and `risk` (networks x units x risks) are the networks.

    `danger` (columns x dangers) is a linear model of which danger it is, `alone` (columns) of how grave a row is by
    the columns `by_itself` alone.
    """

    hidden: Array
    hidden_base: Array
    risk: Array
    risk_base: Array
    danger: Array
    danger_base: Array
    alone: Array


def learn(rows: Any, truth: Truth, *, risks: int, dangers: int, by_itself: slice, rounds: int = ROUNDS) -> Learned:
    """Weights for rows (a CSR matrix) and their truth; the same rows give the same weights."""
    chance = np.random.default_rng(0)
    learner = _Learner(rows.shape[1], risks, dangers, by_itself, chance)
    many = rows.shape[0]
    starts = range(0, many, BATCH)
    for number in range(rounds):
        order = chance.permutation(many)
        for at in starts:
            batch = order[at : at + BATCH]
            learner.learn(rows[batch], truth.of(batch), 1 - (number + at / many) / rounds)
    return learner.learned()


class Moving:
    """Weights that move against their gradient: each row of them the less, the more it has moved already (Adagrad)."""

    def __init__(self, start: Array, rate: float) -> None:
        self.at = start.astype(np.float32)
        self._rate = rate
        self._moved = np.zeros((*start.shape[:-1], 1), dtype=np.float32)

    def move(self, gradient: Array, pace: float, rows: Any = slice(None)) -> None:
        # One pace for a whole row: it needs a fraction of the memory of one for each weight, and is as good.
        moved = self._moved[rows] + np.square(gradient).mean(axis=-1, keepdims=True)
        self._moved[rows] = moved
        self.at[rows] -= (self._rate * pace) * gradient / (np.sqrt(moved) + TINY)


class _Learner:
    """All weights while they are learned. Only the columns of a batch are looked at and moved: most are in no row."""

    def __init__(self, columns: int, risks: int, dangers: int, by_itself: slice, chance: np.random.Generator) -> None:
        def spread(into: int, out: int, *shape: int) -> Array:
            limit = np.sqrt(6 / (into + out))
            return chance.uniform(-limit, limit, shape)

        units = NETWORKS * UNITS
        self._hidden = Moving(spread(columns, UNITS, columns, units), RATE)
        self._hidden_base = Moving(spread(columns, UNITS, units, 1), RATE)
        self._risk = Moving(spread(UNITS, risks, NETWORKS, UNITS, risks), RATE)
        self._risk_base = Moving(np.zeros((NETWORKS, risks, 1)), RATE)
        self._danger = Moving(np.zeros((columns, dangers)), HEAD_RATE)
        self._danger_base = Moving(np.zeros((dangers, 1)), HEAD_RATE)
        self._alone = Moving(np.zeros((columns, 1)), HEAD_RATE)
        self._alone_base = Moving(np.zeros((1, 1)), HEAD_RATE)
        self._by_itself = np.zeros((columns, 1), dtype=np.float32)
        self._by_itself[by_itself] = 1
        self._place = np.zeros(columns, dtype=np.int32)

    def learn(self, rows: Any, truth: Truth, pace: float) -> None:
        """One step, `pace` times as long as the first."""
        seen, rows = self._narrowed(rows)
        self._learn_risk(rows, truth, pace, seen)
        self._learn_danger(rows, truth, pace, seen)
        self._learn_alone(rows, truth, pace, seen)

    def learned(self) -> Learned:
        return Learned(
            hidden=self._hidden.at,
            hidden_base=self._hidden_base.at[:, 0],
            risk=self._risk.at,
            risk_base=self._risk_base.at[..., 0],
            danger=self._danger.at,
            danger_base=self._danger_base.at[:, 0],
            alone=self._alone.at[:, 0],
        )

    def _narrowed(self, rows: Any) -> tuple[Array, Any]:
        """The columns that rows have, and the rows with these columns alone."""
        from scipy.sparse import csr_matrix

        there = np.zeros(len(self._place), dtype=bool)
        there[rows.indices] = True
        seen = np.flatnonzero(there)
        self._place[seen] = np.arange(len(seen), dtype=np.int32)
        shape = (rows.shape[0], len(seen))
        return seen, csr_matrix((rows.data, self._place[rows.indices], rows.indptr), shape=shape)

    def _learn_risk(self, rows: Any, truth: Truth, pace: float, seen: Array) -> None:
        units = np.maximum(rows @ self._hidden.at[seen] + self._hidden_base.at[:, 0], 0)
        each = units.reshape(-1, NETWORKS, UNITS)
        chances = shares(np.einsum("bnu,nur->bnr", each, self._risk.at) + self._risk_base.at[..., 0])
        chances[np.arange(len(chances)), :, truth.risk] -= 1
        wrong = chances / len(chances)
        back = np.einsum("bnr,nur->bnu", wrong, self._risk.at).reshape(units.shape) * (units > 0)
        self._risk.move(np.einsum("bnu,bnr->nur", each, wrong), pace)
        self._risk_base.move(wrong.sum(axis=0)[..., None], pace)
        self._hidden.move(rows.T @ back, pace, seen)
        self._hidden_base.move(back.sum(axis=0)[:, None], pace)

    def _learn_danger(self, rows: Any, truth: Truth, pace: float, seen: Array) -> None:
        wrong = shares(rows @ self._danger.at[seen] + self._danger_base.at[:, 0])
        named = truth.danger >= 0
        wrong[named, truth.danger[named]] -= 1
        wrong[~named] = 0
        wrong /= len(wrong)
        self._danger.move(rows.T @ wrong, pace, seen)
        self._danger_base.move(wrong.sum(axis=0)[:, None], pace)

    def _learn_alone(self, rows: Any, truth: Truth, pace: float, seen: Array) -> None:
        wrong = 1 / (1 + np.exp(-(rows @ self._alone.at[seen] + self._alone_base.at))) - truth.grave[:, None]
        wrong /= len(wrong)
        self._alone.move(self._by_itself[seen] * (rows.T @ wrong), pace, seen)
        self._alone_base.move(wrong.sum(axis=0, keepdims=True), pace)


def shares(scores: Array) -> Array:
    """Scores as chances, which add up to one along the last axis."""
    chances = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: Array = chances / chances.sum(axis=-1, keepdims=True)
    return shares
