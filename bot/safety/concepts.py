"""Reads data/safety/concepts.yml and topics.yml: what words mean, whatever their language and form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from bot.config import ROOT
from bot.content import read_yaml
from bot.safety.morphology import Voice, roots
from bot.safety.normalise import PAUSE, STOP, Normaliser
from bot.safety.rules import load_lexicon

CONCEPTS = ROOT / "data" / "safety" / "concepts.yml"
TOPICS = ROOT / "data" / "safety" / "topics.yml"

DENIAL = "deny"
REACH = 4
"""Words that a denial reaches, at most to the end of its part of the sentence."""

BOUNDARY = "|"


@dataclass(frozen=True)
class Meaning:
    """The concepts of a word or phrase: bare, with the voice (`hit-`: is hit), and denied as well (`hit-!`)."""

    concepts: tuple[str, ...]
    senses: tuple[str, ...]
    denied: tuple[str, ...]

    @property
    def denies(self) -> bool:
        return DENIAL in self.concepts


def _meaning(concepts: tuple[str, ...], voice: Voice = Voice.PLAIN) -> Meaning:
    senses = tuple(f"{concept}{voice.value}" for concept in concepts)
    denied = tuple(sense if concept == DENIAL else f"{sense}!" for concept, sense in zip(concepts, senses, strict=True))
    return Meaning(concepts, senses, denied)


_NOTHING = _meaning(())


class Concepts:
    """The concepts of words and phrases; a word may have several."""

    def __init__(self, words: dict[str, tuple[str, ...]], phrases: dict[tuple[str, ...], tuple[str, ...]]) -> None:
        self._words = words
        self._phrases = {phrase: _meaning(concepts) for phrase, concepts in phrases.items()}
        self._starts = {phrase[0] for phrase in phrases}
        self._longest = max((len(phrase) for phrase in phrases), default=1)
        self.of_word = lru_cache(maxsize=16_384)(self._of_word)

    def senses(self, words: Sequence[str]) -> list[str]:
        """What the words say, in order; `BOUNDARY` stands between sentences."""
        found: list[str] = []
        reach = at = 0
        while at < len(words):
            word = words[at]
            if word in (STOP, PAUSE):
                reach = 0
                if word == STOP:
                    found.append(BOUNDARY)
                at += 1
                continue
            meaning, length = self._at(words, at)
            found.extend(meaning.denied if reach > 0 else meaning.senses)
            reach = REACH if meaning.denies else reach - 1
            at += length
        return found

    def _at(self, words: Sequence[str], at: int) -> tuple[Meaning, int]:
        if words[at] in self._starts:
            for length in range(self._longest, 1, -1):
                meaning = self._phrases.get(tuple(words[at : at + length]))
                if meaning is not None:
                    return meaning, length
        return self.of_word(words[at]), 1

    def _of_word(self, word: str) -> Meaning:
        for root, voice in roots(word):
            concepts = self._words.get(root)
            if concepts:
                return _meaning(concepts, voice)
        return _NOTHING


@cache
def load_concepts(path: Path = CONCEPTS) -> Concepts:
    """Read the concepts of a file. Raises BrokenContent."""
    node = read_yaml(path)
    normaliser = load_lexicon().normaliser
    words: dict[str, list[str]] = {}
    phrases: dict[tuple[str, ...], list[str]] = {}
    names = node.keys()
    for concept in names:
        for written in dict.fromkeys(node.child(concept).text().split()):
            plain = _plain(written, normaliser)
            if "_" not in written:
                words.setdefault(written, []).append(concept)
            if len(plain) > 1:
                phrases.setdefault(plain, []).append(concept)
            elif plain and plain[0] != written:
                words.setdefault(plain[0], []).append(concept)
    return Concepts(
        {word: tuple(dict.fromkeys(of)) for word, of in words.items()},
        {phrase: tuple(dict.fromkeys(of)) for phrase, of in phrases.items()},
    )


def _plain(written: str, normaliser: Normaliser) -> tuple[str, ...]:
    return normaliser.plain(written.replace("_", " ")).words
