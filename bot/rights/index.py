"""The search index: built in memory from the articles, the same on every database."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from bot.content import LANGS
from bot.rights.language import Analyser, spoken_stems, stem
from bot.rights.learned import Learned, read
from bot.rights.model import Article
from bot.rights.postings import Array, Postings
from bot.rights.topics import TopicModel

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

LIKELY = 20
"""Known words with the most pairs of letters in common that are compared letter by letter."""

MOST_PAIRS_CHANGED = 3
"""Pairs of letters that one edit changes at most: two swapped neighbours stand in three. Sharing fewer is no slip."""

ANYWHERE = "*"
"""Instead of a region: all articles, wherever they apply."""
MOST_REGIONS = 64

UNTAUGHT, ALIKE_ANYWAY = 1.19, 0.08
"""What the words of an article say about it, beside what questions taught about others: less what any question has in
common with any article, and so stretched that both scales meet where something is just enough to be asked about, and
where it is just enough to be answered (bot/rights/service.py)."""


class Index:
    """Scores articles for a question: by what people ask about it, and where nobody taught that, by its own words."""

    def __init__(self, articles: Sequence[Article], analyser: Analyser, topics: TopicModel | None = None) -> None:
        self.articles = tuple(articles)
        self._topics = topics
        self._analyser = analyser
        self._by_lang = {lang: _Side(self.articles, analyser, lang) for lang in LANGS}
        self._place = {article.code: number for number, article in enumerate(self.articles)}
        by_code = sorted(self._place)
        self._order_of_codes = np.argsort([self._place[code] for code in by_code])
        self._applying: dict[str | None, Array] = {}

    def scores(self, text: str, lang: str) -> list[tuple[Article, float]]:
        """Every article with its score from 0 to 1, best first."""
        return self.best(text, lang, most=len(self.articles))

    def best(self, text: str, lang: str, *, most: int, region: str | None = ANYWHERE) -> list[tuple[Article, float]]:
        """The best articles that apply in a region, with their scores from 0 to 1, best first."""
        best = np.zeros(len(self.articles))
        words = self._analyser.words(text)
        for side_lang, side in self._by_lang.items():
            factor = 1.0 if side_lang == lang else OTHER_LANGUAGE
            best[side.numbers] = np.maximum(best[side.numbers], factor * side.scores(words, own=side_lang == lang))
        best = np.clip((best - ALIKE_ANYWAY) * UNTAUGHT, 0.0, 1.0)
        taught = self._topics.guess(text, lang) if self._topics is not None and self._analyser.content(words) else {}
        for code, chance in taught.items():
            if code in self._place:
                best[self._place[code]] = chance
        if region is not ANYWHERE:
            best = np.where(self._applies(region), best, -1.0)
        ranked = np.lexsort((self._order_of_codes, -best))[:most]
        return [(self.articles[number], float(best[number])) for number in ranked if best[number] >= 0]

    def _applies(self, region: str | None) -> Array:
        """Which articles apply there; a handful of regions is asked for again and again."""
        found = self._applying.get(region)
        if found is None:
            if len(self._applying) >= MOST_REGIONS:
                self._applying.clear()
            found = np.array([article.applies_in(region) for article in self.articles], dtype=bool)
            self._applying[region] = found
        return found


class _Side:
    """The index of one language; `numbers` are the places of the articles that are written in it."""

    def __init__(self, articles: Sequence[Article], analyser: Analyser, lang: str) -> None:
        self._analyser = analyser
        self._lang = lang
        texts = [(number, words) for number, article in enumerate(articles) if (words := article.words.get(lang))]
        self.numbers: Array = np.array([number for number, _ in texts], dtype=np.int64)
        parts = [read(words, analyser, lang) for _, words in texts]
        self._learned = Learned(parts, analyser, lang)
        self._terms = Postings([part.terms for part in parts])
        terms = self._terms
        frequency = terms.frequency()
        rarity = np.log(1 + (terms.size - frequency + 0.5) / (frequency + 0.5))
        self._idf = dict(zip(terms.names, rarity.tolist(), strict=True))
        self._unknown = math.log(terms.size + 1.0) if texts else 1.0
        lengths = np.bincount(terms.holders, weights=terms.values, minlength=terms.size)
        norms = 1 - LENGTH_EFFECT + LENGTH_EFFECT * lengths / (lengths.mean() if texts else 1.0)
        terms.values = terms.values / (terms.values + SATURATION * norms[terms.holders])
        self._vocabulary = _Vocabulary([term for term in terms.names if not term.startswith("§")])

    def scores(self, words: Sequence[str], *, own: bool) -> Array:
        """The score of each article; `own` when the question is in the language of this side."""
        asked = self._asked(words)
        if not asked or not self._terms.size:
            return np.zeros(self._terms.size)
        unknown = self._unknown if own else self._unknown * FOREIGN_WORD
        # A corrected word is asked in full and answered in part: one guessed word alone is not an answer.
        full = sum(max(self._idf.get(term, unknown) for term in terms) for terms in asked)
        covered = np.zeros(self._terms.size)
        for terms in asked:
            worth = {term: weight * self._idf.get(term, unknown) for term, weight in terms.items()}
            covered += self._terms.best_of(worth)
        like = self._learned.scores(words)
        scored: Array = np.clip(COVERED * covered / full + LIKE * like, 0.0, 1.0)
        return scored

    def _asked(self, words: Sequence[str]) -> list[_Terms]:
        """What a question asks for, word by word. A word and its meaning are one thing asked, never two."""
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


class _Vocabulary:
    """Finds the known word that a misspelt one probably is: one edit from five letters, two from nine."""

    def __init__(self, known: Sequence[str]) -> None:
        self._known = known
        self._lengths = np.array([len(word) for word in known], dtype=np.int64)
        grams: dict[str, list[int]] = {}
        for number, word in enumerate(known):
            for gram in _word_grams(word):
                grams.setdefault(gram, []).append(number)
        self._by_gram = {gram: np.array(numbers) for gram, numbers in grams.items()}

    def nearest(self, word: str) -> str | None:
        if len(word) < 5:
            return None
        allowed = 2 if len(word) >= 9 else 1
        grams = _word_grams(word)
        held = [self._by_gram[gram] for gram in sorted(grams) if gram in self._by_gram]
        if not held:
            return None
        shared = np.bincount(np.concatenate(held), minlength=len(self._known))
        shared[np.abs(self._lengths - len(word)) > allowed] = 0
        near = np.flatnonzero(shared >= max(1, len(grams) - MOST_PAIRS_CHANGED * allowed))
        likely = near[np.argsort(-shared[near], kind="stable")][:LIKELY]
        close = [
            (edits, -int(shared[number]), self._known[number])
            for number in likely
            if (edits := _edits(word, self._known[number])) <= allowed
        ]
        return min(close)[2] if close else None


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
