"""What the sentences of the articles teach: how much a text sounds like each, by its words and by its spelling."""

from __future__ import annotations

import math
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from bot.rights.language import Analyser, stem
from bot.rights.model import Words
from bot.rights.postings import Array, Postings, Row, row_of

FIELD_WEIGHTS = {"title": 3.0, "questions": 1.5, "short": 1.5, "rest": 0.5}
QUESTION, SENTENCE = 1.0, 0.4
"""How much a question or title teaches, and how much a sentence of the answer."""

SPELLING = 0.5
"""The length of the part that knows the spelling, beside 1 for the part that knows the words."""

READ_ONCE = 12_000
"""Articles (in one language each) whose words are remembered, so that a change of one reads only that one again."""

_SENTENCE_END = re.compile(r"(?<=[.;:])\s+")


@dataclass(frozen=True)
class Read:
    """What the search needs of an article in one language: its terms by field; words and spelling of its lessons."""

    terms: Row
    words: Row
    spelling: Row


@lru_cache(maxsize=READ_ONCE)
def read(words: Words, analyser: Analyser, lang: str) -> Read:
    """Read an article; the same words are read once."""
    fields = {
        "title": words.title,
        "questions": "\n".join(words.questions),
        "short": words.short,
        "rest": "\n".join((*words.steps, *words.limits, *words.practice, words.body)),
    }
    terms: Counter[str] = Counter()
    for name, text in fields.items():
        for term in analyser.terms(text, lang):
            terms[sys.intern(term)] += FIELD_WEIGHTS[name]  # type: ignore[assignment]  # weighted counts
    taught: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    for text, weight in _lessons(words):
        for block, counted in zip(taught, features(analyser, analyser.words(text), lang), strict=True):
            for name, count in counted.items():
                block[sys.intern(name)] += weight * (1 + math.log(count))  # type: ignore[assignment]
    return Read(row_of(terms), row_of(taught[0]), row_of(taught[1]))


def features(analyser: Analyser, found: Sequence[str], lang: str) -> tuple[Counter[str], Counter[str]]:
    """Stems and meanings of words, and their sequences of letters."""
    stems = [stem(word, lang) for word in analyser.content(found)]
    return Counter([*stems, *analyser.meanings(found, lang)]), _grams(found)


class Learned:
    """Says how much a text sounds like each article: the cosine of the text and all that the article teaches."""

    def __init__(self, articles: Sequence[Read], analyser: Analyser, lang: str) -> None:
        self._analyser = analyser
        self._lang = lang
        self._size = len(articles)
        self._blocks = (_Block([one.words for one in articles]), _Block([one.spelling for one in articles]))

    def scores(self, found_words: Sequence[str]) -> Array:
        """For each article a number from 0 to 1, the words counting 1 and the spelling SPELLING squared."""
        found = np.zeros(self._size)
        blocks = zip(self._blocks, features(self._analyser, found_words, self._lang), (1.0, SPELLING**2), strict=True)
        for block, counted, weight in blocks:
            found += weight * block.cosines(counted)
        return found / (1.0 + SPELLING**2)


class _Block:
    """One kind of features of all articles, rare ones weighing more, each article of length 1."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._postings = Postings(rows)
        postings = self._postings
        frequency = postings.frequency()
        self._rarity = np.log((postings.size + 1) / (frequency + 1)) + 1
        self._unknown = math.log(postings.size + 1) + 1
        weighed = np.sqrt(postings.values) * self._rarity[postings.named]
        length = np.sqrt(np.bincount(postings.holders, weights=weighed**2, minlength=postings.size))
        postings.values = weighed / np.maximum(length, 1e-9)[postings.holders]

    def cosines(self, counted: Mapping[str, int]) -> Array:
        """What is unknown takes its share of the text's length and so weakens the rest."""
        asked = {name: (1 + math.log(count)) * self._rank(name) for name, count in counted.items()}
        length = math.sqrt(sum(value * value for value in asked.values())) or 1.0
        return self._postings.weigh({name: value / length for name, value in asked.items()})

    def _rank(self, name: str) -> float:
        number = self._postings.number(name)
        return self._unknown if number is None else float(self._rarity[number])


def _lessons(words: Words) -> Iterator[tuple[str, float]]:
    for line in (words.title, *words.questions):
        yield line, QUESTION
    for line in (*_SENTENCE_END.split(words.short), *words.steps, *words.limits):
        yield line, SENTENCE


def _grams(words: Sequence[str]) -> Counter[str]:
    """Character sequences of 3 to 4 letters inside words."""
    grams: Counter[str] = Counter()
    for word in words:
        padded = f" {word} "
        for size in (3, 4):
            grams.update(padded[at : at + size] for at in range(len(padded) - size + 1))
    return grams
