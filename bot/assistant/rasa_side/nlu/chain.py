"""Which tags follow which: smooths what is thought of each word by what is thought of its neighbours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Matrix = np.ndarray[Any, Any]

WEIGHT = 0.7
"""How much the chain counts against the words; they know their neighbours already, so less than all."""


@dataclass(frozen=True)
class Chain:
    """A hidden Markov chain. `first` (tags): weights of a text's first tag; `after` (tags x tags): of the next tag.

    `common` (tags) is how common each tag is, which a word's chances know already.
    """

    first: Matrix
    after: Matrix
    common: Matrix

    def smoothed(self, chances: Matrix) -> Matrix:
        """Words x tags: the chances of each word alone become those in the whole text. At least one word."""
        seen = chances / self.common
        ahead, back, ones = np.empty_like(seen), np.ones_like(seen), np.ones(seen.shape[1])
        row = ahead[0] = self.first * seen[0]
        for place in range(1, len(seen)):
            row = row @ self.after * seen[place]
            row /= row @ ones
            ahead[place] = row
        row = back[-1]
        for place in range(len(seen) - 1, 0, -1):
            row = self.after @ (seen[place] * row)
            row /= row @ ones
            back[place - 1] = row
        return _shares(ahead * back)

    def path(self, chances: Matrix) -> list[int]:
        """The likeliest tags, one for each word (Viterbi). At least one word."""
        seen, after = np.log(chances / self.common), np.log(self.after.T)
        best, before = np.log(self.first) + seen[0], []
        for row in seen[1:]:
            ways = after + best
            before.append(ways.argmax(axis=1).tolist())
            best = ways.max(axis=1) + row
        path = [int(best.argmax())]
        for ways_here in reversed(before):
            path.append(ways_here[path[-1]])
        return path[::-1]


def learn(texts: Iterable[Sequence[int]], count: int) -> Chain:
    """The chain of these texts' tags, which are numbers below `count`."""
    first, after, common = np.ones(count), np.full((count, count), 0.5), np.ones(count)
    for tags in texts:
        if len(tags):
            first[tags[0]] += 1
            np.add.at(after, (tags[:-1], tags[1:]), 1)
            np.add.at(common, tags, 1)
    flat = [_shares(weights) ** WEIGHT for weights in (first, after, common)]
    return Chain(first=flat[0], after=_shares(flat[1]), common=flat[2])


def _shares(weights: Matrix) -> Matrix:
    """Weights that add up to one along the last axis."""
    shares: Matrix = weights / weights.sum(axis=-1, keepdims=True)
    return shares
