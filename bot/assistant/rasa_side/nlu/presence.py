"""Whether a text speaks about a dimension at all: the tagger's chances and a look at the whole text, together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.svm import LinearSVC

from bot.assistant.rasa_side.nlu.context import Context
from bot.assistant.rasa_side.nlu.features import TextFeatures
from bot.assistant.rasa_side.nlu.linear_text import Matrix
from bot.assistant.rasa_side.nlu.tagger import Reading
from bot.assistant.rasa_side.understanding import DIMENSIONS

STRENGTH, LEFT_OUT, SEED = 0.3, 1 / 3, 7
# A key that is wrongly filled costs more than one that is left open: it would be read back to the person as theirs.
CAUTION = 0.5
_LEAST = 1e-3
_THRESHOLDS = np.linspace(0.3, 0.9, 61)
_NEIGHBOURS = 11
"""Thresholds side by side that are judged together: the best single one is an accident of the lines left out."""


@dataclass(frozen=True)
class Telling:
    """One text with its place in the conversation, and the dimensions it speaks about (known in training only)."""

    text: str
    context: Context
    act: str
    dimensions: frozenset[str] = frozenset()


Read = Callable[[Telling], Reading]


def parted(count: int) -> tuple[Matrix, Matrix]:
    """Places of examples to learn from, and of a third that is left out, on which what was learned is weighed."""
    learned, left_out = train_test_split(np.arange(count), test_size=LEFT_OUT, random_state=SEED)
    return np.sort(learned), np.sort(left_out)


class Presence:
    """One yes or no for each dimension. Plain data and scikit-learn's numbers, so that it is kept in the model."""

    def __init__(self, features: TextFeatures) -> None:
        self._features = features
        self._weights: Matrix = np.zeros((0, 0), dtype=np.float32)
        self._base: Matrix = np.zeros(0)
        self._mix: Matrix = np.zeros((0, 0))
        self._mix_base: Matrix = np.zeros(0)
        self._thresholds: Matrix = np.zeros(0)

    def fit(self, tellings: Sequence[Telling], read: Callable[[], Read]) -> Presence:
        """Learn. `read()` gives a tagger that learned from the first part of `parted` alone, so it is asked late."""
        learned, left_out = parted(len(tellings))
        rows = self._features.fit([t.text for t in tellings], [t.context for t in tellings])
        truth = np.array([[name in t.dimensions for name in DIMENSIONS] for t in tellings])
        self._weights, self._base = _heads(rows, truth)
        weights, base = _heads(rows[learned], truth[learned])
        margins, tagger = rows[left_out] @ weights + base, read()
        unseen = np.array(
            [_evidence(own, tagger(tellings[n]), tellings[n]) for n, own in zip(left_out, margins, strict=True)]
        )
        self._weigh(unseen, truth[left_out])
        return self

    def among(self, telling: Telling, reading: Reading) -> Iterator[str]:
        """The dimensions that the text speaks about."""
        places, values = self._features.row(telling.text, telling.context)
        evidence = _evidence(values @ self._weights[places] + self._base, reading, telling)
        chances = 1 / (1 + np.exp(-(self._mix @ evidence + self._mix_base)))
        yield from (name for name, yes in zip(DIMENSIONS, chances >= self._thresholds, strict=True) if yes)

    def _weigh(self, unseen: Matrix, truth: Matrix) -> None:
        mixes, bases, thresholds = [], [], []
        for column in range(len(DIMENSIONS)):
            mix = LogisticRegression(C=1.0, max_iter=1_000).fit(unseen, truth[:, column])
            mixes.append(mix.coef_[0])
            bases.append(mix.intercept_[0])
            thresholds.append(_threshold(mix.predict_proba(unseen)[:, 1], truth[:, column]))
        self._mix, self._mix_base = np.array(mixes), np.array(bases)
        self._thresholds = np.array(thresholds)


def _heads(rows: csr_matrix, truth: Matrix) -> tuple[Matrix, Matrix]:
    heads = [
        LinearSVC(C=STRENGTH, class_weight="balanced", random_state=SEED).fit(rows, truth[:, column])
        for column in range(len(DIMENSIONS))
    ]
    weights = np.ascontiguousarray(np.array([head.coef_[0] for head in heads]).T, dtype=np.float32)
    return weights, np.array([head.intercept_[0] for head in heads])


def _evidence(margins: Matrix, reading: Reading, telling: Telling) -> Matrix:
    """What is weighed: the look at the whole text, the tagger's highest chances, the question, the act, the length."""
    chances = np.array([reading.chance(name).max(initial=0.0) for name in DIMENSIONS])
    asked = [float(telling.context.asked == name) for name in DIMENSIONS]
    acts = [float(telling.act == act) for act in ("tell_problem", "add_detail", "correct_info")]
    length = min(len(reading.tokens), 40) / 40
    return np.array([*margins, *np.log((chances + _LEAST) / (1 - chances + _LEAST)), *asked, *acts, length])


def _threshold(chances: Matrix, truth: Matrix) -> float:
    """The threshold around which the F-measure is best; precision counts more than recall."""

    def score(threshold: float) -> float:
        said = chances >= threshold
        right = float((said & truth).sum())
        return float((1 + CAUTION**2) * right / max(1.0, CAUTION**2 * truth.sum() + said.sum()))

    around = np.convolve([score(threshold) for threshold in _THRESHOLDS], np.ones(_NEIGHBOURS), "valid")
    return float(_THRESHOLDS[int(around.argmax()) + _NEIGHBOURS // 2])
