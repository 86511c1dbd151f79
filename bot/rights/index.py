"""The search index: built in memory from the articles, the same on every database."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.content import LANGS
from bot.rights.language import Analyser, spoken_stems, stem
from bot.rights.learned import Learned
from bot.rights.model import Article, Words
from bot.rights.topics import TopicModel

FIELD_WEIGHTS = {"title": 3.0, "questions": 1.5, "short": 1.5, "rest": 0.5}
SATURATION = 2.5
LENGTH_EFFECT = 0.6

COVERED, LIKE = 0.5, 0.5
"""What counts how much: the article has the words; the question sounds like what the article taught."""

CORRECTED_WEIGHT = 0.6
"""A word that had to be corrected counts less than one that was written so."""

OTHER_LANGUAGE = 0.9
"""Articles found through their other language come a little later."""

FOREIGN_WORD = 0.5
"""In the other language a word that no article has is asked for less: there only shared meanings can be found."""

_Terms = dict[str, float]
"""Terms with what each is worth; for one word of a question: every term that would answer it."""


@dataclass
class _Document:
    """One article in one language."""

    number: int
    weights: dict[str, float]
    length: float


UNTAUGHT = 0.6
"""What the words of an article say about it, beside what questions taught about others: the scales meet where either
is just enough to be shown (tests/rights/score.py)."""


class Index:
    """Scores articles for a question: by what people ask about it, and where nobody taught that, by its own words."""

    def __init__(self, articles: Sequence[Article], analyser: Analyser, topics: TopicModel | None = None) -> None:
        self.articles = tuple(articles)
        self._topics = topics
        self._analyser = analyser
        self._by_lang = {lang: _Side(self.articles, analyser, lang) for lang in LANGS}

    def scores(self, text: str, lang: str) -> list[tuple[Article, float]]:
        """Every article with its score from 0 to 1, best first."""
        best = dict.fromkeys(range(len(self.articles)), 0.0)
        for side_lang, side in self._by_lang.items():
            factor = 1.0 if side_lang == lang else OTHER_LANGUAGE
            for number, score in side.scores(text, own=side_lang == lang).items():
                best[number] = max(best[number], factor * score)
        taught = self._topics.guess(text, lang) if self._topics is not None and self._says_something(text) else {}
        for number, article in enumerate(self.articles):
            best[number] = taught[article.code] if article.code in taught else best[number] * UNTAUGHT
        ranked = sorted(best.items(), key=lambda item: (-item[1], self.articles[item[0]].code))
        return [(self.articles[number], score) for number, score in ranked]

    def _says_something(self, text: str) -> bool:
        return bool(self._analyser.content(self._analyser.words(text)))


class _Side:
    """The index of one language."""

    def __init__(self, articles: Sequence[Article], analyser: Analyser, lang: str) -> None:
        self._analyser = analyser
        self._lang = lang
        texts = {number: words for number, article in enumerate(articles) if (words := article.words.get(lang))}
        counts = {number: self._count(words) for number, words in texts.items()}
        self._idf = _idf(counts.values())
        self._unknown = math.log(len(texts) + 1.0) if texts else 1.0
        self._documents = [_Document(number, dict(count), sum(count.values())) for number, count in counts.items()]
        self._learned = Learned(texts, analyser, lang)
        lengths = [document.length for document in self._documents]
        self._mean = sum(lengths) / len(lengths) if lengths else 1.0
        self._vocabulary = _Vocabulary(term for term in self._idf if not term.startswith("§"))

    def scores(self, text: str, *, own: bool) -> dict[int, float]:
        """The score of each article; `own` when the question is in the language of this side."""
        asked = self._asked(text)
        if not asked:
            return {}
        unknown = self._unknown if own else self._unknown * FOREIGN_WORD
        worth = [{term: weight * self._idf.get(term, unknown) for term, weight in terms.items()} for terms in asked]
        # A corrected word is asked in full and answered in part: one guessed word alone is not an answer.
        full = sum(max(self._idf.get(term, unknown) for term in terms) for terms in asked)
        like = self._learned.scores(text)
        found: dict[int, float] = {}
        for document in self._documents:
            covered = sum(
                max((value * self._saturate(document, term) for term, value in terms.items()), default=0.0)
                for terms in worth
            )
            score = COVERED * covered / full + LIKE * like[document.number]
            found[document.number] = min(1.0, max(0.0, score))
        return found

    def _asked(self, text: str) -> list[_Terms]:
        """What a question asks for, word by word. A word and its meaning are one thing asked, never two."""
        words = self._analyser.words(text)
        content = set(self._analyser.content(words))
        meant: dict[int, list[str]] = {}
        asked: list[_Terms] = []
        for begin, end, groups in self._analyser.phrases(words, self._lang):
            meant.update(dict.fromkeys(range(begin, end), groups))
            if content.isdisjoint(words[begin:end]):
                asked.append(dict.fromkeys(groups, 1.0))
        for at, word in enumerate(words):
            if word not in content:
                continue
            term = stem(word, self._lang)
            known = self._known(word, term)
            terms = dict.fromkeys(meant.get(at, ()), 1.0)
            if known or not terms:
                terms[known or term] = CORRECTED_WEIGHT if known and known != term else 1.0
            if terms not in asked:
                asked.append(terms)
        return asked

    def _known(self, word: str, term: str) -> str | None:
        """The term of the index that is meant: itself, the root of a spoken form, a near spelling."""
        if term in self._idf:
            return term
        if self._lang == "id":
            spoken = next((root for root in spoken_stems(word) if root in self._idf), None)
            if spoken:
                return spoken
        return self._vocabulary.nearest(term)

    def _count(self, words: Words) -> Counter[str]:
        fields = {
            "title": words.title,
            "questions": "\n".join(words.questions),
            "short": words.short,
            "rest": "\n".join((*words.steps, *words.limits, *words.practice, words.body)),
        }
        count: Counter[str] = Counter()
        for name, text in fields.items():
            for term in self._analyser.terms(text, self._lang):
                count[term] += FIELD_WEIGHTS[name]  # type: ignore[assignment]  # weighted counts
        return count

    def _saturate(self, document: _Document, term: str) -> float:
        weight = document.weights.get(term, 0.0)
        norm = 1 - LENGTH_EFFECT + LENGTH_EFFECT * document.length / self._mean
        return weight / (weight + SATURATION * norm)


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


def _idf(documents: Iterable[Iterable[str]]) -> dict[str, float]:
    """Inverse document frequency of each term."""
    total = 0
    frequency: Counter[str] = Counter()
    for terms in documents:
        total += 1
        frequency.update(set(terms))
    return {term: math.log(1 + (total - n + 0.5) / (n + 0.5)) for term, n in frequency.items()}


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
