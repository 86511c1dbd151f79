"""Listens for danger in a client's text: rules that say why, and a small model for what no rule names.

Needs no Rasa, no network and no database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from bot.safety.learned import LearnedModel, load_model
from bot.safety.model import RANK, Assessment, Category, Evidence, Risk
from bot.safety.normalise import STOP, Plain
from bot.safety.rules import Lexicon, Rule, load_lexicon

LONGEST = 4_000
"""Signs of text that are read: the beginning and the end of a longer one."""

MODEL_HIGH = 0.72
MODEL_IMMINENT = 0.55
MODEL_ELEVATED = 0.80
"""How sure the model must be where no rule speaks; set by cross-validation, never on the held-out set."""

_ESCALATES = {
    Category.SUICIDE_INTENT,
    Category.SELF_HARM,
    Category.VIOLENCE_NOW,
    Category.VIOLENCE_THREAT,
    Category.CHILD_DANGER,
    Category.SEXUAL_VIOLENCE_NOW,
    Category.THIRD_PARTY_DANGER,
}


@dataclass(frozen=True)
class _Hit:
    """A place in the plain text where a rule matched."""

    rule: Rule
    start: int
    end: int
    risk: Risk


class Detector:
    """`assess` is pure: the same text and context give the same assessment."""

    def __init__(self, lexicon: Lexicon, model: LearnedModel) -> None:
        self._lexicon = lexicon
        self._model = model

    def assess(self, text: str, context: Sequence[str] = ()) -> Assessment:
        """The danger in `text`; `context` are the client's texts just before, oldest first."""
        text = _shortened(text)
        plain = self._lexicon.normaliser.plain(text)
        if not plain.words:
            return Assessment()
        lang = self._language(plain)
        hits, harmless = self._hits(plain)
        own = self._by_rules(plain, hits, lang) or self._by_model(plain, harmless, text, lang)
        if own.alarm or not context:
            return own
        return self._with_context(text, _shortened(context[-1]), own)

    def _with_context(self, text: str, before: str, own: Assessment) -> Assessment:
        """A sentence cut in two by sending: what spans both texts counts, what was said before alone does not."""
        joined = f"{before} {text}"
        offset = len(before) + 1
        plain = self._lexicon.normaliser.plain(joined)
        hits, _ = self._hits(plain)
        spanning = []
        for hit in hits:
            start, end = plain.span(hit.start, hit.end)
            if start < offset < end:
                spanning.append(hit)
        found = self._by_rules(plain, spanning, own.lang)
        if found is None or RANK[found.risk] <= RANK[own.risk]:
            return own
        evidence = tuple(Evidence(max(0, e.start - offset), max(0, e.end - offset), e.rule) for e in found.evidence)
        return Assessment(found.risk, found.category, evidence, own.lang)

    def _by_rules(self, plain: Plain, hits: Sequence[_Hit], lang: str) -> Assessment | None:
        if not hits:
            return None
        top = max(hits, key=lambda hit: (RANK[hit.risk], hit.rule.covers, hit.end - hit.start))
        evidence = []
        for hit in sorted(hits, key=lambda hit: (-RANK[hit.risk], hit.start)):
            start, end = plain.span(hit.start, hit.end)
            evidence.append(Evidence(start, end, hit.rule.id))
        return Assessment(top.risk, top.rule.category, tuple(dict.fromkeys(evidence)), lang)

    def _by_model(self, plain: Plain, harmless: bool, text: str, lang: str) -> Assessment:
        guess = self._model.guess(plain)
        risk = Risk.NONE
        # Where an everyday expression or a denial explains the dangerous word, the model has no say.
        if not harmless:
            if guess.at_least[Risk.HIGH] >= MODEL_HIGH:
                risk = Risk.IMMINENT if guess.at_least[Risk.IMMINENT] >= MODEL_IMMINENT else Risk.HIGH
            elif guess.at_least[Risk.ELEVATED] >= MODEL_ELEVATED:
                risk = Risk.ELEVATED
        if risk is Risk.NONE:
            return Assessment(lang=lang)
        return Assessment(risk, guess.category, (Evidence(0, len(text), "model"),), lang)

    def _hits(self, plain: Plain) -> tuple[list[_Hit], bool]:
        """The matches that count, and whether something harmless or denied took the place of a match."""
        signs, rule_of = self._lexicon.signs, self._lexicon.rule_of
        found = [
            _Hit(rule_of[number], match.start() + 1, match.end(), rule_of[number].risk)
            for number in signs.worth_trying(plain.words)
            for match in signs.patterns[number].regex.finditer(plain.text)
        ]
        if not found:
            return [], False
        covering = [hit for hit in found if hit.rule.covers or hit.rule.risk is Risk.NONE]
        kept = []
        for hit in found:
            if hit.rule.risk is Risk.NONE or any(_covers(other, hit) for other in covering):
                continue
            weighed = self._weighed(plain, hit)
            if weighed is not None:
                kept.append(weighed)
        return kept, not kept

    def _weighed(self, plain: Plain, hit: _Hit) -> _Hit | None:
        """A match after negation, general talk, the past and the present have been heard."""
        rule = hit.rule
        begin, sentence = _sentence(plain, hit)
        words = sentence.split()
        before = plain.text[begin : hit.start].rstrip()
        if not rule.fixed and self._lexicon.negated.search(f" {before.rpartition(',')[2].strip()}"):
            return None
        if rule.bare and self._lexicon.talk.any_in(sentence, words):
            return None
        if rule.fixed or rule.risk is not Risk.HIGH:
            return hit
        if rule.category in _ESCALATES and self._lexicon.now.any_in(sentence, words):
            return _Hit(rule, hit.start, hit.end, Risk.IMMINENT)
        if self._lexicon.past.any_in(sentence, words) and not self._lexicon.still.any_in(sentence, words):
            return _Hit(rule, hit.start, hit.end, Risk.ELEVATED)
        return hit

    def _language(self, plain: Plain) -> str:
        counts = {lang: sum(word in known for word in plain.words) for lang, known in self._lexicon.language.items()}
        if counts["en"] > counts["id"]:
            return "mixed" if counts["id"] * 3 > counts["en"] else "en"
        return "mixed" if counts["en"] * 2 > counts["id"] else "id"


