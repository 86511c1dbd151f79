"""Turns a message taken apart into a sparse row of numbers, the same in training and in use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

from bot.safety.features import AROUND, BLOCKS, Read, letters

LETTERS = BLOCKS.index("letters")
WORDS = BLOCKS.index("words")

RAREST = 3
WRITERS = 2
"""Examples that hold a feature, and writers of these, at least; other features say nothing about new messages."""

Columns = NDArray[np.int64]
Values = NDArray[np.float32]


@dataclass(frozen=True)
class Row:
    """The columns that a message has, rising, and their values."""

    columns: Columns
    values: Values


class Vocabulary:
    """Known features, those of each block by name; `rarity` weighs each column (inverse document frequency)."""

    def __init__(self, names: Sequence[Sequence[str]], rarity: Values) -> None:
        self.rarity = rarity
        starts = np.cumsum([0, *(len(block) for block in names)])
        self._starts = starts[:-1]
        self._column: tuple[Mapping[str, int], ...] = tuple(
            {name: int(start) + at for at, name in enumerate(block)}
            for start, block in zip(starts, names, strict=False)
        )
        self.of_letters = lru_cache(maxsize=8_192)(self._of_letters)

    def __len__(self) -> int:
        return len(self.rarity)

    @property
    def names(self) -> tuple[tuple[str, ...], ...]:
        """The features of each block, in the order of their columns."""
        return tuple(tuple(block) for block in self._column)

    def bounds(self, block: str) -> tuple[int, int]:
        """The first column of a block and the one after its last."""
        number = BLOCKS.index(block)
        first = int(self._starts[number])
        return first, first + len(self._column[number])

    def row(self, read: Read) -> Row:
        """Frequent features of a block count less than proportionally; each block has length 1."""
        found = [
            at for number, names in enumerate(read.blocks) if number != LETTERS for at in self._known(number, names)
        ]
        parts = [np.array(found, dtype=np.int64), *(self.of_letters(word) for word in read.blocks[LETTERS])]
        return self._weighed(np.concatenate(parts))

    def row_alone(self, read: Read, row: Row) -> Row:
        """The row of `read.alone()`, from that of `read`: all blocks but one are the same."""
        begin, end = np.searchsorted(row.columns, self.bounds("around")).tolist()
        around = self._weighed(np.array(self._known(AROUND, read.alone().blocks[AROUND]), dtype=np.int64))
        return Row(
            np.concatenate((row.columns[:begin], around.columns, row.columns[end:])),
            np.concatenate((row.values[:begin], around.values, row.values[end:])),
        )

    def _known(self, block: int, names: Iterable[str]) -> list[int]:
        get = self._column[block].get
        return [at for name in names if (at := get(name)) is not None]

    def _weighed(self, found: Columns) -> Row:
        """The row of columns that were found, in any order and as often as they were."""
        columns, counts = _counted(found)
        values = (1.0 + np.log(counts)).astype(np.float32) * self.rarity[columns]
        bounds = np.append(np.searchsorted(columns, self._starts), len(columns))
        for begin, end in pairwise(bounds.tolist()):
            if end > begin:
                values[begin:end] /= np.sqrt(values[begin:end] @ values[begin:end])
        return Row(columns, values)

    def columns_of(self, word: str) -> Columns:
        """The columns that a single word stands for, by itself."""
        own = self._column[WORDS].get(word)
        return self.of_letters(word) if own is None else np.append(self.of_letters(word), own)

    def _of_letters(self, word: str) -> Columns:
        column = self._column[LETTERS]
        return np.array([column[part] for part in letters(word) if part in column], dtype=np.int64)


def _counted(columns: Columns) -> tuple[Columns, Columns]:
    """What `np.unique` does, without its preparations."""
    columns.sort()
    first = np.flatnonzero(np.concatenate(([True], columns[1:] != columns[:-1])))[: len(columns)]
    return columns[first], np.diff(np.append(first, len(columns)))


def learn_vocabulary(reads: Sequence[Read], writers: Sequence[str]) -> Vocabulary:
    """The features that at least RAREST of the messages have, and messages of at least WRITERS of their writers."""
    names: list[list[str]] = []
    rarity: list[float] = []
    by_writer: dict[str, list[Read]] = {}
    for read, writer in zip(reads, writers, strict=True):
        by_writer.setdefault(writer, []).append(read)
    enough = min(WRITERS, len(by_writer))
    for number in range(len(BLOCKS)):
        frequency: Counter[str] = Counter()
        used_by: Counter[str] = Counter()
        for written in by_writer.values():
            own = Counter(chain.from_iterable(set(_names(read, number)) for read in written))
            frequency.update(own)
            used_by.update(own.keys())
        kept = sorted(name for name, count in frequency.items() if count >= RAREST and used_by[name] >= enough)
        names.append(kept)
        rarity.extend(np.log((1 + len(reads)) / (1 + frequency[name])) + 1 for name in kept)
    return Vocabulary(names, np.array(rarity, dtype=np.float32))


def _names(read: Read, block: int) -> Iterable[str]:
    if block != LETTERS:
        return read.blocks[block]
    return (part for word in read.blocks[LETTERS] for part in letters(word))
