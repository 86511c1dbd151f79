"""Reads data/safeword: how a safe word is asked for, and which words can't be one."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from bot.config import ROOT
from bot.content import BrokenContent, Node, read_yaml
from bot.safeword.model import Vocabulary, words_of

FOLDER = ROOT / "data" / "safeword"
COMMON = "common.txt"


@cache
def load_vocabulary(folder: Path = FOLDER) -> Vocabulary:
    """What shapes the safe word, read once. Raises BrokenContent."""
    node = read_yaml(folder / "words.yml")
    node.only((*(name for name in Vocabulary.__dataclass_fields__ if name != "common"),))
    return Vocabulary(
        # The longest name first: "kata sandi aman" is none of "sandi aman" with a word before it.
        names=tuple(sorted((words_of(name) for name in node.child("names").texts()), key=len, reverse=True)),
        lead=_words(node.child("lead")),
        set=_words(node.child("set")),
        change=_words(node.child("change")),
        remove=_words(node.child("remove")),
        between=_words(node.child("between")),
        into=_words(node.child("into")),
        asking=_words(node.child("asking")),
        cancel=frozenset(words_of(text) for text in node.child("cancel").texts()),
        alarming=_words(node.child("alarming")),
        common=_common(folder / COMMON),
    )


def _words(node: Node) -> frozenset[str]:
    found = set()
    for item in node.each():
        words = words_of(item.text())
        if len(words) != 1:
            raise item.broken("must be one word")
        found.add(words[0])
    return frozenset(found)


def _common(path: Path) -> frozenset[str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise BrokenContent(path, 1, "", "is not there") from None
    return frozenset(word for line in lines if not line.startswith("#") for word in words_of(line))
