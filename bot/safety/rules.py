"""Reads data/safety/lexicon.yml and compiles its patterns; how they are written is explained in that file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from bot.config import ROOT
from bot.content import BrokenContent, Node, read_yaml
from bot.lexicon import load_slang
from bot.safety.model import Category, Risk
from bot.safety.normalise import Normaliser

LEXICON = ROOT / "data" / "safety" / "lexicon.yml"

# Elements may be separated by a comma, never by the end of a sentence.
_JOIN = r" (?:, )?"
_FIELDS = frozenset(
    ("sets", "signs", "negators", "negation_may_skip", "talk", "past", "still", "now", "keep", "spelling", "language")
)
_ELEMENT = re.compile(r"^[\w@'’*|!.-]+\??$")


@dataclass(frozen=True)
class Needed:
    """What must be among the words of a text before a pattern is worth trying."""

    words: frozenset[str]
    beginnings: tuple[str, ...]


@dataclass(frozen=True)
class Pattern:
    """One compiled pattern of a rule."""

    regex: re.Pattern[str]
    needed: Needed


@dataclass(frozen=True)
class Rule:
    """A sign of danger, or (risk none) of an everyday expression."""

    id: str
    risk: Risk
    category: Category
    patterns: tuple[Pattern, ...]
    covers: bool
    bare: bool
    fixed: bool


class Signs:
    """Patterns found by the words of a text, so that only a few of several hundred have to be tried."""

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        self.patterns = tuple(patterns)
        self._by_word: dict[str, list[int]] = {}
        self._by_beginning: dict[str, list[int]] = {}
        for number, pattern in enumerate(self.patterns):
            for word in pattern.needed.words:
                self._by_word.setdefault(word, []).append(number)
            for beginning in pattern.needed.beginnings:
                self._by_beginning.setdefault(beginning, []).append(number)
        self._lengths = sorted({len(beginning) for beginning in self._by_beginning})
        self._of_word = lru_cache(maxsize=4096)(self._find)

    def worth_trying(self, words: Iterable[str]) -> list[int]:
        """The numbers of the patterns that may match a text of these words, in the order of the lexicon."""
        numbers: set[int] = set()
        for word in words:
            numbers.update(self._of_word(word))
        return sorted(numbers)

    def any_in(self, text: str, words: Iterable[str]) -> bool:
        """Whether one of the patterns matches."""
        return any(self.patterns[number].regex.search(text) for number in self.worth_trying(words))

    def _find(self, word: str) -> tuple[int, ...]:
        found = list(self._by_word.get(word, ()))
        for length in self._lengths:
            if length > len(word):
                break
            found.extend(self._by_beginning.get(word[:length], ()))
        return tuple(found)


@dataclass(frozen=True)
class Lexicon:
    """All of lexicon.yml, ready for use; `rule_of[n]` is the rule of pattern `n` of `signs`."""

    normaliser: Normaliser
    rules: tuple[Rule, ...]
    signs: Signs
    rule_of: tuple[Rule, ...]
    negated: re.Pattern[str]
    talk: Signs
    past: Signs
    still: Signs
    now: Signs
    language: Mapping[str, frozenset[str]]


@cache
def load_lexicon(path: Path = LEXICON) -> Lexicon:
    """Read and compile the lexicon. Raises BrokenContent."""
    node = read_yaml(path)
    node.only(_FIELDS)
    compiler = _Compiler(node)
    seen: set[str] = set()
    rules = []
    for item in node.child("signs").each():
        rule = _rule(item, compiler)
        if rule.id in seen:
            raise item.child("id").broken("is used twice")
        seen.add(rule.id)
        rules.append(rule)
    negators = compiler.choice(node.child("negators"), node.child("negators").texts())
    skipped = compiler.choice(node.child("negation_may_skip"), node.child("negation_may_skip").texts())
    return Lexicon(
        normaliser=compiler.normaliser,
        rules=tuple(rules),
        signs=Signs(pattern for rule in rules for pattern in rule.patterns),
        rule_of=tuple(rule for rule in rules for _ in rule.patterns),
        negated=re.compile(rf" {negators}(?: {skipped}){{0,4}}$"),
        talk=Signs(compiler.patterns(node.child("talk"))),
        past=Signs(compiler.patterns(node.child("past"))),
        still=Signs(compiler.patterns(node.child("still"))),
        now=Signs(compiler.patterns(node.child("now"))),
        language={lang: frozenset(node.child("language").child(lang).texts()) for lang in ("id", "en")},
    )


def _rule(node: Node, compiler: _Compiler) -> Rule:
    node.only(("id", "risk", "category", "patterns", "covers", "bare", "fixed"))
    risk = Risk(node.child("risk").one_of([risk.value for risk in Risk]))
    category = Category(node.child("category").one_of([category.value for category in Category]))
    if (risk is Risk.NONE) != (category is Category.NONE):
        raise node.child("category").broken("must be none when, and only when, the risk is none")
    flags = {name: found.yes() if (found := node.find(name)) else False for name in ("covers", "bare", "fixed")}
    return Rule(node.child("id").text(), risk, category, compiler.patterns(node.child("patterns")), **flags)


class _Compiler:
    """Turns the lines of the lexicon into regular expressions over plain text."""

    def __init__(self, node: Node) -> None:
        spelling = node.child("spelling")
        kept = set(node.child("keep").texts())
        slang = {word: normal for word, normal in load_slang().items() if word not in kept}
        respelt = spelling.keys()
        slang |= {word: spelling.child(word).text() for word in respelt}
        self.normaliser = Normaliser(slang)
        sets = node.child("sets")
        names = sets.keys()
        self._sets = {name: sets.child(name).texts() for name in names}
        self._no = self.choice(node.child("negators"), node.child("negators").texts())

    def patterns(self, node: Node) -> tuple[Pattern, ...]:
        """The patterns of a list."""
        return tuple(self._pattern(item) for item in node.each())

    def choice(self, node: Node, words: Iterable[str]) -> str:
        """A group that matches any of the words, each in plain spelling; `@name` stands for the words of a set."""
        return f"(?:{'|'.join(sorted(self._forms(node, words), key=len, reverse=True))})"

    def _pattern(self, node: Node) -> Pattern:
        parts: list[str] = []
        best: Needed | None = None
        gap = False
        for element in node.text().split():
            if element == "..":
                gap = True
                continue
            if not _ELEMENT.match(element):
                raise node.broken(f"{element!r} is not understood")
            optional = element.endswith("?")
            words = element.rstrip("?").split("|")
            # What lies between may not turn the meaning round: "has never hit me".
            between = rf"(?: (?!{self._no} )[^ .]+){{0,4}}" if gap and parts else ""
            group = f"{between}{_JOIN}{self.choice(node, words)}"
            parts.append(f"(?:{group})?" if optional else group)
            gap = False
            if not optional:
                needed = self._needed(node, words)
                best = needed if best is None or _rarer(needed, best) else best
        if best is None:
            raise node.broken("must hold at least one word that is not optional")
        # The first separator is the blank before the first word.
        return Pattern(re.compile(f"{''.join(parts)}(?= )".replace(_JOIN, " ", 1)), best)

    def _needed(self, node: Node, words: Iterable[str]) -> Needed:
        exact: set[str] = set()
        beginnings: set[str] = set()
        for word in self._words(node, words):
            if word.endswith("*"):
                beginnings.add(word[:-1])
            else:
                exact.add(self._plain(word.partition("!")[0])[0])
        return Needed(frozenset(exact), tuple(sorted(beginnings)))

    def _forms(self, node: Node, words: Iterable[str]) -> set[str]:
        forms: set[str] = set()
        for word in self._words(node, words):
            if word.endswith("*"):
                forms.add(re.escape(word[:-1]) + "[^ ]*")
            else:
                base, _, after = word.partition("!")
                forms.add(re.escape(" ".join(self._plain(base))) + (rf"(?! {re.escape(after)} )" if after else ""))
        return forms

    def _plain(self, word: str) -> tuple[str, ...]:
        return self.normaliser.plain(word).words

    def _words(self, node: Node, words: Iterable[str]) -> Iterable[str]:
        for word in words:
            if not word.startswith("@"):
                yield word
            elif word[1:] in self._sets:
                yield from self._sets[word[1:]]
            else:
                raise BrokenContent(node.file, node.line, node.field, f"there is no set {word[1:]!r}")


def _rarer(one: Needed, other: Needed) -> bool:
    return len(one.words) + 3 * len(one.beginnings) < len(other.words) + 3 * len(other.beginnings)
