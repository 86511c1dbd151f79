"""The language of an article: what must not stand in it, and what could be said more plainly in Indonesian."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bot.config import ROOT
from bot.content import read_yaml
from bot.rights.model import Article, Words

PLAIN = ROOT / "data" / "lexicon" / "plain.yml"

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
_MARKUP = re.compile(r"[*_#>`|]+|\]\([^)]*\)|\[")
_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_ASIDE = re.compile(r"\([^()]*\)|\bSumber:.*")
"""Citations stand in parentheses or behind "Sumber:"; they are not language, and their length does no harm."""
EXCERPT = 80


@dataclass(frozen=True)
class Finding:
    """Something in the words: `field` such as id.short, `rule`, the words meant, and what could stand instead."""

    field: str
    rule: str
    words: str
    instead: str = ""


@dataclass(frozen=True)
class PlainRules:
    """What data/lexicon/plain.yml says."""

    longest_sentence: int
    most_passives: int
    never: Mapping[str, re.Pattern[str]]
    not_passive: frozenset[str]
    jargon: Mapping[str, str]
    jargon_pattern: re.Pattern[str]


@cache
def plain_rules(path: Path = PLAIN) -> PlainRules:
    """The rules, read once. Raises BrokenContent."""
    node = read_yaml(path)
    node.only(("longest_sentence", "most_passives", "never", "not_passive", "jargon"))
    never, jargon = node.child("never"), node.child("jargon")
    instead = {word: jargon.child(word).text() for word in jargon.keys()}  # noqa: SIM118  # a Node is no mapping
    longest_first = sorted(instead, key=len, reverse=True)
    return PlainRules(
        longest_sentence=node.child("longest_sentence").whole(),
        most_passives=node.child("most_passives").whole(),
        never={
            rule: re.compile(rf"(?<!\w)(?:{'|'.join(never.child(rule).texts())})(?!\w)", re.IGNORECASE)
            for rule in never.keys()  # noqa: SIM118  # a Node is no mapping
        },
        not_passive=frozenset(node.child("not_passive").texts()),
        jargon=instead,
        jargon_pattern=re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})(?:nya)?\b", re.IGNORECASE),
    )


def forbidden(article: Article, rules: PlainRules) -> list[Finding]:
    """Directives, promises, prison terms and fines: these stop an article, in both languages."""
    return [Finding(field, rule, words) for field, text in _told(article) for rule, words in never_said(text, rules)]


def never_said(text: str, rules: PlainRules) -> list[tuple[str, str]]:
    """Each directive, promise or punishment in a text of either language: the rule's name and the words meant."""
    return [(rule, found[0]) for rule, pattern in rules.never.items() for found in pattern.finditer(text)]


def harder_than_needed(article: Article, rules: PlainRules) -> list[Finding]:
    """Advice on the Indonesian text, which stops nothing: untold deadlines, long sentences, passives, jargon."""
    findings = list(_deadlines_left_out(article))
    for field, text in _told(article):
        if not field.startswith("id."):
            continue
        for sentence in _sentences(text):
            findings += _about(field, sentence, rules)
        findings += _jargon(field, text, rules)
    return findings


def _deadlines_left_out(article: Article) -> Iterator[Finding]:
    """What runs out for the client is of no use to somebody who reads only the short answer in the chat."""
    for deadline in article.by_urgency:
        if deadline.runs_for == "client" and deadline.within not in article.words["id"].short:
            yield Finding("id.short", "deadline", deadline.within)


def _about(field: str, sentence: str, rules: PlainRules) -> Iterator[Finding]:
    words = _WORD.findall(sentence)
    if len(words) > rules.longest_sentence:
        yield Finding(field, "long", _excerpt(sentence), str(len(words)))
    passives = [word for word in words if _is_passive(word.casefold(), rules)]
    if len(passives) > rules.most_passives:
        yield Finding(field, "passive", _excerpt(sentence), ", ".join(passives))


def _is_passive(word: str, rules: PlainRules) -> bool:
    return word.startswith("di") and len(word) > 4 and word.removesuffix("nya") not in rules.not_passive


def _jargon(field: str, text: str, rules: PlainRules) -> Iterator[Finding]:
    seen = set()
    for found in rules.jargon_pattern.finditer(text):
        word = found[0].casefold()
        known = word if word in rules.jargon else word.removesuffix("nya")
        if known not in seen:
            seen.add(known)
            yield Finding(field, "jargon", found[0], rules.jargon[known])


def _sentences(text: str) -> Iterator[str]:
    # Twice: ayat (1) stands in parentheses within a citation.
    for sentence in _SENTENCE_END.split(_MARKUP.sub(" ", _ASIDE.sub("", _ASIDE.sub("", text)))):
        if sentence.strip():
            yield sentence.strip()


def _excerpt(sentence: str) -> str:
    return sentence if len(sentence) <= EXCERPT else f"{sentence[: EXCERPT - 1].rstrip()}…"


def _told(article: Article) -> Iterator[tuple[str, str]]:
    """Everything that readers are told, by field; questions are people's own words."""
    for lang, words in article.words.items():
        for name, text in _parts(words):
            yield f"{lang}.{name}", text


def _parts(words: Words) -> Iterator[tuple[str, str]]:
    yield "title", words.title
    yield "short", words.short
    for name in ("steps", "limits", "practice"):
        yield name, "\n".join(getattr(words, name))
    yield "body", words.body
