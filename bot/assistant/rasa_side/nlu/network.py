"""Small networks that say of each word, from its features, which tag it has. They learn together and are averaged.

As the danger model's (decision 13): Adagrad by row, and only the columns of a batch are touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from bot.safety.network import Moving, shares

Matrix = np.ndarray[Any, Any]

NETWORKS, UNITS = 4, 16
ROUNDS, BATCH, RATE, LAST_PACE = 4, 256, 0.1, 0.05
HIDDEN = 0.6
"""The share of a word's features that are hidden while learning: people use words that no example has."""
STRENGTH = 1 / 7
"""What one feature counts: words have about fifty, and a sum of so many then stays near one."""
SEED = 7


@dataclass(frozen=True)
class Network:
    """`inner` (features x all units) and `outer` (networks x units x tags), with their bases."""

    inner: Matrix
    inner_base: Matrix
    outer: Matrix
    outer_base: Matrix

    def packed(self) -> Network:
        """Half the digits are enough to keep, and half of the model's size."""
        return replace(self, inner=self.inner.astype(np.float16))

    def unpacked(self) -> Network:
        """As it is quick to reckon with."""
        return replace(self, inner=self.inner.astype(np.float32))

    def chances(self, words: Sequence[Sequence[int]]) -> Matrix:
        """Per word the chance of each tag; a word is given by the columns of its features, at least one."""
        starts = np.cumsum([0, *map(len, words)])[:-1]
        columns = np.fromiter(chain.from_iterable(words), dtype=np.int64)
        sums = np.add.reduceat(self.inner[columns], starts, axis=0)
        units = np.maximum(sums * STRENGTH + self.inner_base, 0).reshape(len(words), NETWORKS, UNITS)
        chances: Matrix = shares(np.einsum("wnu,nut->wnt", units, self.outer) + self.outer_base).mean(axis=1)
        return chances


def learn(rows: csr_matrix, tags: Matrix, count: int) -> Network:
    """The networks for rows of features (ones and zeros) and the number of each row's tag, out of `count`."""
    chance = np.random.default_rng(SEED)
    learner = _Learner(rows.shape[1], count, chance)
    many = rows.shape[0]
    for number in range(ROUNDS):
        order = chance.permutation(many)
        for at in range(0, many, BATCH):
            batch = order[at : at + BATCH]
            learner.learn(rows[batch], tags[batch], max(LAST_PACE, 1 - (number + at / many) / ROUNDS))
    return learner.learned()


class _Learner:
    def __init__(self, columns: int, count: int, chance: np.random.Generator) -> None:
        units = NETWORKS * UNITS
        self._chance = chance
        self._inner = Moving(chance.normal(0, STRENGTH / 5, (columns, units)), RATE)
        self._inner_base = Moving(np.zeros((units, 1)), RATE)
        self._outer = Moving(chance.normal(0, 1 / 5, (NETWORKS, UNITS, count)), RATE)
        self._outer_base = Moving(np.zeros((NETWORKS, count, 1)), RATE)

    def learn(self, rows: csr_matrix, tags: Matrix, pace: float) -> None:
        """One step, `pace` times as long as the first."""
        seen, rows = self._partly_hidden(rows)
        units = np.maximum(rows @ self._inner.at[seen] + self._inner_base.at[:, 0], 0)
        each = units.reshape(-1, NETWORKS, UNITS)
        wrong = shares(np.einsum("wnu,nut->wnt", each, self._outer.at) + self._outer_base.at[..., 0])
        wrong[np.arange(len(tags)), :, tags] -= 1
        wrong /= len(tags)
        back = np.einsum("wnt,nut->wnu", wrong, self._outer.at).reshape(units.shape) * (units > 0)
        self._outer.move(np.einsum("wnu,wnt->nut", each, wrong), pace)
        self._outer_base.move(wrong.sum(axis=0)[..., None], pace)
        self._inner.move(rows.T @ back, pace, seen)
        self._inner_base.move(back.sum(axis=0)[:, None], pace)

    def learned(self) -> Network:
        return Network(
            inner=self._inner.at,
            inner_base=self._inner_base.at[:, 0],
            outer=self._outer.at,
            outer_base=self._outer_base.at[..., 0],
        )

    def _partly_hidden(self, rows: csr_matrix) -> tuple[Matrix, csr_matrix]:
        """The columns that are left, and the rows with these columns alone; what is left counts for what is hidden."""
        left = self._chance.random(len(rows.data)) >= HIDDEN
        bounds = np.concatenate([[0], np.cumsum(left)])[rows.indptr]
        seen, places = np.unique(rows.indices[left], return_inverse=True)
        values = np.full(len(places), STRENGTH / (1 - HIDDEN), dtype=np.float32)
        return seen, csr_matrix((values, places, bounds), shape=(rows.shape[0], len(seen)))
