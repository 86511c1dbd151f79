"""Which words speak about which dimension: small networks look at each word, a chain at what follows what."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from bot.assistant.rasa_side.nlu import chain, network
from bot.assistant.rasa_side.nlu.features import Concepts, Vector
from bot.assistant.rasa_side.nlu.normalise import Normaliser, Token
from bot.assistant.rasa_side.nlu.word_features import word_features
from bot.assistant.rasa_side.understanding import DIMENSIONS

OUTSIDE = "O"
TAGS = (*DIMENSIONS, OUTSIDE)


@dataclass(frozen=True)
class Span:
    """Words of the text about one dimension; `meaning` is `none` or `unknown` when they say that there is nothing."""

    dimension: str
    start: int
    end: int
    meaning: str | None = None


Tagged = tuple[str, Sequence[Span], str | None]
"""A text, the spans in it, and what was asked before."""


@dataclass(frozen=True)
class Reading:
    """What the tagger thinks of a text: its tokens, the likeliest tags, and per dimension the chance of each token."""

    tokens: Sequence[Token]
    tags: Sequence[str]
    chances: dict[str, Vector]

    def chance(self, dimension: str) -> Vector:
        """Per token the chance that it speaks about the dimension."""
        return self.chances.get(dimension, np.zeros(len(self.tokens)))

    def likeliest(self, dimension: str) -> Span | None:
        """The best place for a dimension that is said to be there: the longest run of tags, else likely words."""
        runs = [list(run) for tag, run in groupby(range(len(self.tags)), self.tags.__getitem__) if tag == dimension]
        if runs:
            longest = max(runs, key=lambda run: self.tokens[run[-1]].end - self.tokens[run[0]].start)
            return self._span(dimension, longest[0], longest[-1])
        chance = self.chance(dimension)
        if not len(chance) or chance.max() <= 0:
            return None
        first = last = int(chance.argmax())
        enough = chance[first] / 2
        while first and chance[first - 1] >= enough:
            first -= 1
        while last + 1 < len(chance) and chance[last + 1] >= enough:
            last += 1
        return self._span(dimension, first, last)

    def _span(self, dimension: str, first: int, last: int) -> Span:
        return Span(dimension, self.tokens[first].start, self.tokens[last].end)


@dataclass(frozen=True)
class Learned:
    """What was learned: the columns of the features, what they say of a word, and what follows what."""

    columns: Mapping[str, int]
    network: network.Network
    chain: chain.Chain


class Tagger:
    """Learns from tagged texts and reads new ones."""

    def __init__(self, normaliser: Normaliser, concepts: Concepts) -> None:
        self.normaliser = normaliser
        self.concepts = concepts
        self._learned: Learned | None = None

    def learn(self, examples: Iterable[Tagged]) -> bytes:
        """What these examples teach, for `using`; this tagger stays as it is."""
        rows: list[list[str]] = []
        texts: list[list[int]] = []
        for text, spans, asked in examples:
            tokens = self.normaliser.tokens(text)
            rows += word_features(tokens, asked, self.concepts)
            texts.append([TAGS.index(tag) for tag in _tags(tokens, spans)])
        counts = Counter(feature for row in rows for feature in row)
        columns = {feature: place for place, feature in enumerate(f for f, n in counts.items() if n > 1)}
        tags = np.fromiter((tag for text in texts for tag in text), dtype=np.int64, count=len(rows))
        learned = network.learn(_matrix([_known(row, columns) for row in rows], len(columns)), tags, len(TAGS))
        return pickle.dumps(Learned(columns, learned.packed(), chain.learn(texts, len(TAGS))))

    def using(self, learned: bytes) -> Tagger:
        """Read texts with what `learn` returned from now on."""
        kept: Learned = pickle.loads(learned)
        self._learned = replace(kept, network=kept.network.unpacked())
        return self

    def read(self, text: str, asked: str | None) -> Reading:
        """What the text says, given what was asked before."""
        assert self._learned is not None
        tokens = self.normaliser.tokens(text)
        if not tokens:
            return Reading((), (), {})
        rows = [_known(row, self._learned.columns) for row in word_features(tokens, asked, self.concepts)]
        alone = self._learned.network.chances(rows)
        tags = [TAGS[tag] for tag in self._learned.chain.path(alone)]
        chances = self._learned.chain.smoothed(alone)
        return Reading(tokens, tags, {name: chances[:, place] for place, name in enumerate(DIMENSIONS)})

    def __getstate__(self) -> dict[str, Any]:
        learned = self._learned and replace(self._learned, network=self._learned.network.packed())
        return {**self.__dict__, "_learned": learned}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if self._learned:
            self._learned = replace(self._learned, network=self._learned.network.unpacked())


def _known(row: Sequence[str], columns: Mapping[str, int]) -> list[int]:
    return [columns[feature] for feature in row if feature in columns]


def _matrix(rows: Sequence[Sequence[int]], columns: int) -> csr_matrix:
    places = np.fromiter((column for row in rows for column in row), dtype=np.int32)
    bounds = np.cumsum([0, *map(len, rows)])
    return csr_matrix((np.ones(len(places), dtype=np.float32), places, bounds), shape=(len(rows), columns))


def _tags(tokens: Sequence[Token], spans: Sequence[Span]) -> list[str]:
    """One tag a token: the dimension, or outside. Two spans of one dimension side by side are rare enough to be one."""
    tags = [OUTSIDE] * len(tokens)
    for span in spans:
        for index, token in enumerate(tokens):
            if token.start < span.end and token.end > span.start:
                tags[index] = span.dimension
    return tags
