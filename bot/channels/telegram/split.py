"""Cuts a long text into parts that Telegram takes: at ends of sentences, never inside a visible character."""

from __future__ import annotations

import re
import unicodedata

LIMIT = 4096
"""Telegram counts UTF-16 units: an emoji is two or more of them."""

_CUTS = (
    re.compile(r"\n\s*\n"),
    re.compile(r"""[.!?…]["'”’)\]]*\s+"""),
    re.compile(r"\n"),
    re.compile(r"\s+"),
)
_JOINED_TO_THE_LEFT = frozenset("\u200c\u200d\u0e33\u0eb3\uff9e\uff9f")


def units(text: str) -> int:
    """The length in UTF-16 units."""
    return len(text) + sum(character > "\uffff" for character in text)


def split(text: str, limit: int = LIMIT) -> list[str]:
    """Parts of at most `limit` UTF-16 units which joined together are the text again."""
    parts = []
    while units(text) > limit:
        cut = _cut(text, _fitting(text, limit))
        parts.append(text[:cut])
        text = text[cut:]
    return [*parts, text]


def _fitting(text: str, limit: int) -> int:
    used = 0
    for index, character in enumerate(text):
        used += 2 if character > "\uffff" else 1
        if used > limit:
            return index
    return len(text)


def _cut(text: str, longest: int) -> int:
    """The best place to cut within the first `longest` characters; no part gets shorter than half of it for that."""
    for pattern in _CUTS:
        ends = [found.end() for found in pattern.finditer(text, longest // 2, longest)]
        for end in reversed(ends):
            if is_boundary(text, end):
                return end
    for end in range(longest, 0, -1):
        if is_boundary(text, end):
            return end
    return longest  # one "character" of thousands of marks: it has to break somewhere


def is_boundary(text: str, index: int) -> bool:
    """Whether a cut here leaves every visible character whole (the main cases of Unicode's annex 29)."""
    if index <= 0 or index >= len(text):
        return True
    before, after = text[index - 1], text[index]
    if before == "\u200d" or (before == "\r" and after == "\n"):
        return False
    if after in _JOINED_TO_THE_LEFT or unicodedata.category(after) in ("Mn", "Me", "Mc"):
        return False
    if "\U0001f3fb" <= after <= "\U0001f3ff" or "\U000e0020" <= after <= "\U000e007f":
        return False  # skin tones, flags of regions
    if _is_hangul_joined(before, after):
        return False
    return not (_is_regional(before) and _is_regional(after) and _run_of_regionals(text, index) % 2)


def _is_hangul_joined(before: str, after: str) -> bool:
    if "\u1160" <= after <= "\u11ff":
        return "\u1100" <= before <= "\u11ff" or "\uac00" <= before <= "\ud7a3"
    return "\u1100" <= after <= "\u115f" and "\u1100" <= before <= "\u115f"


def _is_regional(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _run_of_regionals(text: str, index: int) -> int:
    start = index
    while start and _is_regional(text[start - 1]):
        start -= 1
    return index - start
