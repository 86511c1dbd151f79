"""What is seen of each word of a text: the word, its neighbours, its clause and what they mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from bot.assistant.rasa_side.nlu.features import Concepts, stem
from bot.assistant.rasa_side.nlu.language import words_in
from bot.assistant.rasa_side.nlu.normalise import Token

NEAR = 3
"""So many words on each side are looked at, of the nearest two also the stems."""
# Words that often open a clause about something else: why, since when, how bad, what helps.
_OPENERS = words_in(
    """karena sebab gara-gara sampai hingga sejak semenjak dari selama kalau jika bila tiap setiap ketika waktu saat
    setelah sesudah sebelum tapi tetapi namun padahal cuma hanya untung untungnya syukur jadi terus lalu dan atau meski
    walau meskipun biar supaya agar makanya soalnya akibat demi sekarang kadang sering yang because since when whenever
    if until till but although though and or so after before while for from every now luckily at least ever due
    that"""
)
_SIGNS = frozenset(".,;:!?…")


Meant = Sequence[Sequence[str]]
"""Per word the concepts of the phrase that it is part of."""


def word_features(tokens: Sequence[Token], asked: str | None, concepts: Concepts) -> list[list[str]]:
    """One list of features for each token, given what was asked before."""
    words = [token.normal for token in tokens]
    stems = [stem(word) for word in words]
    meant = concepts.by_word(stems)
    rows = []
    for index, (token, clause) in enumerate(zip(tokens, _clause_features(words, asked, stems, meant), strict=True)):
        row = [f"asked={asked}", f"asked&first={asked}&{index == 0}", f"length={min(len(tokens), 12)}"]
        row += [*_shape(token, stems[index]), *_near(index, words, stems, meant)]
        row += [f"asked&w={asked}&{words[index]}", *(f"c={name}" for name in meant[index])]
        row += [f"asked&c={asked}&{name}" for name in meant[index]]
        rows.append(row + clause)
    return rows


def _near(index: int, words: Sequence[str], stems: Sequence[str], meant: Meant) -> Iterator[str]:
    for offset in (*range(-NEAR, 0), *range(1, NEAR + 1)):
        near = index + offset
        if not 0 <= near < len(words):
            yield f"{offset}:edge"
            continue
        yield f"{offset}:w={words[near]}"
        yield from (f"{offset}:c={name}" for name in meant[near])
        if abs(offset) < NEAR:
            yield f"{offset}:root={stems[near]}"
    if index:
        yield f"pair={words[index - 1]}|{words[index]}"


def _clauses(words: Sequence[str]) -> list[int]:
    """Per word the number of its clause: a new one begins after a sign or with a word that opens one."""
    numbers, number = [0] * len(words), 0
    for index, (before, word) in enumerate(pairwise(words), 1):
        if before in _SIGNS or (word in _OPENERS and before not in _OPENERS):
            number += 1
        numbers[index] = number
    return numbers


def _clause_features(words: Sequence[str], asked: str | None, stems: Sequence[str], meant: Meant) -> list[list[str]]:
    """Per word what is seen of its clause and of the clauses beside it."""
    clauses = _clauses(words)
    firsts = [place for place, own in enumerate(clauses) if not place or own != clauses[place - 1]]
    names = [_names(clauses, own, meant) for own in range(len(firsts))]
    shared = []
    for own, first in enumerate(firsts):
        row = [f"opens={words[first]}", f"opens&asked={words[first]}&{asked}", f"clause={min(own, 4)}"]
        row += [f"before={words[firsts[own - 1]]}" if own else "before=^", f"last={own == clauses[-1]}"]
        if first + 1 < len(words):
            row.append(f"opens2={words[first]}|{words[first + 1]}")
        row += [f"around={name}" for name in names[own]]
        row += [f"with={one}" for one in sorted({stems[at] for at, clause in enumerate(clauses) if clause == own})]
        row += [f"past={name}" for name in names[own - 1]] if own else []
        row += [f"next={name}" for name in names[own + 1]] if own + 1 < len(names) else []
        shared.append(row)
    return [[f"place={min(index - firsts[own], 4)}", *shared[own]] for index, own in enumerate(clauses)]


def _names(clauses: Sequence[int], own: int, meant: Meant) -> list[str]:
    return sorted({name for at, clause in enumerate(clauses) if clause == own for name in meant[at]})


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
