"""The roots a word may come from: memukuli and dipukulin from pukul, nyekik from cekik, obatnya from obat."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

SHORTEST = 3
"""Letters that a root has at least."""


class Voice(StrEnum):
    """Who does it: the one spoken of, or another one to them."""

    PLAIN = ""
    ACTIVE = "+"
    PASSIVE = "-"


_ENDINGS = (
    *("nya", "ku", "mu", "kan", "in", "i", "an", "e", "ne", "ing", "ed", "s"),
    *("innya", "annya", "kannya", "inku", "iku", "anku", "nyalah", "lah", "pun", "kah", "ini"),
)
# The beginning, the voice, and the letters it may have swallowed (nusuk: tusuk, nyekik: cekik).
_BEGINNINGS = (
    ("di", Voice.PASSIVE, ("",)),
    ("ter", Voice.PASSIVE, ("",)),
    ("ke", Voice.PASSIVE, ("",)),
    ("ku", Voice.ACTIVE, ("",)),
    ("nge", Voice.ACTIVE, ("",)),
    ("menge", Voice.ACTIVE, ("",)),
    ("meng", Voice.ACTIVE, ("", "k")),
    ("meny", Voice.ACTIVE, ("", "s", "c")),
    ("mem", Voice.ACTIVE, ("", "p", "b")),
    ("men", Voice.ACTIVE, ("", "t")),
    ("me", Voice.ACTIVE, ("",)),
    ("ng", Voice.ACTIVE, ("", "k")),
    ("ny", Voice.ACTIVE, ("", "s", "c")),
    ("m", Voice.ACTIVE, ("", "p", "b")),
    ("n", Voice.ACTIVE, ("", "t")),
    ("ber", Voice.ACTIVE, ("",)),
    ("be", Voice.ACTIVE, ("",)),
    ("peng", Voice.PLAIN, ("",)),
    ("pe", Voice.PLAIN, ("",)),
    ("se", Voice.PLAIN, ("",)),
)


def roots(word: str) -> Iterator[tuple[str, Voice]]:
    """The word itself and every root that it may have, the likelier first; most of them are no words at all."""
    yield word, Voice.PLAIN
    for base in _without_ending(word):
        yield base, Voice.PLAIN
        for beginning, voice, swallowed in _BEGINNINGS:
            if base.startswith(beginning) and len(base) - len(beginning) >= SHORTEST:
                rest = base[len(beginning) :]
                for letter in swallowed:
                    yield letter + rest, voice


def stem(word: str) -> str:
    """The shortest root: the same for all forms of a word, though not always a word itself."""
    return min((root for root, _ in roots(word)), key=len)


def _without_ending(word: str) -> Iterator[str]:
    yield word
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= SHORTEST:
            yield word[: -len(ending)]
