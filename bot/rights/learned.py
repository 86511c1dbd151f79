"""What the sentences of the articles teach: a ridge regression from words and spelling to the article they stand in."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping

import numpy as np

from bot.rights.language import Analyser
from bot.rights.model import Words

QUESTION, SENTENCE = 1.0, 0.4
"""How much a question or title teaches, and how much a sentence of the answer."""

SPELLING = 0.5
"""The length of the part that knows the spelling, beside 1 for the part that knows the words."""

SMOOTHNESS = 1.0

_SENTENCE_END = re.compile(r"(?<=[.;:])\s+")

_Features = tuple[Counter[str], Counter[str]]


class Learned:
    """Says how much a text sounds like each article: about 1 for its own sentences, about 0 for what it never heard."""

    def __init__(self, texts: Mapping[int, Words], analyser: Analyser, lang: str) -> None:
        self._analyser = analyser
        self._lang = lang
        self._numbers = tuple(texts)
        lessons = [(number, *lesson) for number, words in texts.items() for lesson in _lessons(words)]
        features = [self._features(text) for _, text, _ in lessons]
        self._known = (_ranks(words for words, _ in features), _ranks(grams for _, grams in features))
        self._unknown = _rank(len(lessons), 0)
        width = sum(len(known) for known in self._known)
        rows = np.zeros((len(lessons), width), dtype=np.float32)
        for row, found in zip(rows, features, strict=True):
            places, values = self._vector(found)
            row[places] = values
        wanted = np.array([[float(own == number) for number in self._numbers] for own, _, _ in lessons])
        loose = SMOOTHNESS * np.diag([1.0 / weight for _, _, weight in lessons])
        # Solved over the lessons, which are fewer than the words and spellings.
        self._weights = rows.T @ np.linalg.solve((rows @ rows.T).astype(np.float64) + loose, wanted)

    def scores(self, text: str) -> dict[int, float]:
        """For each article a number, mostly from 0 to 1."""
        places, values = self._vector(self._features(text))
        found = np.asarray(values) @ self._weights[places] if places else np.zeros(len(self._numbers))
        return dict(zip(self._numbers, found.tolist(), strict=True))

    def _features(self, text: str) -> _Features:
        words = self._analyser.words(text)
        return Counter(self._analyser.terms(text, self._lang)), _grams(" ".join(words))

    def _vector(self, features: _Features) -> tuple[list[int], list[float]]:
        """Places and values of what is known; what is unknown takes its share of the length and so weakens the rest."""
        places: list[int] = []
        values: list[float] = []
        offset = 0
        for known, count, length in zip(self._known, features, (1.0, SPELLING), strict=True):
            ranked = {
                name: (1 + math.log(n)) * (known[name][1] if name in known else self._unknown)
                for name, n in count.items()
            }
            norm = math.sqrt(sum(value * value for value in ranked.values())) or 1.0
            for name, value in ranked.items():
                if name in known:
                    places.append(offset + known[name][0])
                    values.append(length * value / norm)
            offset += len(known)
        return places, values


def _lessons(words: Words) -> Iterator[tuple[str, float]]:
    for line in (words.title, *words.questions):
        yield line, QUESTION
    for line in (*_SENTENCE_END.split(words.short), *words.steps, *words.limits):
        yield line, SENTENCE


def _ranks(counts: Iterator[Counter[str]]) -> dict[str, tuple[int, float]]:
    """For each name its place and how rare it is."""
    total = 0
    frequency: Counter[str] = Counter()
    for count in counts:
        total += 1
        frequency.update(count.keys())
    return {name: (place, _rank(total, n)) for place, (name, n) in enumerate(frequency.items())}


def _rank(total: int, frequency: int) -> float:
    return math.log((total + 1) / (frequency + 1)) + 1


def _grams(text: str) -> Counter[str]:
    """Character sequences of 3 to 4 letters inside words."""
    grams: Counter[str] = Counter()
    for word in text.split():
        padded = f" {word} "
        for size in (3, 4):
            grams.update(padded[at : at + size] for at in range(len(padded) - size + 1))
    return grams
