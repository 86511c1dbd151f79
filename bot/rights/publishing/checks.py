"""What is missing or wrong in an article before it may go to the reviewers. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from bot.rights.model import PLACE, WITHIN, Article, Words
from bot.rights.publishing.model import LONGEST_VALID
from bot.rights.publishing.plain import PlainRules, forbidden

LONGEST_SHORT = 700
"""Characters of a short answer that is read on a phone at a glance; Telegram takes 4096."""
LEAST_QUESTIONS = 3


@dataclass(frozen=True)
class Problem:
    """What stops an article: the field, such as id.short or citations, and the rule; `words` where some are meant."""

    field: str
    rule: str
    words: str = ""


def problems(article: Article, today: date, rules: PlainRules) -> list[Problem]:
    """Everything that stops the article, in the order of the form."""
    found = [*_frame(article, today), *_languages(article)]
    return found + [Problem(item.field, item.rule, item.words) for item in forbidden(article, rules)]


def _frame(article: Article, today: date) -> Iterator[Problem]:
    if not article.citations:
        yield Problem("citations", "missing")
    for citation in article.citations:
        if not (citation.law and citation.state):
            yield Problem("citations", "incomplete", citation.source)
    for deadline in article.deadlines:
        if not WITHIN.fullmatch(deadline.within) or not all(deadline.label.values()):
            yield Problem("deadlines", "incomplete", deadline.within)
    if not all(PLACE.fullmatch(place) for place in (article.jurisdiction, *article.regions)):
        yield Problem("regions", "no_region")
    if article.valid_until <= today:
        yield Problem("valid_until", "over")
    elif article.valid_until > today + LONGEST_VALID:
        yield Problem("valid_until", "too_far")


def _languages(article: Article) -> Iterator[Problem]:
    for lang, words in sorted(article.words.items(), reverse=True):
        for field, rule in _words(words):
            yield Problem(f"{lang}.{field}", rule)
    if not article.words["id"].body:
        yield Problem("id.body", "missing")


def _words(words: Words) -> Iterator[tuple[str, str]]:
    for field in ("title", "short", "steps", "limits", "who"):
        if not getattr(words, field):
            yield field, "missing"
    if len(words.questions) < LEAST_QUESTIONS:
        yield "questions", "few"
    if len(words.short) > LONGEST_SHORT:
        yield "short", "too_long"
