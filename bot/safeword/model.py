"""The safe word: when it is meant, how it is asked for, which word may be one. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

Words = tuple[str, ...]

MOST_WORDS = 3
"""A safe word is one word, or a short phrase: nobody remembers more in fear."""
FEWEST_LETTERS, MOST_LETTERS = 4, 40
AN_ANSWER = 6
"""Up to so many words are an answer to "which word"; whoever writes more has gone on with something else."""

LONGEST_WISH = 200
"""Characters of a message that is a wish; a longer one is a story, and costs nothing to pass over."""

AGAIN: tuple[Words, ...] = (("aman", "lagi"), ("safe", "again"))
"""Said after the safe word, and alone in a message, these end it: whoever reads along knows the word of neither."""

_WORD = re.compile(r"[^\W_]+")


class Problem(StrEnum):
    """Why a word can't be a safe word."""

    FORM = "form"
    COMMON = "common"
    ALARMING = "alarming"


class Step(StrEnum):
    """What the person wants of their safe word."""

    ASK = "ask"
    SET = "set"
    REMOVE = "remove"
    CANCEL = "cancel"


@dataclass(frozen=True)
class Wish:
    """A wish about the safe word; `words` are those of a new one."""

    step: Step
    words: Words = ()


@dataclass(frozen=True)
class Vocabulary:
    """What counsellors edit: how a safe word is asked for, and which words can't be one."""

    names: tuple[Words, ...]
    lead: frozenset[str]
    set: frozenset[str]
    change: frozenset[str]
    remove: frozenset[str]
    between: frozenset[str]
    into: frozenset[str]
    asking: frozenset[str]
    cancel: frozenset[Words]
    alarming: frozenset[str]
    common: frozenset[str]


def words_of(text: str) -> Words:
    """A text as it is compared: words in small letters, without signs, invisible characters and width variants."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    visible = "".join(sign for sign in plain if unicodedata.category(sign) not in ("Cf", "Mn"))
    return tuple(_WORD.findall(visible))


def signals(text: str, safe_word: str) -> bool:
    """Whether the safe word stands anywhere in a text, as whole words in their order."""
    wanted, said = words_of(safe_word), words_of(text)
    return bool(wanted) and _place_of(wanted, said) is not None


def ends(text: str, safe_word: str) -> bool:
    """Whether a text is the safe word and "aman lagi", and nothing else.

    The word alone does not end it: somebody who is afraid says it twice.
    """
    return words_of(text) in {(*words_of(safe_word), *again) for again in AGAIN}


def problem_with(words: Words, known: Vocabulary) -> Problem | None:
    """Why these words can't be a safe word; None where they can.

    One word must be rare in what people write here; of a phrase one word must be, since only the whole phrase counts.
    """
    letters = sum(len(word) for word in words)
    if not 1 <= len(words) <= MOST_WORDS or not FEWEST_LETTERS <= letters <= MOST_LETTERS:
        return Problem.FORM
    if any(word in known.alarming for word in words):
        return Problem.ALARMING
    if all(word in known.common or not word.isalpha() for word in words):
        return Problem.COMMON
    return None


def wish_of(text: str, known: Vocabulary, *, asked: bool) -> Wish | None:
    """What a text wants of the safe word; None where it is about something else. `asked`: "which word" is open."""
    if len(text) > LONGEST_WISH:
        return None
    said = words_of(text)
    named = _named(said, known)
    if named is not None:
        before, tail = named
        return _of_name(before, tail, known, question="?" in text)
    if not asked or not said or len(said) > AN_ANSWER:
        return None
    if said in known.cancel:
        return Wish(Step.CANCEL)
    return Wish(Step.SET, _without(said, known.between) or said)


def _named(said: Words, known: Vocabulary) -> tuple[Words, Words] | None:
    """The words before and after the name, where only words of asking come before it."""
    may_lead = known.lead | known.set | known.change | known.remove
    for name in known.names:
        place = _place_of(name, said)
        if place is not None and all(word in may_lead for word in said[:place]):
            return said[:place], said[place + len(name) :]
    return None


def _of_name(before: Words, tail: Words, known: Vocabulary, *, question: bool) -> Wish:
    if known.remove & {*before}:
        return Wish(Step.REMOVE)
    into = max((place for place, word in enumerate(tail) if word in known.into), default=-1)
    words = _without(tail[into + 1 :] if known.change & {*before} else tail, known.between)
    if question or not words or len(words) > MOST_WORDS or known.asking & {*words}:
        return Wish(Step.ASK)
    return Wish(Step.SET, words)


def _without(words: Words, around: Collection[str]) -> Words:
    """The words without those that only lead to them or follow them: "pakai rambutan saja ya"."""
    kept = [place for place, word in enumerate(words) if word not in around]
    return words[kept[0] : kept[-1] + 1] if kept else ()


def _place_of(wanted: Sequence[str], said: Sequence[str]) -> int | None:
    places = range(len(said) - len(wanted) + 1)
    return next((place for place in places if said[place : place + len(wanted)] == wanted), None)
