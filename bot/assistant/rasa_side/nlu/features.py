"""What the linear models see of a text: standard words, their stems, concepts of the lexicon, letters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import snowballstemmer
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.assistant.rasa_side.nlu.context import NOWHERE, Context, Questions
from bot.assistant.rasa_side.nlu.normalise import Normaliser
from bot.content import read_yaml

CONCEPTS = Path("data/lexicon/concepts.yml")
LONGEST_PHRASE = 4
# How much words, stems, concepts, letters, the ends of the text and its place in the conversation count.
EVEN = (1.0, 1.0, 1.0, 1.0, 0.5, 0.6)
STEM, CONCEPT = "§", "#"
Vector = np.ndarray[Any, Any]


class Concepts:
    """Words and phrases of both languages that mean one thing to a counsellor (`hit`: pukul, tampar, slap …)."""

    def __init__(self, names: Mapping[str, Sequence[str]], normaliser: Normaliser) -> None:
        self._normaliser = normaliser
        self._phrases: dict[tuple[str, ...], list[str]] = {}
        for name, phrases in names.items():
            for phrase in phrases:
                words = tuple(stem(word) for word in normaliser.text(str(phrase)).split())
                known = self._phrases.setdefault(words, [])
                if name not in known:
                    known.append(name)

    def of(self, stems: Sequence[str]) -> list[str]:
        """The concepts in the order in which they appear; the longest phrase at a place wins."""
        return [name for _, _, names in self._phrases_in(stems) for name in names]

    def by_word(self, stems: Sequence[str]) -> list[Sequence[str]]:
        """Per word the concepts of the phrase that it is part of."""
        found: list[Sequence[str]] = [()] * len(stems)
        for start, length, names in self._phrases_in(stems):
            found[start : start + length] = [names] * length
        return found

    def _phrases_in(self, stems: Sequence[str]) -> Iterator[tuple[int, int, list[str]]]:
        start = 0
        while start < len(stems):
            for length in range(min(LONGEST_PHRASE, len(stems) - start), 0, -1):
                names = self._phrases.get(tuple(stems[start : start + length]))
                if names:
                    yield start, length, names
                    start += length
                    break
            else:
                start += 1


class _Single:
    """A fitted vectorizer for one text at a time. scikit-learn makes four sparse matrices of it, at 3 ms apiece."""

    def __init__(self, fitted: TfidfVectorizer) -> None:
        self._analyse = fitted.build_analyzer()
        self._vocabulary: dict[str, int] = fitted.vocabulary_
        self._idf = np.asarray(fitted.idf_, dtype=np.float32)
        self.size = len(self._idf)

    def row(self, text: str) -> tuple[Vector, Vector]:
        """Places and TF-IDF values, of length one as a vector."""
        counts: dict[int, int] = {}
        for term in self._analyse(text):
            place = self._vocabulary.get(term)
            if place is not None:
                counts[place] = counts.get(place, 0) + 1
        places = np.fromiter(counts.keys(), dtype=np.int64, count=len(counts))
        values = (1.0 + np.log(np.fromiter(counts.values(), dtype=np.float32, count=len(counts)))) * self._idf[places]
        length = float(np.sqrt((values * values).sum()))
        return places, values / length if length else values


class _Flags:
    """A vectorizer for flags that are there or not; each counts alike."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    @property
    def size(self) -> int:
        return len(self._places)

    def fit_transform(self, views: Sequence[str]) -> csr_matrix:
        """Learn the flags that stand in more than one text, and return the rows."""
        counts = Counter(flag for view in views for flag in set(view.split()))
        self._places = {flag: place for place, flag in enumerate(sorted(f for f, n in counts.items() if n > 1))}
        return self.transform(views)

    def transform(self, views: Sequence[str]) -> csr_matrix:
        """One row per text."""
        rows = [self.row(view)[0] for view in views]
        bounds = np.cumsum([0, *map(len, rows)])
        places = np.concatenate(rows) if rows else np.zeros(0, dtype=np.int64)
        return csr_matrix((np.ones(len(places), dtype=np.float32), places, bounds), shape=(len(rows), self.size))

    def row(self, view: str) -> tuple[Vector, Vector]:
        """Places and values of one text."""
        known = sorted({self._places[flag] for flag in view.split() if flag in self._places})
        return np.asarray(known, dtype=np.int64), np.ones(len(known), dtype=np.float32)


