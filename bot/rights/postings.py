"""Which articles hold a name and with what value: the inverted lists of the search, in arrays, for thousands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Row = tuple[tuple[str, ...], Array]
"""What one article holds: names, each once, and their values."""

_NOWHERE = np.array([], dtype=np.int32), np.array([], dtype=np.float32)


class Postings:
    """Built once from rows; asking costs what the lists of the asked names are long."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.size = len(rows)
        self._numbers: dict[str, int] = {}
        number = self._numbers.setdefault
        named = np.fromiter((number(name, len(self._numbers)) for name in _names(rows)), np.int32)
        lengths = np.array([len(names) for names, _ in rows], dtype=np.int64)
        holders = np.repeat(np.arange(self.size, dtype=np.int32), lengths)
        # Stable, so that the holders of a name stay in order.
        order = np.argsort(named, kind="stable")
        self.holders: Array = holders[order]
        self.values: Array = np.concatenate([values for _, values in rows])[order] if rows else _NOWHERE[1]
        self.named: Array = named[order]
        self._bounds = np.searchsorted(self.named, np.arange(len(self._numbers) + 1))

    @property
    def names(self) -> Iterable[str]:
        """Every name, in the order of their numbers."""
        return self._numbers

    def __contains__(self, name: str) -> bool:
        return name in self._numbers

    def frequency(self) -> Array:
        """In how many rows each name stands, by its number."""
        return np.diff(self._bounds)

    def number(self, name: str) -> int | None:
        """The number of a name, by which `frequency` and `named` go."""
        return self._numbers.get(name)

    def of(self, name: str) -> tuple[Array, Array]:
        """The rows that hold a name, and their values."""
        number = self._numbers.get(name)
        if number is None:
            return _NOWHERE
        piece = slice(self._bounds[number], self._bounds[number + 1])
        return self.holders[piece], self.values[piece]

    def weigh(self, asked: Mapping[str, float]) -> Array:
        """For each row the sum of its values, each times what is asked of its name."""
        found = [(*self.of(name), weight) for name, weight in asked.items()]
        if not found:
            return np.zeros(self.size)
        holders = np.concatenate([holders for holders, _, _ in found])
        values = np.concatenate([values * weight for _, values, weight in found])
        return np.bincount(holders, weights=values, minlength=self.size)

    def best_of(self, asked: Mapping[str, float]) -> Array:
        """For each row the greatest of its values, each times what is asked of its name; 0 where it holds none."""
        best = np.zeros(self.size)
        for name, weight in asked.items():
            holders, values = self.of(name)
            best[holders] = np.maximum(best[holders], values * weight)
        return best


def _names(rows: Sequence[Row]) -> Iterable[str]:
    return chain.from_iterable(names for names, _ in rows)


def row_of(counted: Mapping[str, float]) -> Row:
    """A row from names with values."""
    return tuple(counted), np.fromiter(counted.values(), np.float32, len(counted))
