"""Articles on rights and services to turn to: what they hold and when they may be shown. Pure."""

from __future__ import annotations

import re
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


CONFIDENCES = ("V", "V2", "M", "D")
"""V: text read in a public copy, V2: read on another page, M: from memory, D: an inference of one's own."""


@dataclass(frozen=True)
class Citation:
    """Where a statement comes from: law, article, paragraph, its state, and one of CONFIDENCES."""

    law: str
    article: str
    state: str
    confidence: str
    paragraph: str = ""

    def names(self, law: str) -> bool:
        """Whether it cites this law, however it is spaced and capitalised."""
        return law_key(self.law) == law_key(law)

    @property
    def source(self) -> str:
        """The place in the law on one line."""
        return " ".join(filter(None, (self.law, self.article, self.paragraph)))


def law_key(law: str) -> str:
    """A law's name for comparing: "UU  12/2022" and "uu 12/2022" are one."""
    return " ".join(law.casefold().split())


UNITS: Mapping[str, timedelta] = {
    "jam": timedelta(hours=1),
    "hari kerja": timedelta(days=1),
    "hari": timedelta(days=1),
    "minggu": timedelta(weeks=1),
    "bulan": timedelta(days=30),
    "tahun": timedelta(days=365),
}
"""Units of a deadline with about how long they last, for putting the shortest first."""

PLACE = re.compile(r"ID(-[A-Z]{2}(-\d{2})?)?|\d{2}(\d{2})?")
"""Where an article holds: ID for all of Indonesia, a region's ISO code (ID-AC) or its official number (11, 1171)."""

WITHIN = re.compile(rf"(?:(\d{{1,3}})×)?(\d{{1,4}}) ({'|'.join(UNITS)})( sebelum berakhir)?")
"""How a deadline is written: 72 jam, 3×24 jam, 3 hari kerja, 7 hari sebelum berakhir."""


@dataclass(frozen=True)
class Deadline:
    """A period that may be running, as WITHIN writes it; `runs_for`: whether the client or an agency has to keep it."""

    label: Mapping[str, str]
    within: str
    runs_for: str = "client"

    @property
    def lasts(self) -> timedelta:
        """About how long it is."""
        found = WITHIN.fullmatch(self.within)
        return int(found[1] or 1) * int(found[2]) * UNITS[found[3]] if found else timedelta.max


@dataclass(frozen=True)
class Words:
    """An article in one language. `practice`: where practice differs from the law; `body` is Markdown, may be empty."""

    title: str
    questions: tuple[str, ...]
    short: str
    steps: tuple[str, ...]
    limits: tuple[str, ...]
    who: tuple[str, ...]
    body: str = ""
    practice: tuple[str, ...] = ()


@dataclass(frozen=True)
class Article:
    """One topic on rights or procedure.

    `regions`: where it holds, if not in all of `jurisdiction`. `irreversible`: it describes a step that can't be taken
    back. `open_question`: for staff, never for clients.
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
    regions: tuple[str, ...] = ()
    services: tuple[str, ...] = ()

    def standing(self, today: date) -> Standing:
        """Expired after `valid_until`, whoever reviewed it; reviewed only when an agency has adopted it."""
        if today > self.valid_until:
            return Standing.EXPIRED
        return Standing.REVIEWED if self.adopted else Standing.UNREVIEWED

    def words_in(self, lang: str) -> Words:
        """The words in `lang`, or in Indonesian where nobody has translated them."""
        return self.words.get(lang) or self.words["id"]

    def applies_in(self, region: str | None) -> bool:
        """National articles apply everywhere; those of regions only in them and in their parts (ID-AC, ID-AC-01)."""
        places = self.regions or (self.jurisdiction,)
        if places == (NATIONAL,):
            return True
        return region is not None and any(
            region == place or region.startswith(place if place.isdigit() else f"{place}-") for place in places
        )

    @property
    def by_urgency(self) -> tuple[Deadline, ...]:
        """The deadlines that the client has to keep, the shortest first, then those of agencies."""
        return tuple(sorted(self.deadlines, key=lambda deadline: (deadline.runs_for != "client", deadline.lasts)))

    def cites(self, law: str) -> bool:
        """Whether one of the citations names this law."""
        return any(citation.names(law) for citation in self.citations)


@dataclass(frozen=True)
class Shown:
    """An article as readers get it. `version` names the text exactly; `in_doubt`: a law that it cites has changed."""

    article: Article
    version: str
    in_doubt: bool = False


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
    """What a search found, best first; `none` is true when nothing fits well enough to be shown.

    `asks`: two may fit, and neither well enough; `results` are these two, for asking which one is meant.
    """

    results: tuple[Found, ...]
    none: bool
    asks: bool = False


@dataclass(frozen=True)
class Region:
    """A province by its two digits, or a regency or city by its four (codes of the ministry of home affairs).

    Of a province also: other names that people write, its code in ISO 3166-2 and of the statistics office (BPS), the
    provinces that it borders on by land, and its regencies and cities.
    """

    code: str
    name: str
    also: tuple[str, ...] = ()
    iso: str = ""
    bps: str = ""
    borders: tuple[str, ...] = ()
    parts: tuple[Region, ...] = ()


@dataclass(frozen=True)
class Service:
    """A service that clients may be told of; its number only under the rules of `may_show`.

    `region` is the official code of a province or regency; None for the whole country.
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
