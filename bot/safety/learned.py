"""The learned half of the detector: small networks that judge the risk, and a linear model that names the danger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.safety.features import BLOCKS, Read
from bot.safety.model import CATEGORIES, Category, Risk
from bot.safety.vocabulary import Row, Vocabulary

Array = NDArray[Any]

RUN = 12
"""Words in a row that are suspicious together."""


@dataclass(frozen=True)
class Weights:
    """`hidden` (columns x units) holds the units of all networks side by side; `risk` is networks x units x risks.

    `suspicion` (columns) judges single words by themselves, to find where in a very long text to look.
    """

    hidden: Array
    hidden_base: Array
    risk: Array
    risk_base: Array
    category: Array
    category_base: Array
    suspicion: Array


@dataclass(frozen=True)
class Guess:
    """Probabilities of at least each risk, and the likeliest danger."""

    at_least: dict[Risk, float]
    category: Category


class LearnedModel:
    """Weights and the vocabulary that they belong to. `guess` is pure."""

    def __init__(self, vocabulary: Vocabulary, weights: Weights) -> None:
        self.vocabulary = vocabulary
        self.weights = weights
        self._suspicion_of = lru_cache(maxsize=16_384)(self._of_word)

    def guess(self, row: Row) -> Guess:
        """What the model thinks of a message."""
        risks = self._risks(self._units(row))
        reached = np.cumsum(risks[::-1])[::-1]
        scores = row.values @ self.weights.category[row.columns] + self.weights.category_base
        return Guess(dict(zip(Risk, reached.tolist(), strict=True)), CATEGORIES[int(np.argmax(scores))])

    def suspicion(self, words: Sequence[str]) -> Array:
        """For each word, how suspicious the run of RUN words around it is."""
        alone = np.array([self._suspicion_of(word) for word in words])
        runs: Array = np.convolve(alone, np.ones(RUN), "same")
        return runs

    def weighty_words(self, read: Read, row: Row, most: int) -> list[int]:
        """The places (in `plain.words`) of the words that spoke most for danger, in the order of the text."""
        pull = self._pull(row)
        weight = dict(zip(row.columns.tolist(), pull.tolist(), strict=True))
        words = read.plain.words
        score = [sum(weight.get(c, 0.0) for c in self.vocabulary.columns_of(word).tolist()) for word in words]
        best = sorted((at for at in range(len(words)) if score[at] > 0), key=lambda at: -score[at])[:most]
        return sorted(best)

    def _of_word(self, word: str) -> float:
        columns = self.vocabulary.columns_of(word)
        return float(self.weights.suspicion[columns] @ self.vocabulary.rarity[columns])

    def _units(self, row: Row) -> Array:
        weights = self.weights
        units: Array = np.maximum(row.values @ weights.hidden[row.columns] + weights.hidden_base, 0.0)
        return units

    def _risks(self, units: Array) -> Array:
        """The mean over the networks of the chance of each risk."""
        scores = np.einsum("nu,nur->nr", units.reshape(len(self.weights.risk), -1), self.weights.risk)
        scores += self.weights.risk_base
        chances = np.exp(scores - scores.max(axis=1, keepdims=True))
        mean: Array = (chances / chances.sum(axis=1, keepdims=True)).mean(axis=0)
        return mean

    def _pull(self, row: Row) -> Array:
        """How much each column of the row speaks for alarm against none, near this message."""
        weights = self.weights
        slope = (weights.risk[:, :, 2:].mean(axis=2) - weights.risk[:, :, 0]).reshape(-1)
        active = (self._units(row) > 0) * slope
        pull: Array = row.values * (weights.hidden[row.columns] @ active)
        return pull


def save_model(model: LearnedModel, path: Path) -> None:
    """Write arrays and names, nothing that runs when it is read."""
    names = {f"names_{block}": _packed(kept) for block, kept in zip(BLOCKS, model.vocabulary.names, strict=True)}
    with path.open("wb") as file:
        np.savez(file, rarity=model.vocabulary.rarity, **names, **vars(model.weights))


def load_model(path: Path) -> LearnedModel:
    """Read a model that `save_model` wrote, in a fraction of a second."""
    with np.load(path, allow_pickle=False) as arrays:
        names = [bytes(arrays[f"names_{block}"]).decode().splitlines() for block in BLOCKS]
        vocabulary = Vocabulary(names, arrays["rarity"])
        return LearnedModel(vocabulary, Weights(**{name: arrays[name] for name in Weights.__dataclass_fields__}))


def _packed(names: tuple[str, ...]) -> Array:
    return np.frombuffer("\n".join(names).encode(), dtype=np.uint8)
