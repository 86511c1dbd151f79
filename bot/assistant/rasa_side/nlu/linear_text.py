"""A linear text classifier with honest confidences: TF-IDF features, LinearSVC, a measured sharpness."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from bot.assistant.rasa_side.nlu.context import NOWHERE, Context
from bot.assistant.rasa_side.nlu.features import TextFeatures

FOLDS = 2
SEED = 7
ENOUGH = 0.1
"""How far from its best a model may stop learning: held-out texts are answered alike (0.953), a fifth sooner."""
Matrix = np.ndarray[Any, Any]


class LinearTextClassifier:
    """Labels for short texts. Probabilities are softmax of the margins, sharpened as far as held-out texts allow."""

    def __init__(self, features: TextFeatures, strength: float = 0.3) -> None:
        self._features = features
        self._strength = strength
        self._sharpness = 1.0
        # One row per place, as one text needs them; the model itself is not kept beside it.
        self._weights_by_place: Matrix = np.zeros((0, 0), dtype=np.float32)
        self._base: Matrix = np.zeros(0)
        self.labels: list[str] = []
        self.held_out: Matrix = np.zeros((0, 0))

    def fit(
        self, texts: Sequence[str], labels: Sequence[str], contexts: Sequence[Context] | None = None
    ) -> LinearTextClassifier:
        """Train; `held_out` then holds, per text, the probabilities of a model that had not seen it."""
        rows, answers = self._features.fit(texts, contexts), np.asarray(labels)
        parts = list(StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(rows, answers))
        # liblinear lets go of the interpreter while it learns.
        with ThreadPoolExecutor() as threads:
            whole = threads.submit(self._new_model().fit, rows, answers)
            halves = [threads.submit(self._new_model().fit, rows[learned], answers[learned]) for learned, _ in parts]
        model = whole.result()
        self.labels = [str(label) for label in model.classes_]
        self._weights_by_place = np.ascontiguousarray(model.coef_.T, dtype=np.float32)
        self._base = model.intercept_
        margins = np.zeros((len(answers), len(self.labels)))
        for half, (_, left_out) in zip(halves, parts, strict=True):
            margins[left_out] = _margins(half.result(), rows[left_out])
        self._sharpness = _best_sharpness(margins, np.searchsorted(model.classes_, answers))
        self.held_out = softmax(margins * self._sharpness)
        return self

    def probabilities(self, text: str, context: Context = NOWHERE) -> Matrix:
        """One probability per label of `labels`."""
        places, values = self._features.row(text, context)
        margins = values @ self._weights_by_place[places] + self._base
        if len(margins) == 1:
            margins = np.array([-margins[0], margins[0]])
        return np.asarray(softmax(margins[np.newaxis, :] * self._sharpness)[0])

    def best(self, text: str) -> tuple[str, float]:
        """The likeliest label with its probability."""
        row = self.probabilities(text)
        index = int(row.argmax())
        return self.labels[index], float(row[index])

    def __getstate__(self) -> dict[str, Any]:
        # The held-out probabilities are for training only and would be half of the model file.
        return {**self.__dict__, "held_out": np.zeros((0, 0))}

    def _new_model(self) -> LinearSVC:
        return LinearSVC(C=self._strength, class_weight="balanced", tol=ENOUGH, random_state=SEED)


def softmax(margins: Matrix) -> Matrix:
    """Probabilities per row."""
    shifted = np.exp(margins - margins.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def _margins(model: LinearSVC, rows: csr_matrix) -> Matrix:
    margins = model.decision_function(rows)
    return np.column_stack([-margins, margins]) if margins.ndim == 1 else np.asarray(margins)


def _best_sharpness(margins: Matrix, answers: Matrix) -> float:
    """The factor under which the held-out answers are likeliest: a probability of 0.8 is then right in 8 of 10."""

    def loss(sharpness: float) -> float:
        right = softmax(margins * sharpness)[np.arange(len(answers)), answers]
        return float(-np.log(np.clip(right, 1e-9, 1.0)).mean())

    return float(minimize_scalar(loss, bounds=(0.5, 20.0), method="bounded").x)
