"""The search index: built in memory from the articles, the same on every database."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bot.content import LANGS
from bot.rights.language import Analyser, spoken_stems, stem
from bot.rights.model import Article, Words

FIELD_WEIGHTS = {"title": 3.0, "questions": 1.5, "short": 1.5, "rest": 0.5}
SATURATION = 1.2
LENGTH_EFFECT = 0.6

COVERED, LIKE, SPELT = 0.60, 0.30, 0.10
"""What counts how much: the words are in the article; one of its own questions is like this one; so is its spelling."""

MEANING_WEIGHT = 0.7
"""A shared meaning counts less than the same word."""

CORRECTED_WEIGHT = 0.6
"""A word that had to be corrected counts less than one that was written so."""

OTHER_LANGUAGE = 0.9
"""Articles found through their other language come a little later."""


@dataclass
class _Document:
    """One article in one language."""

    number: int
    weights: dict[str, float]
    length: float
    questions: list[dict[str, float]] = field(default_factory=list)
    spellings: list[dict[str, float]] = field(default_factory=list)


class Index:
    """Scores articles for a question: words in the article, likeness to its questions, likeness in spelling."""

    def __init__(self, articles: Sequence[Article], analyser: Analyser) -> None:
        self.articles = tuple(articles)
        self._analyser = analyser
        self._by_lang = {lang: _Side(self.articles, analyser, lang) for lang in LANGS}

    def scores(self, text: str, lang: str) -> list[tuple[Article, float]]:
        """Every article with its score from 0 to 1, best first."""
        best = dict.fromkeys(range(len(self.articles)), 0.0)
        for side_lang, side in self._by_lang.items():
            factor = 1.0 if side_lang == lang else OTHER_LANGUAGE
            for number, score in side.scores(text).items():
                best[number] = max(best[number], factor * score)
        ranked = sorted(best.items(), key=lambda item: (-item[1], self.articles[item[0]].code))
        return [(self.articles[number], score) for number, score in ranked]


class _Side:
    """The index of one language."""

    def __init__(self, articles: Sequence[Article], analyser: Analyser, lang: str) -> None:
        self._analyser = analyser
        self._lang = lang
        texts = {number: words for number, article in enumerate(articles) if (words := article.words.get(lang))}
        counts = {number: self._count(words) for number, words in texts.items()}
        self._idf = _idf(counts.values())
        self._unknown = math.log(len(texts) + 1.0) if texts else 1.0
        lines = {number: (words.title, *words.questions) for number, words in texts.items()}
        self._gram_idf = _idf(_grams(self._spelling(line)) for group in lines.values() for line in group)
        self._documents = [self._document(number, counts[number], lines[number]) for number in texts]
        lengths = [document.length for document in self._documents]
        self._mean = sum(lengths) / len(lengths) if lengths else 1.0
        self._vocabulary = _Vocabulary(term for term in self._idf if not term.startswith("§"))

    def scores(self, text: str) -> dict[int, float]:
        query = self._query(text)
        if not query:
            return {}
        question = self._vector(query)
        spelling = _unit({gram: n * self._gram_idf.get(gram, 0.0) for gram, n in _grams(self._spelling(text)).items()})
        # A corrected word is asked in full and answered in part: one guessed word alone is not an answer.
        asked = sum(max(weight, _full(term)) * self._weight(term) for term, weight in query.items())
        trust = sum(weight * self._weight(term) for term, weight in query.items()) / asked
        found: dict[int, float] = {}
        for document in self._documents:
            covered = sum(
                weight * self._weight(term) * self._saturate(document, term)
                for term, weight in query.items()
                if term in document.weights
            )
            like = max((_dot(question, other) for other in document.questions), default=0.0)
            spelt = max((_dot(spelling, other) for other in document.spellings), default=0.0)
            found[document.number] = min(1.0, COVERED * covered / asked + LIKE * trust * like + SPELT * spelt)
        return found

    def _query(self, text: str) -> dict[str, float]:
        words = self._analyser.words(text)
        query: dict[str, float] = {}
        for word in self._analyser.content(words, self._lang):
            term = stem(word, self._lang)
            known = self._known(word, term)
            weight = CORRECTED_WEIGHT if known and known != term else 1.0
            query[known or term] = max(query.get(known or term, 0.0), weight)
        for term in self._analyser.meanings(words, self._lang):
            query[term] = MEANING_WEIGHT
        return query

    def _known(self, word: str, term: str) -> str | None:
        """The term of the index that is meant: itself, the root of a spoken form, a near spelling."""
        if term in self._idf:
            return term
        if self._lang == "id":
            spoken = next((root for root in spoken_stems(word) if root in self._idf), None)
            if spoken:
                return spoken
        return self._vocabulary.nearest(term)

    def _document(self, number: int, count: Counter[str], lines: Sequence[str]) -> _Document:
        document = _Document(number, dict(count), sum(count.values()))
        for line in lines:
            terms = Counter(self._analyser.terms(line, self._lang))
            weights = {t: n * (MEANING_WEIGHT if t.startswith("§") else 1.0) for t, n in terms.items()}
            document.questions.append(self._vector(weights))
            grams = _grams(self._spelling(line))
            document.spellings.append(_unit({gram: n * self._gram_idf[gram] for gram, n in grams.items()}))
        return document

    def _count(self, words: Words) -> Counter[str]:
        fields = {
            "title": words.title,
            "questions": "\n".join(words.questions),
            "short": words.short,
            "rest": "\n".join((*words.steps, *words.limits, words.body)),
        }
        count: Counter[str] = Counter()
        for name, text in fields.items():
            for term in self._analyser.terms(text, self._lang):
                count[term] += FIELD_WEIGHTS[name]  # type: ignore[assignment]  # weighted counts
        return count

    def _saturate(self, document: _Document, term: str) -> float:
        weight = document.weights[term]
        norm = 1 - LENGTH_EFFECT + LENGTH_EFFECT * document.length / self._mean
        return weight / (weight + SATURATION * norm)

    def _weight(self, term: str) -> float:
        return self._idf.get(term, self._unknown)

    def _vector(self, weights: dict[str, float]) -> dict[str, float]:
        return _unit({term: weight * self._weight(term) for term, weight in weights.items()})

    def _spelling(self, text: str) -> str:
        return " ".join(self._analyser.words(text))


class _Vocabulary:
    """Finds the known word that a misspelt one probably is: one edit from five letters, two from nine."""

    def __init__(self, known: Iterable[str]) -> None:
        self._by_gram: dict[str, set[str]] = {}
        for word in known:
            for gram in _word_grams(word):
                self._by_gram.setdefault(gram, set()).add(word)

    def nearest(self, word: str) -> str | None:
        if len(word) < 5:
            return None
        allowed = 2 if len(word) >= 9 else 1
        shared: Counter[str] = Counter()
        for gram in _word_grams(word):
            shared.update(self._by_gram.get(gram, ()))
        close = [
            (edits, -overlap, known)
            for known, overlap in shared.most_common(20)
            if abs(len(known) - len(word)) <= allowed and (edits := _edits(word, known)) <= allowed
        ]
        return min(close)[2] if close else None


def _full(term: str) -> float:
    return MEANING_WEIGHT if term.startswith("§") else 1.0


def _idf(documents: Iterable[Iterable[str]]) -> dict[str, float]:
    """Inverse document frequency of each term."""
    total = 0
    frequency: Counter[str] = Counter()
    for terms in documents:
        total += 1
        frequency.update(set(terms))
    return {term: math.log(1 + (total - n + 0.5) / (n + 0.5)) for term, n in frequency.items()}


def _grams(text: str) -> Counter[str]:
    """Character sequences of 3 to 4 letters inside words."""
    grams: Counter[str] = Counter()
    for word in text.split():
        padded = f" {word} "
        for size in (3, 4):
            grams.update(padded[at : at + size] for at in range(len(padded) - size + 1))
    return grams


def _word_grams(word: str) -> set[str]:
    padded = f"^{word}$"
    return {padded[at : at + 2] for at in range(len(padded) - 1)}


def _edits(one: str, other: str) -> int:
    """Optimal string alignment distance: insertions, deletions, exchanges, swapped neighbours."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        previous, row = row, [i, *[0] * len(other)]
        for j, b in enumerate(other, 1):
            row[j] = min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                row[j] = min(row[j], before[j - 2] + 1)
        before = previous
    return row[-1]


def _unit(vector: dict[str, float]) -> dict[str, float]:
    norm = math.sqrt(sum(value * value for value in vector.values()))
    return {term: value / norm for term, value in vector.items()} if norm else {}


def _dot(one: dict[str, float], other: dict[str, float]) -> float:
    if len(other) < len(one):
        one, other = other, one
    return sum(value * other.get(term, 0.0) for term, value in one.items())
