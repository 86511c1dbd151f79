"""Which article's topic a question is about, learned from questions that people ask. Runs on numpy alone."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.rights.language import Analyser, stem

Array = NDArray[Any]

LETTERS_SAY = 0.7
"""The length of the part that knows the spelling, beside 1 for the part that knows the words."""
LONGEST_GRAM = 5

ANSWERED_COUNTS = 2
"""How strongly a topic is doubted where it is doubtful that any article answers at all."""


def features(analyser: Analyser, text: str, lang: str) -> tuple[Counter[str], Counter[str]]:
    """Stems, neighbouring stems and meanings; and sequences of 2 to 5 letters inside words."""
    words = analyser.words(text)
    side = "en" if lang == "en" else "id"
    stems = [stem(word, side) for word in words]
    pairs = (f"{one} {other}" for one, other in pairwise(stems))
    return Counter([*stems, *pairs, *analyser.meanings(words, side)]), _letters(words)


def _letters(words: Sequence[str]) -> Counter[str]:
    letters: Counter[str] = Counter()
    for word in words:
        padded = f" {word} "
        for size in range(2, LONGEST_GRAM + 1):
            letters.update(padded[at : at + size] for at in range(len(padded) - size + 1))
    return letters


@dataclass(frozen=True)
class Weights:
    """`rarity` (columns) and `topic` (columns x topics) with `base` (topics); one more column says if any fits."""

    rarity: Array
    topic: Array
    base: Array


class Vocabulary:
    """Turns features into a sparse row, the same in training and in use; what it never saw has no column."""

    def __init__(self, words: Sequence[str], letters: Sequence[str], rarity: Array) -> None:
        self.words, self.letters, self.rarity = tuple(words), tuple(letters), rarity
        self._columns = (
            {name: at for at, name in enumerate(self.words)},
            {name: len(self.words) + at for at, name in enumerate(self.letters)},
        )

    def row(self, found: tuple[Counter[str], Counter[str]]) -> tuple[Array, Array]:
        """The columns and their values."""
        columns: list[int] = []
        values: list[float] = []
        for known, counted, length in zip(self._columns, found, (1.0, LETTERS_SAY), strict=True):
            part = [(known[name], 1 + math.log(count)) for name, count in counted.items() if name in known]
            weighed = [value * float(self.rarity[column]) for column, value in part]
            norm = math.sqrt(sum(value * value for value in weighed)) or 1.0
            columns += [column for column, _ in part]
            values += [length * value / norm for value in weighed]
        return np.array(columns, dtype=np.int64), np.array(values, dtype=np.float32)


class TopicModel:
    """Says for each topic how likely a question is about it; all are unlikely where no article answers."""

    def __init__(self, analyser: Analyser, vocabulary: Vocabulary, topics: Sequence[str], weights: Weights) -> None:
        self._analyser = analyser
        self._vocabulary = vocabulary
        self._weights = weights
        self.topics = tuple(topics)

    def guess(self, text: str, lang: str) -> Mapping[str, float]:
        """Article code → chance from 0 to 1; the chances need not add up to 1.

        Each topic is judged alone, and so is whether any article answers: a word of one topic in a question about
        something else makes that topic likely, and does not make an answer.
        """
        columns, values = self._vocabulary.row(features(self._analyser, text, lang))
        scores = self._weights.base + (values @ self._weights.topic[columns] if len(columns) else 0.0)
        *chances, answered = (1 / (1 + np.exp(-scores))).tolist()
        return {topic: chance * answered**ANSWERED_COUNTS for topic, chance in zip(self.topics, chances, strict=True)}

    def save(self, path: Path) -> None:
        """Write arrays and names, nothing that runs when it is read."""
        names = {"words": self._vocabulary.words, "letters": self._vocabulary.letters, "topics": self.topics}
        packed = {name: np.frombuffer("\n".join(kept).encode(), dtype=np.uint8) for name, kept in names.items()}
        with path.open("wb") as file:
            np.savez(file, **packed, **vars(self._weights))


@lru_cache(maxsize=1)
def load_topics(path: Path, analyser: Analyser) -> TopicModel:
    """Read a model that `save` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        words, letters, topics = (bytes(arrays[name]).decode().split("\n") for name in ("words", "letters", "topics"))
        weights = Weights(arrays["rarity"], arrays["topic"], arrays["base"])
    return TopicModel(analyser, Vocabulary(words, letters, weights.rarity), topics, weights)