class TextFeatures:
    """Turns texts, each with its place in the conversation, into rows of a sparse matrix."""

    def __init__(
        self, normaliser: Normaliser, concepts: Concepts, questions: Questions, weights: Sequence[float] = EVEN
    ) -> None:
        self._normaliser = normaliser
        self._concepts = concepts
        self._questions = questions
        self._weights = tuple(weights)
        self._single: list[_Single | _Flags] | None = None
        tokens: dict[str, Any] = {
            "token_pattern": r"\S+",
            "lowercase": False,
            "sublinear_tf": True,
            "dtype": np.float32,
        }
        self._vectorizers: list[TfidfVectorizer | _Flags] = [
            TfidfVectorizer(ngram_range=(1, 2), **tokens),
            TfidfVectorizer(ngram_range=(1, 1), **tokens),
            TfidfVectorizer(ngram_range=(1, 2), **tokens),
            TfidfVectorizer(analyzer=letters, sublinear_tf=True, min_df=2, dtype=np.float32),
            TfidfVectorizer(min_df=2, **tokens),
            _Flags(),
        ]

    def fit(self, texts: Sequence[str], contexts: Sequence[Context] | None = None) -> csr_matrix:
        """Learn the vocabulary and return the rows."""
        views = self._views(texts, contexts)
        return self._stack([v.fit_transform(view) for v, view in zip(self._vectorizers, views, strict=True)])

    def rows(self, texts: Sequence[str], contexts: Sequence[Context] | None = None) -> csr_matrix:
        """One row per text."""
        views = self._views(texts, contexts)
        return self._stack([v.transform(view) for v, view in zip(self._vectorizers, views, strict=True)])

    def row(self, text: str, context: Context = NOWHERE) -> tuple[Vector, Vector]:
        """The places and values of one text that are not zero: what `rows` gives, without its cost per matrix."""
        if self._single is None:
            self._single = [v if isinstance(v, _Flags) else _Single(v) for v in self._vectorizers]
        places, values, offset = [], [], 0
        for single, weight, view in zip(self._single, self._weights, self._view(text, context), strict=True):
            at, value = single.row(view)
            places.append(at + offset)
            values.append(value * weight)
            offset += single.size
        return np.concatenate(places), np.concatenate(values)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_single": None}

    def _stack(self, blocks: Sequence[csr_matrix]) -> csr_matrix:
        return hstack([block * weight for block, weight in zip(blocks, self._weights, strict=True)]).tocsr()

    def _views(self, texts: Sequence[str], contexts: Sequence[Context] | None) -> list[list[str]]:
        places = contexts or [NOWHERE] * len(texts)
        rows = [self._view(text, place) for text, place in zip(texts, places, strict=True)]
        return [list(column) for column in zip(*rows, strict=True)]

    def _view(self, text: str, context: Context) -> tuple[str, ...]:
        normal = self._normaliser.text(text).split()
        stems = [stem(word) for word in normal]
        concepts = [CONCEPT + name for name in self._concepts.of(stems)]
        # The ends of the text are words too: "ya" alone says something else than "ya" at the start of a story.
        ends = ["<s>", *normal, "</s>"]
        return (
            " ".join(ends),
            " ".join(STEM + one for one in stems) or STEM,
            " ".join(["<s>", *concepts, "</s>"]),
            text.lower(),
            " ".join(_edges(normal, text)),
            " ".join(self._questions.flags(normal, context)),
        )


LETTERS = (2, 3, 4, 5)


def letters(text: str) -> list[str]:
    """Two to five letters in a row within a word, a space at its ends: scikit-learn's `char_wb`, each word taken once.

    A word shorter than that counts as a whole, once.
    """
    return list(chain.from_iterable(map(_letters_of, text.split())))


@lru_cache(maxsize=100_000)
def _letters_of(word: str) -> tuple[str, ...]:
    padded = f" {word} "
    sizes = [size for size in LETTERS if size < len(padded)]
    pieces = [padded[at : at + size] for size in sizes for at in range(len(padded) - size + 1)]
    return (*pieces, padded) if len(sizes) < len(LETTERS) else tuple(pieces)


def _edges(words: Sequence[str], text: str) -> list[str]:
    """How a text begins and ends says much about what it does."""
    return [
        f"first={'_'.join(words[:1])}",
        f"first2={'_'.join(words[:2])}",
        f"first3={'_'.join(words[:3])}",
        f"last={'_'.join(words[-1:])}",
        f"last2={'_'.join(words[-2:])}",
        f"asks={'?' in text}",
    ]


def load_concepts(normaliser: Normaliser, path: Path = CONCEPTS) -> Concepts:
    """Read the lexicon of concepts; without the file there are none. Raises BrokenContent."""
    data = read_yaml(path).value["concepts"] if path.is_file() else {}
    return Concepts(data, normaliser)


_INDONESIAN = snowballstemmer.stemmer("indonesian")
_ENGLISH = snowballstemmer.stemmer("english")
_ENGLISH_ENDS = ("ing", "ed", "s", "ly", "ment", "ness", "tion")


# People use few words often, and the stemmers are pure Python.
@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The root of a standard word: dipukuli, memukul → pukul; beaten stays, beating → beat."""
    if len(word) < 5 or not word.isalpha():
        return word
    return str(_ENGLISH.stemWord(word) if word.endswith(_ENGLISH_ENDS) else _INDONESIAN.stemWord(word))