def _covers(other: _Hit, hit: _Hit) -> bool:
    """Whether `other` explains `hit`: it lies around it and is not the same sign."""
    if other.rule is hit.rule or not (other.start <= hit.start and hit.end <= other.end):
        return False
    if other.rule.risk is Risk.NONE:
        return True
    return not hit.rule.covers


def _sentence(plain: Plain, hit: _Hit) -> tuple[int, str]:
    """Where the sentence around a match begins, and the sentence."""
    begin = plain.text.rfind(f" {STOP} ", 0, hit.start)
    begin = begin + 2 if begin >= 0 else 0
    end = plain.text.find(f" {STOP} ", hit.end)
    return begin, plain.text[begin : end + 1 if end >= 0 else len(plain.text)]


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]}\n{text[-LONGEST // 2 :]}"


@cache
def load_detector() -> Detector:
    """The detector of the data files, ready in under two seconds. Raises BrokenContent."""
    return Detector(load_lexicon(), load_model())


def assess(text: str, context: Sequence[str] = ()) -> Assessment:
    """The danger in a client's text."""
    return load_detector().assess(text, context)


_YES = frozenset({"ya", "yes", "yep", "yeah", "betul", "benar", "pernah", "kadang", "mungkin", "maybe", "sometimes"})


def is_yes(text: str) -> bool:
    """Whether a short text says yes; for the answer to the gentle question, where a plain yes is a sign of danger."""
    words = load_lexicon().normaliser.plain(text).words
    return 0 < len(words) <= 4 and words[0] in _YES
