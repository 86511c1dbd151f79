"""Brings a text into plain spelling and remembers where each word stood, so that evidence points into the original."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

_TOKEN = re.compile(r"[^\W_]+(?:['’*][^\W_]+)*|[.!?;…\n]+|,")
_SPACED = re.compile(
    r"(?<![^\W_])(?:[^\W\d_][.\-_*·]){2,}[^\W\d_](?![^\W_])|(?<![^\W_])(?:[^\W\d_] ){3,}[^\W\d_](?![^\W_])"
)
_LONG_RUN = re.compile(r"(.)\1{2,}")
_TWICE = re.compile(r"^([a-z]{2,})2(?:nya|an)?$")
# memukulku, suamiku: something done to me, something of mine; but not perilaku, terpaku, pembeku.
_MINE = re.compile(r"^[a-z]{4,}(?<!la)(?<!pa)(?<!ba)(?<!be)(?<!bu)(?<!su)(?<!li)(?<!sa)ku$")
_LEET = str.maketrans("0134578@$", "oieastbas")

STOP = "."
PAUSE = ","


@dataclass(frozen=True)
class Plain:
    """`text` is ` word word . word `; `starts` are the places of its words, `spans` their places in the original."""

    text: str
    words: tuple[str, ...]
    starts: tuple[int, ...]
    spans: tuple[tuple[int, int], ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The place in the original of a stretch of the plain text."""
        first = max(0, bisect_right(self.starts, start) - 1)
        last = max(first, bisect_right(self.starts, end - 1) - 1)
        return self.spans[first][0], self.spans[last][1]

    def part(self, first: int, last: int) -> Plain:
        """The words from `first` up to `last`."""
        return _joined(self.words[first:last], self.spans[first:last])


class Normaliser:
    """Lower case, masked and stretched spellings undone, slang written out. `plain` never fails on any text."""

    def __init__(self, slang: Mapping[str, str]) -> None:
        self._slang = {word: tuple(normal.split()) for word, normal in slang.items()}
        self.word = lru_cache(maxsize=4096)(self._word)

    def plain(self, text: str) -> Plain:
        """The plain form of a text."""
        words: list[str] = []
        spans: list[tuple[int, int]] = []
        for raw, start, end in _tokens(text):
            for word in self.word(raw):
                words.append(word)
                spans.append((start, end))
        return _joined(words, spans)

    def _word(self, raw: str) -> tuple[str, ...]:
        """One written word in plain spelling, which may be several."""
        if raw[0] in ".!?;…\n":
            return (STOP,)
        if raw == PAUSE:
            return (PAUSE,)
        word = _LONG_RUN.sub(r"\1", _fold(raw))
        known = self._slang.get(word)
        if known:
            return known
        word = word.replace("*", "")
        twice = _TWICE.match(word)
        if twice:
            word = twice[1]
        elif not word.isalpha() and not word.isdigit():
            word = word.translate(_LEET)
        known = self._slang.get(word)
        if known:
            return known
        return (word[:-2], "aku") if _MINE.search(word) else (word,)


def _joined(words: Sequence[str], spans: Sequence[tuple[int, int]]) -> Plain:
    starts = []
    at = 1
    for word in words:
        starts.append(at)
        at += len(word) + 1
    return Plain(f" {' '.join(words)} ", tuple(words), tuple(starts), tuple(spans))


def _tokens(text: str) -> list[tuple[str, int, int]]:
    """Words and stops with their places; letters that stand apart (b.u.n.u.h) are one word."""
    found: list[tuple[str, int, int]] = []
    at = 0
    for spaced in _SPACED.finditer(text):
        found.extend((m.group(), m.start(), m.end()) for m in _TOKEN.finditer(text, at, spaced.start()))
        letters = "".join(sign for sign in spaced.group() if sign.isalpha())
        found.append((letters, spaced.start(), spaced.end()))
        at = spaced.end()
    found.extend((m.group(), m.start(), m.end()) for m in _TOKEN.finditer(text, at))
    return found


def _fold(raw: str) -> str:
    if raw.isascii():
        return raw.lower()
    folded = unicodedata.normalize("NFKD", raw.replace("’", "'")).lower()
    bare = "".join(sign for sign in folded if not unicodedata.combining(sign) and sign.isprintable())
    return bare or raw.lower()
