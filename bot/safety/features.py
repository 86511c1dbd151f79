"""What the model sees of a message: words, letters, roots, meanings in order, rules, topics, and what went before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations, pairwise
from math import log2

from bot.safety.concepts import BOUNDARY, TOPICS, Concepts, load_concepts
from bot.safety.hits import Hits, find_hits, spoken_of
from bot.safety.model import Message
from bot.safety.morphology import stem
from bot.safety.normalise import PAUSE, STOP, Plain
from bot.safety.rules import Lexicon, load_lexicon

BLOCKS = ("words", "letters", "roots", "meanings", "pairs", "mixed", "rules", "around", "topics")
"""Each is weighted by itself, so that many letters do not drown one rule."""

AROUND = BLOCKS.index("around")

ASKED = frozenset(("danger", "safe"))
"""Questions whose yes and no mean something here; all others are `other`."""

ANSWER_WORDS = 12
"""Words of an answer that are read together with the question."""

JOINT_WORDS = 12
"""Last words of what was said before that are read on into the message."""

AHEAD = 5
"""Meanings that one meaning is paired with, in their order."""

_LAUGHING = frozenset("😂🤣😆😅😹")
_CRYING = frozenset("😭😢💔🥺🙏😔")


@dataclass(frozen=True)
class Read:
    """A message taken apart; `blocks` are in the order of BLOCKS, letters are still whole words.

    The block "around" is what went before (`before` features) and, after it, the question that was asked.
    """

    plain: Plain
    hits: Hits
    blocks: tuple[tuple[str, ...], ...]
    before: int = 0

    def alone(self) -> Read:
        """The same message as if nothing had been said before it; the question stays."""
        around = self.blocks[AROUND][self.before :]
        return replace(self, blocks=(*self.blocks[:AROUND], around, *self.blocks[AROUND + 1 :]), before=0)


class Reader:
    """Takes messages apart by the lexicon, the concepts and the topics. Pure, and never fails on any text."""

    def __init__(self, lexicon: Lexicon, concepts: Concepts, topics: Concepts) -> None:
        self._lexicon = lexicon
        self._concepts = concepts
        self._topics = topics
        self._plain = lexicon.normaliser.plain
        self._stem = lru_cache(maxsize=16_384)(stem)

    def read(self, message: Message) -> Read:
        """All of a message."""
        return self.read_part(message, self._plain(message.text))

    def read_part(self, message: Message, plain: Plain) -> Read:
        """A message of which only `plain` counts."""
        hits = find_hits(self._lexicon, plain)
        words = [word for word in plain.words if word not in (STOP, PAUSE)]
        senses = self._concepts.senses(plain.words)
        before = tuple(self._before(message.context, plain, words)) if message.context else ()
        blocks = (
            tuple(_runs(words)),
            plain.words,
            tuple(self._stem(word) for word in words if len(word) > 4),
            tuple(_in_order(senses)),
            tuple(_together(senses)),
            tuple(self._mixed(words)),
            (*self._rules(plain, hits), *_shape(message.text, len(words))),
            (*before, *_answered(message.asked, words, senses)),
            tuple(_about(self._topics.senses(plain.words), senses)),
        )
        return Read(plain, hits, blocks, len(before))

    def _mixed(self, words: Sequence[str]) -> Iterator[str]:
        of = self._concepts.of_word
        for left, right in pairwise(words):
            for concept in of(right).concepts:
                yield f"{left} <{concept}>"
            for concept in of(left).concepts:
                yield f"<{concept}> {right}"

    def _rules(self, plain: Plain, hits: Hits) -> Iterator[str]:
        if hits.harmless:
            yield "harmless"
        for hit in hits.tried:
            yield f"tried {hit.rule.id}"
        for hit in hits.kept:
            yield f"rule {hit.rule.id}"
            yield f"risk {hit.risk}"
            yield f"risk {hit.risk} {hit.rule.category}"
        for kind in spoken_of(self._lexicon, plain):
            yield f"of {kind}"

    def _before(self, context: Sequence[str], plain: Plain, words: Sequence[str]) -> Iterator[str]:
        before = self._plain("\n".join(context))
        joined = self._plain("\n".join((*context, " ".join(words))))
        said = [word for word in before.words if word not in (STOP, PAUSE)]
        yield "before"
        for word in said:
            yield f"before {word}"
        for meaning in _in_order(self._concepts.senses(before.words)):
            yield f"before <{meaning}>"
        across = self._concepts.senses([*said[-JOINT_WORDS:], *words])
        for meaning in _in_order(across):
            yield f"across <{meaning}>"
        for pair in _together(self._concepts.senses((*before.words, STOP, *plain.words))):
            yield f"across {pair}"
        for rule in self._rules(before, find_hits(self._lexicon, before)):
            yield f"before {rule}"
        for rule in self._rules(joined, find_hits(self._lexicon, joined)):
            yield f"across {rule}"


def _answered(asked: str | None, words: Sequence[str], senses: Sequence[str]) -> Iterator[str]:
    """The message as an answer."""
    if asked is None:
        return
    question = f"asked {asked if asked in ASKED else 'other'}"
    yield question
    yield f"{question} #{min(len(words), 6)}"
    for word in words[:ANSWER_WORDS]:
        yield f"{question} {word}"
    for run in (words[:1], words[:2]):
        yield f"{question} ^{' '.join(run)}"
    for meaning in _in_order(senses):
        yield f"{question} <{meaning}>"


@lru_cache(maxsize=16_384)
def letters(word: str) -> tuple[str, ...]:
    """Two to six letters in a row of a word, its ends marked."""
    padded = f"<{word}>"
    return tuple(padded[at : at + size] for size in range(2, 7) for at in range(len(padded) - size + 1))


def _runs(words: Sequence[str]) -> Iterator[str]:
    yield from words
    yield from map(" ".join, pairwise(words))
    yield from map(" ".join, zip(words, words[1:], words[2:], strict=False))


def _in_order(senses: Sequence[str]) -> Iterator[str]:
    """Each meaning, those that follow it in the same sentence or the next, and three that stand side by side."""
    for sense in senses:
        if sense != BOUNDARY:
            yield sense
            if sense[-1] in "+-!":
                yield sense.rstrip("+-!")
    # In an order only being done to and denial count: all else would be too rare to learn from.
    order = [sense.replace("+", "") for sense in senses]
    for at, first in enumerate(order):
        if first == BOUNDARY:
            continue
        following = order[at + 1 : at + 1 + AHEAD]
        for second in following:
            if second != BOUNDARY:
                yield f"{first}>{second}"
        if len(following) > 1 and BOUNDARY not in following[:2]:
            yield f"{first}>{following[0]}>{following[1]}"


def _together(senses: Iterable[str]) -> Iterator[str]:
    """Meanings that stand anywhere in the same text."""
    bare = sorted({sense.rstrip("+-!") for sense in senses} - {BOUNDARY})
    for one, other in combinations(bare, 2):
        yield f"{one}&{other}"


def _about(topics: Sequence[str], senses: Sequence[str]) -> Iterator[str]:
    """What of everyday life a text speaks of, and the meanings beside it."""
    found = sorted({topic.rstrip("+-!") for topic in topics} - {BOUNDARY})
    meanings = sorted({sense.replace("+", "") for sense in senses} - {BOUNDARY})
    for topic in found:
        yield topic
        yield from (f"{topic}&{meaning}" for meaning in meanings)


def _shape(text: str, length: int) -> Iterator[str]:
    yield f"length {min(int(2 * log2(length + 1)), 14)}"
    if text.rstrip().endswith("?"):
        yield "asks at the end"
    elif "?" in text:
        yield "asks"
    if "!" in text:
        yield "calls out"
    if "..." in text or "…" in text:
        yield "trails off"
    if '"' in text or "“" in text:
        yield "quotes"
    signs = set(text)
    if signs & _LAUGHING:
        yield "laughing face"
    if signs & _CRYING:
        yield "crying face"


def load_reader() -> Reader:
    """The reader of the present lexicon, concepts and topics. Raises BrokenContent."""
    return Reader(load_lexicon(), load_concepts(), load_concepts(TOPICS))
