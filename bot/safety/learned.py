"""A small linear model, trained at start from data/safety/examples.jsonl: it hears what no rule names."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from bot.config import ROOT
from bot.content import BrokenContent
from bot.safety.model import CATEGORIES, RANK, Category, Risk
from bot.safety.normalise import Normaliser, Plain
from bot.safety.rules import load_lexicon

EXAMPLES = ROOT / "data" / "safety" / "examples.jsonl"
LANGS = ("id", "en", "mixed", "regional")

STRENGTH = 10.0
"""Inverse regularisation; chosen by cross-validation on the examples."""


@dataclass(frozen=True)
class Example:
    """A labelled line."""

    text: str
    risk: Risk
    category: Category
    lang: str


@dataclass(frozen=True)
class Guess:
    """Probabilities of at least each risk, and the likeliest category among dangers."""

    at_least: dict[Risk, float]
    category: Category


@cache
def load_examples(path: Path = EXAMPLES) -> tuple[Example, ...]:
    """The labelled lines. Raises BrokenContent with line and field."""
    examples: list[Example] = []
    seen: set[str] = set()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        examples.append(_example(path, number, line))
        if examples[-1].text in seen:
            raise BrokenContent(path, number, "text", "is there twice")
        seen.add(examples[-1].text)
    return tuple(examples)


def _example(path: Path, number: int, line: str) -> Example:
    try:
        raw = json.loads(line)
    except json.JSONDecodeError:
        raise BrokenContent(path, number, "", "must be one JSON object a line") from None
    if not isinstance(raw, dict):
        raise BrokenContent(path, number, "", "must be one JSON object a line")
    allowed = {"text": None, "risk": set(Risk), "category": set(Category), "lang": set(LANGS)}
    for name, values in allowed.items():
        value = raw.get(name)
        if not isinstance(value, str) or not value or (values is not None and value not in values):
            what = f"must be one of {', '.join(sorted(values))}" if values else "must be a text that is not empty"
            raise BrokenContent(path, number, name, what)
    if (raw["risk"] == Risk.NONE) != (raw["category"] == Category.NONE):
        raise BrokenContent(path, number, "category", "must be none when, and only when, the risk is none")
    return Example(raw["text"], Risk(raw["risk"]), Category(raw["category"]), raw["lang"])


class LearnedModel:
    """Multinomial logistic regression on words, word pairs and letters inside words."""

    def __init__(self, examples: Sequence[Example], normaliser: Normaliser) -> None:
        self._classes = sorted({(example.risk, example.category) for example in examples})
        rows = [_features(normaliser.plain(example.text)) for example in examples]
        frequency: Counter[str] = Counter()
        for row in rows:
            frequency.update(row)
        kept = sorted(name for name, n in frequency.items() if n > 1)
        idf = {name: np.log((1 + len(rows)) / (1 + frequency[name])) + 1 for name in kept}
        self._columns = {name: column for column, name in enumerate(kept)}
        self._idf = np.array([idf[name] for name in kept])
        self._of_word = lru_cache(maxsize=4096)(self._find)
        self._reaches = np.array([[float(RANK[risk] >= RANK[least]) for risk, _ in self._classes] for least in Risk])
        self._is_of = np.array([[float(of is wanted) for _, of in self._classes] for wanted in CATEGORIES])
        labels = [self._classes.index((example.risk, example.category)) for example in examples]
        model = LogisticRegression(C=STRENGTH, solver="liblinear", random_state=0)
        model.fit(self._matrix(rows), labels)
        self._weights: NDArray[np.float64] = np.ascontiguousarray(model.coef_.T)
        self._base: NDArray[np.float64] = model.intercept_

    def guess(self, plain: Plain) -> Guess:
        """What the model thinks of a text."""
        columns, values = self._known(plain)
        scores = self._base + values @ self._weights[columns] if len(columns) else self._base
        # One class against the rest, twenty times: the shares of their logistic values.
        chances = 1.0 / (1.0 + np.exp(-scores))
        chances /= chances.sum()
        at_least = dict(zip(Risk, (self._reaches @ chances).tolist(), strict=True))
        return Guess(at_least, CATEGORIES[int(np.argmax(self._is_of @ chances))])

    def _known(self, plain: Plain) -> tuple[list[int], NDArray[np.float64]]:
        """The same row as in training, with the columns of single words looked up once."""
        words = [word for word in plain.words if word not in ".,"]
        count: dict[int, int] = {}
        for word in words:
            for column in self._of_word(word):
                count[column] = count.get(column, 0) + 1
        for left, right in pairwise(words):
            column = self._columns.get(f"{left} {right}", -1)
            if column >= 0:
                count[column] = count.get(column, 0) + 1
        columns = list(count)
        values = np.array(list(count.values()), dtype=np.float64) * self._idf[columns]
        norm = np.sqrt(values @ values)
        return columns, values / norm if norm else values

    def _find(self, word: str) -> tuple[int, ...]:
        return tuple(self._columns[name] for name in _names([word]) if name in self._columns)

    def _row(self, features: Counter[str]) -> tuple[list[int], NDArray[np.float64]]:
        known = [(column, n) for name, n in features.items() if (column := self._columns.get(name)) is not None]
        columns = [column for column, _ in known]
        values = np.array([n for _, n in known], dtype=np.float64) * self._idf[columns]
        norm = np.sqrt(values @ values)
        return columns, values / norm if norm else values

    def _matrix(self, rows: Sequence[Counter[str]]) -> csr_matrix:
        data: list[float] = []
        indices: list[int] = []
        bounds = [0]
        for row in rows:
            columns, values = self._row(row)
            indices.extend(columns)
            data.extend(values)
            bounds.append(len(indices))
        return csr_matrix((data, indices, bounds), shape=(len(rows), len(self._columns)))


def _features(plain: Plain) -> Counter[str]:
    words = [word for word in plain.words if word not in ".,"]
    return Counter(_names(words))


def _names(words: Sequence[str]) -> Iterator[str]:
    yield from words
    for left, right in pairwise(words):
        yield f"{left} {right}"
    for word in words:
        padded = f"<{word}>"
        for size in (3, 4):
            yield from (f"#{padded[at : at + size]}" for at in range(len(padded) - size + 1))


@cache
def load_model() -> LearnedModel:
    """The model, trained once in this process (under two seconds). Raises BrokenContent."""
    return LearnedModel(load_examples(), load_lexicon().normaliser)
