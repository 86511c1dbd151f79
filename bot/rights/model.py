"""Articles on rights and services to turn to: what they hold and when they may be shown. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

NATIONAL = "ID"

WIB = timedelta(hours=7)
"""The Indonesian office day: articles and services expire by the date in Jakarta."""


def local_day(now: datetime) -> date:
    """The date in Jakarta at a moment in UTC."""
    return (now + WIB).date()


class Standing(StrEnum):
    """What a reader is told about an article."""

    REVIEWED = "reviewed"
    UNREVIEWED = "unreviewed"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Citation:
    """Where a statement comes from; `confidence`: V text read, V2 read on another page, M from memory."""

    law: str
    article: str
    state: str
    confidence: str


@dataclass(frozen=True)
class Deadline:
    """A period that may be running; `runs_for` says whether the client or an agency has to keep it."""

    label: Mapping[str, str]
    within: str
    runs_for: str = "client"


@dataclass(frozen=True)
class Words:
    """An article in one language; `body` is Markdown and may be empty."""

    title: str
    questions: tuple[str, ...]
    short: str
    steps: tuple[str, ...]
    limits: tuple[str, ...]
    who: tuple[str, ...]
    body: str = ""


@dataclass(frozen=True)
class Article:
    """One topic on rights or procedure.

    `irreversible`: it describes a step that can't be taken back. `open_question`: for staff, never for clients.
    """

    code: str
    slug: str
    topics: tuple[str, ...]
    audience: str
    adopted: bool
    agency: str | None
    author: str
    reviewer: str | None
    reviewed_on: date | None
    compiled_on: date
    valid_until: date
    jurisdiction: str
    problem_types: tuple[str, ...]
    related: tuple[str, ...]
    deadlines: tuple[Deadline, ...]
    citations: tuple[Citation, ...]
    words: Mapping[str, Words]
    irreversible: bool = False
    open_question: str | None = None

    def standing(self, today: date) -> Standing:
        """Expired after `valid_until`, whoever reviewed it; reviewed only when an agency has adopted it."""
        if today > self.valid_until:
            return Standing.EXPIRED
        return Standing.REVIEWED if self.adopted else Standing.UNREVIEWED

    def words_in(self, lang: str) -> Words:
        """The words in `lang`, or in Indonesian where nobody has translated them."""
        return self.words.get(lang) or self.words["id"]

    def applies_in(self, region: str | None) -> bool:
        """National articles apply everywhere; those of a region only in it and in its parts (ID-AC, ID-AC-01)."""
        if self.jurisdiction == NATIONAL:
            return True
        return region is not None and (region == self.jurisdiction or region.startswith(f"{self.jurisdiction}-"))


THEMES: Mapping[str, tuple[str, ...]] = {
    "home": tuple(f"R{n:02}" for n in range(1, 15)),
    "help": tuple(f"R{n:02}" for n in range(15, 20)),
    "family": tuple(f"R{n:02}" for n in range(20, 25)),
    "sexual": tuple(f"R{n:02}" for n in range(25, 31)),
    "children": tuple(f"R{n:02}" for n in range(31, 34)),
    "groups": tuple(f"R{n:02}" for n in range(34, 39)),
    "places": ("R41", "R42"),
    "data": ("R39", "R40"),
}
"""The themes under which the starter articles are listed; others stand under `more`."""


def by_theme(articles: Iterable[Article]) -> dict[str, list[Article]]:
    """Articles under their themes, in the order of the themes; empty themes are left out."""
    theme_of = {code: theme for theme, codes in THEMES.items() for code in codes}
    grouped: dict[str, list[Article]] = {theme: [] for theme in (*THEMES, "more")}
    for article in articles:
        grouped[theme_of.get(article.code, "more")].append(article)
    return {theme: found for theme, found in grouped.items() if found}


@dataclass(frozen=True)
class Found:
    """One search result; `score` runs from 0 to 1."""

    article: Article
    score: float


@dataclass(frozen=True)
class SearchResult:
    """What a search found, best first; `none` is true when nothing fits well enough to be shown."""

    results: tuple[Found, ...]
    none: bool


@dataclass(frozen=True)
class Region:
    """A province by its BPS code; `also` are other names that people write."""

    code: str
    name: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Service:
    """A service that clients may be told of; its number only under the rules of `may_show`.

    `region` is the BPS code of a province or regency; None for the whole country.
    """

    code: str
    name: Mapping[str, str]
    kind: str
    tel: str | None
    tel_alt: str | None
    wa: str | None
    web: str | None
    email: str | None
    hours: Mapping[str, str]
    does: Mapping[str, str]
    categories: tuple[str, ...]
    crisis: tuple[str, ...]
    always_shown: bool
    never_alone: bool
    conflicting: bool
    tested_on: date | None
    tested_by: str | None
    expires_after_days: int
    reports_to_police: str
    confidence: str
    warning: Mapping[str, str] | None
    region: str | None = None

    @property
    def expires_on(self) -> date | None:
        """The last day on which the test counts; None when nobody tested it."""
        if self.tested_on is None or self.tested_by is None:
            return None
        return self.tested_on + timedelta(days=self.expires_after_days)

    def tested(self, today: date) -> bool:
        """Whether somebody tested the number and the test has not expired."""
        if self.tested_on is None or self.expires_on is None:
            return False
        return self.tested_on <= today <= self.expires_on

    def may_show(self, today: date, *, production: bool) -> bool:
        """Emergency numbers always; a number with conflicting sources never; others when tested (in a demo: marked)."""
        if self.always_shown:
            return True
        if self.conflicting:
            return False
        return self.tested(today) or not production

    def reaches(self, region: str | None) -> bool:
        """Whether it works where the person is: national ones everywhere, others only where the person said to be."""
        return self.region is None or (region is not None and region.startswith(self.region))

    def serves(self, category: str | None) -> bool:
        """Whether it answers to a problem type or a crisis category; every service answers to None."""
        return category is None or category in self.categories or category in self.crisis
