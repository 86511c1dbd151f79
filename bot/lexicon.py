"""Everyday spellings and what they stand for, shared by the search and the crisis detector."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from bot.config import ROOT
from bot.content import read_yaml

SLANG = ROOT / "data" / "lexicon" / "slang.yml"

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_LONG_RUN = re.compile(r"(.)\1{2,}")
_TWICE = re.compile(r"^([a-z]{2,})2(nya)?$")


ORDINARY = frozenset(
    [
        "di",
        "sa",
        "w",
        "u",
        "smp",
        "kaya",
        "sok",
        "alim",
        "ulah",
        "tong",
        "duka",
        "laki",
        "teh",
        "uni",
        "mas",
        "bang",
        "so",
        "alun",
        "sing",
        "nu",
        "ning",
        "mun",
        "sama",
        "kek",
        "je",
        "jo",
        "isuk",
        "baa",
    ]
)
"""Also ordinary words (di rumah, anak smp, laki laki): they are left as they are."""


@cache
def load_slang(path: Path = SLANG) -> Mapping[str, str]:
    """Surface → normal form, from `words: {normal: [surfaces]}`; without the file nothing is slang.

    A surface that is itself a normal form ("mau", "pukul"), that stands for two things, or that has a space in it
    is left alone: a wrong replacement would hide what the person wrote. Raises BrokenContent.
    """
    if not path.exists():
        return {}
    entries = read_yaml(path).child("words")
    keys = entries.keys()
    normals = {key.lower() for key in keys}
    meant: dict[str, set[str]] = {}
    for key in keys:
        for surface in entries.child(key).texts():
            meant.setdefault(plain(surface), set()).add(key.lower())
    skipped = normals | ORDINARY
    return {s: min(n) for s, n in meant.items() if len(n) == 1 and s not in skipped and " " not in s}


def plain(text: str) -> str:
    """Lower case without decoration: compatibility forms folded, accents and letters held long removed."""
    folded = unicodedata.normalize("NFKD", text).lower()
    bare = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return _LONG_RUN.sub(r"\1", bare)


def words(text: str, slang: Mapping[str, str]) -> list[str]:
    """The words of a text in their normal spelling; `gara2` is written out, `can't` stays one word."""
    found: list[str] = []
    for match in _WORD.finditer(plain(text)):
        word = match.group().replace("’", "'")
        twice = _TWICE.match(word)
        if twice:
            word = f"{twice[1]} {twice[1]}{twice[2] or ''}"
        found.extend(slang.get(word, word).split())
    return found
