"""The learned half of the detector: small networks judge the risk, a linear model names the danger."""

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
from bot.safety.normalise import PAUSE, STOP
from bot.safety.vocabulary import Row, Vocabulary

Array = NDArray[Any]

RUN = 12
"""Words in a row that are suspicious together."""


@dataclass(frozen=True)
class Weights:
    """`hidden` (columns x all units) and `risk` (networks x units x risks) are the networks.

    `category` is columns x categories, like `hidden` in half precision. `suspicion` (columns) judges single words by
    themselves, to find where in a very long text to look.
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
    """Probabilities of at least each risk."""

    at_least: dict[Risk, float]

    def mixed(self, *others: Guess) -> Guess:
        """The mean of guesses."""
        guesses = (self, *others)
        return Guess({risk: sum(guess.at_least[risk] for guess in guesses) / len(guesses) for risk in self.at_least})


class LearnedModel:
    """Weights and the vocabulary that they belong to. `guess` is pure."""

    def __init__(self, vocabulary: Vocabulary, weights: Weights) -> None:
        self.vocabulary = vocabulary
        self.weights = weights
        self._suspicion_of = lru_cache(maxsize=16_384)(self._of_word)

    def guess(self, row: Row) -> Guess:
        """What the model thinks of a message."""
        risks = self._risks(self._units(row))
        reached = np.cumsum(risks[::-1])[::-1][1:]
        return Guess(dict(zip(Risk, (1.0, *reached.tolist()), strict=True)))

    def category(self, row: Row) -> Category:
        """The likeliest danger in a message, if there is any."""
        scores = _summed(row, self.weights.category) + self.weights.category_base
        return CATEGORIES[int(np.argmax(scores))]

    def suspicion(self, words: Sequence[str]) -> Array:
        """For each word, how suspicious the run of RUN words around it is."""
        alone = np.array([self._suspicion_of(word) for word in words])
        runs: Array = np.convolve(alone, np.ones(RUN), "same")
        return runs

    def weighty_words(self, read: Read, row: Row, most: int) -> list[int]:
        """The places (in `plain.words`) of the words that spoke most for danger, in the order of the text."""
        pull = self._pull(row)
        words = read.plain.words
        # All columns of a word of the text are in its row.
        score = {
            w: pull[np.searchsorted(row.columns, self.vocabulary.columns_of(w))].sum()
            for w in set(words) - {STOP, PAUSE}
        }
        spoke = (at for at, word in enumerate(words) if score.get(word, 0.0) > 0)
        best = sorted(spoke, key=lambda at: -score[words[at]])
        return sorted(best[:most])

    def _of_word(self, word: str) -> float:
        columns = self.vocabulary.columns_of(word)
        return float(self.weights.suspicion[columns] @ self.vocabulary.rarity[columns])

    def _units(self, row: Row) -> Array:
        """The hidden units of each network."""
        weights = self.weights
        units: Array = np.maximum(_summed(row, weights.hidden) + weights.hidden_base, 0.0)
        return units.reshape(weights.risk.shape[:2])

    def _risks(self, units: Array) -> Array:
        """The chance of each risk, as the networks see it in the mean."""
        scores = np.einsum("nu,nur->nr", units, self.weights.risk) + self.weights.risk_base
        chances = np.exp(scores - scores.max(axis=1, keepdims=True))
        shares: Array = (chances / chances.sum(axis=1, keepdims=True)).mean(axis=0)
        return shares

    def _pull(self, row: Row) -> Array:
        """How much each column of the row speaks for alarm against none, near this message."""
        weights = self.weights
        slope = weights.risk[..., 2:].mean(axis=-1) - weights.risk[..., 0]
        active = ((self._units(row) > 0) * slope).ravel()
        pull: Array = row.values * np.einsum("cu,u->c", weights.hidden[row.columns].astype(np.float32), active)
        return pull


def _summed(row: Row, weights: Array) -> Array:
    # Not `@`: the threads of its library cost more than so small a product.
    summed: Array = np.einsum("c,cu->u", row.values, weights[row.columns].astype(np.float32))
    return summed


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
