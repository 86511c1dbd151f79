"""Turns a text into search terms: usual spelling, stems, and the meanings that several words share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import snowballstemmer

from bot.config import ROOT
from bot.content import LANGS, read_yaml
from bot.lexicon import load_slang, words

SYNONYMS = ROOT / "data" / "lexicon" / "synonyms.yml"

_NASALS = (("nge", ""), ("ng", ""), ("ng", "k"), ("ny", "s"), ("m", "p"), ("n", "t"))
"""What everyday speech does to the first sound of a verb, and what stood there before."""

_STEMMERS = {"id": snowballstemmer.stemmer("indonesian"), "en": snowballstemmer.stemmer("english")}


@lru_cache(maxsize=20_000)
def stem(word: str, lang: str) -> str:
    """The stem of a word."""
    return str(_STEMMERS[lang].stemWord(word))


@lru_cache(maxsize=20_000)
def spoken_stems(word: str) -> tuple[str, ...]:
    """Stems that a colloquial Indonesian form may come from: ditelantarin → telantar, nolak → tolak."""
    forms = [word]
    if word.endswith("in") and len(word) > 5:
        forms.append(word[:-2])
    for form in tuple(forms):
        forms.extend(initial + form[len(nasal) :] for nasal, initial in _NASALS if form.startswith(nasal))
    return tuple(dict.fromkeys(stem(form, "id") for form in forms[1:] if len(form) > 3))


class Analyser:
    """Knows stop words and synonyms; `terms` gives stems and, as `§n`, the meaning groups that occur."""

    def __init__(
        self, stopwords: Mapping[str, Sequence[str]], groups: Sequence[Sequence[str]], slang: Mapping[str, str]
    ) -> None:
        self._slang = slang
        # In all languages at once: a question in one is compared with articles in the other too.
        self._stop = frozenset(word for lang in LANGS for word in stopwords[lang])
        self._phrases: dict[str, dict[tuple[str, ...], set[str]]] = {lang: {} for lang in LANGS}
        for number, group in enumerate(groups):
            for phrase in group:
                for lang in LANGS:
                    key = self._key(words(phrase, slang), lang)
                    self._phrases[lang].setdefault(key, set()).add(f"§{number}")
        self._longest = max((len(key) for phrases in self._phrases.values() for key in phrases), default=1)

    def words(self, text: str) -> list[str]:
        """The words in their usual spelling."""
        return words(text, self._slang)

    def content(self, found: Sequence[str]) -> list[str]:
        """The words that say what it is about."""
        return [
            word for word in found if not word.isdigit() and {word, word.removesuffix("nya")}.isdisjoint(self._stop)
        ]

    def meanings(self, found: Sequence[str], lang: str) -> list[str]:
        """The meaning groups, the longest phrase first at each place; stop words may be part of a phrase."""
        return [group for _, _, groups in self.phrases(found, lang) for group in groups]

    def phrases(self, found: Sequence[str], lang: str) -> list[tuple[int, int, list[str]]]:
        """Where a phrase with a meaning begins, where it ends, and its groups."""
        phrases = self._phrases[lang]
        key = tuple(self._known_stem(word, lang) for word in found)
        spans: list[tuple[int, int, list[str]]] = []
        at = 0
        while at < len(key):
            for size in range(min(self._longest, len(key) - at), 0, -1):
                groups = phrases.get(key[at : at + size])
                if groups:
                    spans.append((at, at + size, sorted(groups)))
                    at += size - 1
                    break
            at += 1
        return spans

    def terms(self, text: str, lang: str) -> list[str]:
        """Stems and meanings of a text."""
        found = self.words(text)
        return [stem(word, lang) for word in self.content(found)] + self.meanings(found, lang)

    def _known_stem(self, word: str, lang: str) -> str:
        """The stem of a word; where no meaning knows it, one that it may be the spoken form of."""
        own = stem(word, lang)
        if lang != "id" or (own,) in self._phrases[lang]:
            return own
        return next((other for other in spoken_stems(word) if (other,) in self._phrases[lang]), own)

    @staticmethod
    def _key(found: Sequence[str], lang: str) -> tuple[str, ...]:
        return tuple(stem(word, lang) for word in found)


def load_analyser(path: Path = SYNONYMS) -> Analyser:
    """The analyser of the files in data/lexicon. Raises BrokenContent."""
    node = read_yaml(path)
    node.only(("stopwords", "groups"))
    stopwords = {lang: node.child("stopwords").child(lang).texts() for lang in LANGS}
    groups = [group.texts() for group in node.child("groups").each()]
    return Analyser(stopwords, groups, load_slang())
