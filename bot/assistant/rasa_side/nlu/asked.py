"""What was asked just before changes what a short answer means: a prior, counted from data and weighed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from ruamel.yaml import YAML

from bot.assistant.rasa_side.nlu.linear_text import Matrix

ASKED = Path("data/lexicon/asked.yml")
SMOOTHING = 0.5
# People also say something else than what they were asked; hand-written turns show that too seldom.
STRAY = 0.3
WEIGHTS = tuple(step / 10 for step in range(0, 16))
# Up to this many words an answer counts as short, middling; longer ones speak for themselves.
LENGTHS = (3, 8)


class AskedPrior:
    """P(act | kind of question), against all acts alike; its weight is measured for short, middling and long texts."""

    def __init__(self, kinds: Mapping[str, Sequence[str]], turns: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
        self._kind_of = {asked: kind for kind, names in kinds.items() for asked in names}
        self._turns = turns
        self._weights = [1.0] * (len(LENGTHS) + 1)
        self._ratios: dict[str, Matrix] = {}

    def kind(self, asked: str | None) -> str | None:
        """The kind of a question (`correct:duration` counts as its dimension); None for no or an unknown question."""
        return self._kind_of.get((asked or "").rpartition(":")[2])

    def turns(self) -> list[tuple[str, str, str]]:
        """The hand-written turns as (text, act, kind)."""
        return [
            (str(text), act, kind)
            for kind, acts in self._turns.items()
            for act, texts in acts.items()
            for text in texts
        ]

    def fit(self, labels: Sequence[str], probabilities: Matrix) -> AskedPrior:
        """Count the acts per kind; choose the weights under which the turns' held-out `probabilities` fit best."""
        for kind, acts in self._turns.items():
            counts = np.asarray([len(acts.get(label, ())) + SMOOTHING for label in labels])
            shares = (1 - STRAY) * counts / counts.sum() + STRAY / len(labels)
            self._ratios[kind] = np.log(shares * len(labels))
        turns = self.turns()
        for group in range(len(self._weights)):
            rows = [row for row, (text, _, _) in enumerate(turns) if _length_group(text) == group]
            if rows:
                self._weights[group] = max(WEIGHTS, key=lambda w: self._likelihood(w, rows, labels, probabilities))
        return self

    def apply(self, probabilities: Matrix, text: str, asked: str | None) -> Matrix:
        """The probabilities of one text, given what was asked."""
        kind = self.kind(asked)
        if kind not in self._ratios:
            return probabilities
        return self._shifted(probabilities, kind, self._weights[_length_group(text)])

    def _shifted(self, probabilities: Matrix, kind: str, weight: float) -> Matrix:
        shifted = probabilities * np.exp(weight * self._ratios[kind])
        return np.asarray(shifted / shifted.sum())

    def _likelihood(self, weight: float, rows: list[int], labels: Sequence[str], probabilities: Matrix) -> float:
        turns, total = self.turns(), 0.0
        for row in rows:
            _, act, kind = turns[row]
            total += float(np.log(self._shifted(probabilities[row], kind, weight)[list(labels).index(act)]))
        return total


def _length_group(text: str) -> int:
    words = len(text.split())
    return sum(words > limit for limit in LENGTHS)


def load_asked_prior(path: Path = ASKED) -> AskedPrior:
    """Read the hand-written turns."""
    data: dict[str, Any] = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    return AskedPrior(data["kinds"], data["turns"])
