"""Which words speak about which dimension: a linear-chain CRF that sees words, their neighbours and their clause."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pycrfsuite

from bot.assistant.rasa_side.nlu.features import Concepts, Vector, stem
from bot.assistant.rasa_side.nlu.language import words_in
from bot.assistant.rasa_side.nlu.normalise import Normaliser, Token

OUTSIDE = "O"
SETTINGS = {"c1": 0.3, "c2": 0.5, "max_iterations": 35, "feature.minfreq": 2}
# Words that often open a clause about something else: why, since when, how bad, what helps.
_OPENERS = words_in(
    """karena sebab gara-gara sampai hingga sejak semenjak dari selama kalau jika bila tiap setiap ketika waktu saat
    setelah sesudah sebelum tapi tetapi namun padahal cuma hanya untung untungnya syukur jadi terus lalu dan atau meski
    walau meskipun biar supaya agar makanya soalnya akibat demi sekarang kadang sering yang because since when whenever
    if until till but although though and or so after before while for from every now luckily at least ever due
    that"""
)
_SIGNS = frozenset(".,;:!?…")


@dataclass(frozen=True)
class Span:
    """Words of the text about one dimension; `meaning` is `none` or `unknown` when they say that there is nothing."""

    dimension: str
    start: int
    end: int
    meaning: str | None = None


Tagged = tuple[str, Sequence[Span], str | None]
"""A text, the spans in it, and the dimension that was asked about."""


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


class Tagger:
    """The CRF and the features it sees."""

    def __init__(self, normaliser: Normaliser, concepts: Concepts) -> None:
        self.normaliser = normaliser
        self.concepts = concepts
        self._model = b""
        self._crf: Any = None

    def learn(self, examples: Iterable[Tagged]) -> bytes:
        """The model that CRFsuite makes of these examples; this tagger stays as it is."""
        trainer = pycrfsuite.Trainer(verbose=False)
        for text, spans, asked in examples:
            tokens = self.normaliser.tokens(text)
            if tokens:
                trainer.append(self._features(tokens, asked), _tags(tokens, spans))
        trainer.set_params(SETTINGS)
        with TemporaryDirectory() as folder:
            path = Path(folder) / "learned.crf"
            trainer.train(str(path))
            return path.read_bytes()

    def using(self, model: bytes) -> Tagger:
        """Read texts with this model from now on."""
        self._model = model
        self._crf = pycrfsuite.Tagger()
        # CRFsuite reads from this memory for as long as it tags: it must not be freed, hence the attribute.
        self._crf.open_inmemory(self._model)
        return self

    def read(self, text: str, asked: str | None) -> Reading:
        """What the text says, given the dimension that was asked about."""
        tokens = self.normaliser.tokens(text)
        if not tokens:
            return Reading((), (), {})
        self._crf.set(self._features(tokens, asked))
        chances = {
            tag: np.array([self._crf.marginal(tag, place) for place in range(len(tokens))])
            for tag in self._crf.labels()
            if tag != OUTSIDE
        }
        return Reading(tokens, self._crf.tag(), chances)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_crf": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if self._model:
            self.using(self._model)

    def _features(self, tokens: Sequence[Token], asked: str | None) -> list[list[str]]:
        words = [token.normal for token in tokens]
        stems = [stem(word) for word in words]
        concepts = [next(iter(self.concepts.of([one])), "") for one in stems]
        clauses = _clauses(words)
        rows = []
        for index, token in enumerate(tokens):
            row = [f"asked={asked}", f"asked&first={asked}&{index == 0}", f"length={min(len(tokens), 12)}"]
            row += _shape(token, stems[index])
            for offset in (-3, -2, -1, 1, 2, 3):
                near = index + offset
                if 0 <= near < len(tokens):
                    row += [f"{offset}:w={words[near]}", f"{offset}:c={concepts[near]}"]
                    if abs(offset) < 3:
                        row.append(f"{offset}:root={stems[near]}")
                else:
                    row.append(f"{offset}:edge")
            if index:
                row.append(f"pair={words[index - 1]}|{words[index]}")
            row += [f"c={concepts[index]}", f"asked&c={asked}&{concepts[index]}", f"asked&w={asked}&{words[index]}"]
            rows.append(row + _clause(index, clauses, words, concepts, asked))
        return rows


def _clauses(words: Sequence[str]) -> list[int]:
    """Per word the number of its clause: a new one begins after a sign or with a word that opens one."""
    numbers, number = [0] * len(words), 0
    for index, (before, word) in enumerate(pairwise(words), 1):
        if before in _SIGNS or (word in _OPENERS and before not in _OPENERS):
            number += 1
        numbers[index] = number
    return numbers


def _clause(
    index: int, clauses: Sequence[int], words: Sequence[str], concepts: Sequence[str], asked: str | None
) -> list[str]:
    own = clauses[index]
    first = clauses.index(own)
    row = [
        f"opens={words[first]}",
        f"opens&asked={words[first]}&{asked}",
        f"before={words[clauses.index(own - 1)]}" if own else "before=^",
        f"place={min(index - first, 4)}",
        f"clause={min(own, 4)}",
        f"last={own == clauses[-1]}",
    ]
    if first + 1 < len(words):
        row.append(f"opens2={words[first]}|{words[first + 1]}")
    around = {concepts[place] for place, clause in enumerate(clauses) if clause == own and concepts[place]}
    return row + [f"around={concept}" for concept in sorted(around)]


def _shape(token: Token, root: str) -> list[str]:
    word, low = token.text, token.text.lower()
    kind = "number" if word[0].isdigit() else "word" if word[0].isalpha() else "sign"
    return [
        f"w={token.normal}",
        f"root={root}",
        f"p4={token.normal[:4]}",
        f"p3={low[:3]}",
        f"s3={low[-3:]}",
        f"p2={low[:2]}",
        f"s2={low[-2:]}",
        f"kind={kind}",
    ]


def _tags(tokens: Sequence[Token], spans: Sequence[Span]) -> list[str]:
    """One tag a token: the dimension, or outside. Two spans of one dimension side by side are rare enough to be one."""
    tags = [OUTSIDE] * len(tokens)
    for span in spans:
        for index, token in enumerate(tokens):
            if token.start < span.end and token.end > span.start:
                tags[index] = span.dimension
    return tags
