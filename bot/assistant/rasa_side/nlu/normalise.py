"""Tokens of a text, and the standard form of each for the models. The client's text itself is never changed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.content import BrokenContent, read_yaml

LEXICON = Path("data/lexicon/slang.yml")
_TOKEN = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*\d?|\d+(?:[.,]\d+)*|[^\w\s]", re.UNICODE)
_DRAWN_OUT = re.compile(r"(.)\1{2,}")
_DOUBLED = re.compile(r"^([^\W\d_]{2,})2$")
# Little suffixes that spoken Indonesian hangs on any word; only cut when a known word is left.
_SUFFIXES = ("nya", "ku", "mu", "in", "lah", "kah", "an", "ne", "na", "e")


class LexiconError(Exception):
    """The lexicon file is missing, or a spelling stands under two words; the message names the spelling."""


@dataclass(frozen=True)
class Token:
    """A word, number or sign of the text: where it stands and what it was taken for."""

    text: str
    start: int
    end: int
    normal: str


class Normaliser:
    """Knows the spellings of a lexicon. Holds plain data only, so that it is kept inside the trained model."""

    def __init__(self, spellings: Mapping[str, str]) -> None:
        self._spellings = dict(spellings)
        self._standard = {word for value in spellings.values() for word in value.split()}

    def tokens(self, text: str) -> list[Token]:
        """The tokens in order; `text[token.start:token.end] == token.text`."""
        return [Token(match[0], match.start(), match.end(), self.word(match[0])) for match in _TOKEN.finditer(text)]

    def text(self, text: str) -> str:
        """The standard forms, joined by blanks."""
        return " ".join(token.normal for token in self.tokens(text))

    def word(self, word: str) -> str:
        """The standard form of one word."""
        plain = unicodedata.normalize("NFKC", word).lower().replace("’", "'")
        if plain in self._spellings:
            return self._spellings[plain]
        plain = _DRAWN_OUT.sub(r"\1", plain)
        doubled = _DOUBLED.match(plain)
        if doubled:
            one = self._spellings.get(doubled[1], doubled[1])
            return self._spellings.get(plain, f"{one}-{one}")
        if "-" in plain and plain not in self._spellings:
            return "-".join(self.word(part) for part in plain.split("-"))
        return self._spellings.get(plain) or self._without_suffix(plain)

    def _without_suffix(self, word: str) -> str:
        for suffix in _SUFFIXES:
            stem = word.removesuffix(suffix)
            if stem != word and len(stem) > 2 and stem in self._spellings:
                return self._spellings[stem]
        return word


def load_normaliser(path: Path = LEXICON) -> Normaliser:
    """Read the lexicon. Raises LexiconError."""
    try:
        data = read_yaml(path).value
    except BrokenContent as error:
        raise LexiconError(str(error)) from None
    spellings: dict[str, str] = {}
    for standard, variants in data["words"].items():
        for variant in variants:
            if variant in spellings:
                raise LexiconError(f"{variant!r} stands under {spellings[variant]!r} and {standard!r}")
            spellings[variant] = standard
    return Normaliser(spellings)
