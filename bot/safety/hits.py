"""Where the rules of the lexicon match, after negation, general talk, the past and the present have been heard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.safety.model import Category, Risk
from bot.safety.normalise import STOP, Plain
from bot.safety.rules import Lexicon, Rule

_ESCALATES = frozenset(Category) - {Category.SUICIDE_IDEATION_INDIRECT, Category.NONE}


@dataclass(frozen=True)
class Hit:
    """A place in the plain text where a rule matched."""

    rule: Rule
    start: int
    end: int
    risk: Risk


@dataclass(frozen=True)
class Hits:
    """What the rules say: `kept` counts, `tried` matched at all."""

    tried: tuple[Hit, ...]
    kept: tuple[Hit, ...]

    @property
    def harmless(self) -> bool:
        """Whether an everyday expression or a denial took the place of every match."""
        return bool(self.tried) and not self.kept


def find_hits(lexicon: Lexicon, plain: Plain) -> Hits:
    """All matches in a text, and those that count."""
    signs, rule_of = lexicon.signs, lexicon.rule_of
    found = tuple(
        Hit(rule_of[number], match.start() + 1, match.end(), rule_of[number].risk)
        for number in signs.worth_trying(plain.words)
        for match in signs.patterns[number].regex.finditer(plain.text)
    )
    covering = [hit for hit in found if hit.rule.covers or hit.rule.risk is Risk.NONE]
    kept = (
        _weighed(lexicon, plain, hit)
        for hit in found
        if hit.rule.risk is not Risk.NONE and not any(_covers(other, hit) for other in covering)
    )
    return Hits(found, tuple(hit for hit in kept if hit is not None))


def spoken_of(lexicon: Lexicon, plain: Plain) -> list[str]:
    """Which of general talk, the past, what goes on and the present a text speaks of."""
    kinds = {"talk": lexicon.talk, "past": lexicon.past, "still": lexicon.still, "now": lexicon.now}
    return [name for name, signs in kinds.items() if signs.any_in(plain.text, plain.words)]


def _weighed(lexicon: Lexicon, plain: Plain, hit: Hit) -> Hit | None:
    rule = hit.rule
    begin, sentence = _sentence(plain, hit)
    words = sentence.split()
    before = plain.text[begin : hit.start].rstrip()
    if not rule.fixed and lexicon.negated.search(f" {before.rpartition(',')[2].strip()}"):
        return None
    if rule.bare and lexicon.talk.any_in(sentence, words):
        return None
    if rule.fixed or rule.risk is not Risk.HIGH:
        return hit
    if rule.category in _ESCALATES and lexicon.now.any_in(sentence, words):
        return Hit(rule, hit.start, hit.end, Risk.IMMINENT)
    if _only_past(lexicon, sentence, words):
        return Hit(rule, hit.start, hit.end, Risk.ELEVATED)
    return hit


def _only_past(lexicon: Lexicon, sentence: str, words: Sequence[str]) -> bool:
    return lexicon.past.any_in(sentence, words) and not lexicon.still.any_in(sentence, words)


def _covers(other: Hit, hit: Hit) -> bool:
    """Whether `other` explains `hit`: it lies around it and is not the same sign."""
    if other.rule is hit.rule or not (other.start <= hit.start and hit.end <= other.end):
        return False
    if other.rule.risk is Risk.NONE:
        return True
    return not hit.rule.covers


def _sentence(plain: Plain, hit: Hit) -> tuple[int, str]:
    """Where the sentence around a match begins, and the sentence."""
    begin = plain.text.rfind(f" {STOP} ", 0, hit.start)
    begin = begin + 2 if begin >= 0 else 0
    end = plain.text.find(f" {STOP} ", hit.end)
    return begin, plain.text[begin : end + 1 if end >= 0 else len(plain.text)]
