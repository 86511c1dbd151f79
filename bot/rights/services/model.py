"""The directory of services after Open Referral's HSDS 3: what an entry holds and what of it may be shown. Pure.

Names of fields follow HSDS where it has one; what it lacks (tests of numbers, confidential places, official codes of
regions) is added under names of our own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from enum import StrEnum

ASSURED_FOR = timedelta(days=90)
"""How long it counts that somebody looked through an entry; longer than any number's test."""

DEFAULT_EXPIRY = 60
"""Days that a test of a number counts, unless its entry says otherwise; MOST_DAYS at most."""
MOST_DAYS = 90

PHONE_KINDS = ("voice", "whatsapp", "text", "cell", "fax", "textphone")
"""The kinds of HSDS that are in use here, and WhatsApp."""
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
TIMEZONES = ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura")
"""WIB, WITA and WIT."""
REPORTS = ("yes", "no", "unknown")

NUMBER = re.compile(r"\+?[0-9][0-9 ()./-]{1,28}")
EXTENSION = re.compile(r"[0-9]{0,8}")
CODE = re.compile(r"[A-Z][A-Z0-9]{1,11}")
ID = re.compile(r"[A-Za-z0-9_-]{1,60}")
CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
LANGUAGE = re.compile(r"[a-z]{2,3}")
TOPIC = re.compile(r"[a-z0-9_]{1,40}")
WEB = re.compile(r"https://[^\s<>\"']{3,300}")
MAIL = re.compile(r"[^\s@<>\"']{1,64}@[^\s@<>\"']{3,190}")
POSTAL_CODE = re.compile(r"(\d{5})?")

_ADDRESS = re.compile(
    r"\b(?:jl|jln|jalan|gang|gg|komplek|kompleks|perumahan|blok|kav|kavling|rt|rw|dusun|street|road|avenue)\b\.?\s*[\w/]"
    r"|\bno\.?\s*\d+\s*[a-z]?\b(?!\s*(?:tahun|/))"
    r"|\b\d{5}\b(?!\d)"
    r"|-?\d{1,3}\.\d{4,}\s*[,;]\s*-?\d{1,3}\.\d{4,}"
    r"|maps\.app|goo\.gl|google\.\w+/maps|openstreetmap|waze\.com|what3words|plus\.codes",
    re.IGNORECASE,
)
"""How an address, a place on a map or a postal code is written."""


class Status(StrEnum):
    """HSDS: only an active service is told to anybody; closed ones are kept for their agency."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    DEFUNCT = "defunct"
    CLOSED = "temporarily closed"


class AddressOfConfidential(ValueError):
    """A confidential place would come to hold an address; the message is the field, never the address."""


@dataclass(frozen=True)
class Organisation:
    """Who runs services (HSDS organization)."""

    id: str
    name: str
    description: str = ""
    website: str = ""
    email: str = ""


@dataclass(frozen=True)
class Phone:
    """A number, with the day on which somebody of the agency `tested_by` called it and got through."""

    number: str
    kind: str = "voice"
    extension: str = ""
    description: str = ""
    tested_on: date | None = None
    tested_by: str = ""
    expires_after_days: int = DEFAULT_EXPIRY

    @property
    def expires_on(self) -> date | None:
        """The last day on which the test counts; None when nobody tested it."""
        if self.tested_on is None or not self.tested_by:
            return None
        return self.tested_on + timedelta(days=self.expires_after_days)

    def tested(self, today: date) -> bool:
        """Whether somebody tested it and the test has not expired."""
        if self.tested_on is None or self.expires_on is None:
            return False
        return self.tested_on <= today <= self.expires_on

    @property
    def untested(self) -> Phone:
        """The same number as if nobody had called it yet."""
        return replace(self, tested_on=None, tested_by="")

    @property
    def said(self) -> str:
        """As people write it: 119 ext 8."""
        return f"{self.number} ext {self.extension}" if self.extension else self.number

    def same(self, other: Phone) -> bool:
        """Whether both lead to the same place."""
        return (self.number, self.extension, self.kind) == (other.number, other.extension, other.kind)


@dataclass(frozen=True)
class Schedule:
    """Opening hours on some days of the week, in local time; where hours are told in words alone, `description`."""

    days: tuple[str, ...] = ()
    opens_at: str = ""
    closes_at: str = ""
    timezone: str = "Asia/Jakarta"
    description: str = ""
    description_en: str = ""


@dataclass(frozen=True)
class Location:
    """A place where people may go (HSDS location with its address); `region` is an official code."""

    id: str
    name: str
    region: str
    address: str
    postal_code: str = ""
    transportation: str = ""
    accessibility: str = ""


@dataclass(frozen=True)
class Entry:
    """One service with whom runs it, how it is reached and where it is given.

    `areas`: official codes of regions that it works in, none for the whole country. `categories`: problem types and
    crisis categories. `reports_to_police`: one of REPORTS. `confidential_location`: it has a place that nobody may
    learn; such an entry with an address anywhere in it can't be made: AddressOfConfidential. What ends in `_en` is the
    same in English (see `said`).
    """

    id: str
    organisation: Organisation
    name: str
    name_en: str = ""
    code: str = ""
    description: str = ""
    description_en: str = ""
    url: str = ""
    email: str = ""
    status: Status = Status.INACTIVE
    categories: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    eligibility_description: str = ""
    eligibility_description_en: str = ""
    minimum_age: int | None = None
    maximum_age: int | None = None
    required_documents: tuple[str, ...] = ()
    fees_description: str = ""
    fees_description_en: str = ""
    languages: tuple[str, ...] = ()
    application_process: str = ""
    application_process_en: str = ""
    alert: str = ""
    alert_en: str = ""
    reports_to_police: str = "unknown"
    never_alone: bool = False
    assured_date: date | None = None
    assured_by: str = ""
    confidential_location: bool = False
    locations: tuple[Location, ...] = ()
    phones: tuple[Phone, ...] = ()
    schedules: tuple[Schedule, ...] = ()

    def __post_init__(self) -> None:
        if not self.confidential_location:
            return
        if self.locations:
            raise AddressOfConfidential("locations")
        for name, text in self.texts():
            if looks_like_address(text):
                raise AddressOfConfidential(name)

    def texts(self) -> list[tuple[str, str]]:
        """Every text of the entry that somebody typed, by the field's name."""
        own = [(field.name, getattr(self, field.name)) for field in fields(self)]
        found = [(name, text) for name, text in own if type(text) is str and name not in ("id", "code")]
        found += [("required_documents", text) for text in self.required_documents]
        found += [("phones", phone.description) for phone in self.phones]
        found += [("schedules", text) for one in self.schedules for text in (one.description, one.description_en)]
        about = self.organisation
        return [*found, *(("organisation", text) for text in (about.name, about.description, about.website))]

    def assured(self, today: date) -> bool:
        """Whether somebody looked through the entry and that is not too long ago."""
        if self.assured_date is None or not self.assured_by:
            return False
        return self.assured_date <= today <= self.assured_date + ASSURED_FOR

    def shown(self, today: date, *, production: bool) -> Entry | None:
        """The entry as the public gets it, None where it gets nothing.

        Never an inactive one. In production a number only with a test that counts, and an entry without such a number
        only while it counts as looked through. A demo shows every number; expired tests are no tests anywhere.
        """
        if self.status is not Status.ACTIVE:
            return None
        phones = tuple(phone if phone.tested(today) else phone.untested for phone in self.phones)
        if production:
            phones = tuple(phone for phone in phones if phone.tested_on is not None)
        assured = self.assured(today)
        if production and not phones and not assured:
            return None
        return replace(
            self,
            phones=phones,
            assured_date=self.assured_date if assured else None,
            assured_by=self.assured_by if assured else "",
        )

    def serves(self, category: str | None) -> bool:
        """Whether it answers to a problem type or crisis category; every service answers to None."""
        return category is None or category in self.categories

    @property
    def best_phone(self) -> Phone | None:
        """The number whose test counts longest, the first of those that nobody tested."""
        return max(self.phones, key=lambda phone: phone.expires_on or date.min, default=None)


@dataclass(frozen=True)
class Said:
    """A text with the language that it is in."""

    text: str
    lang: str


def said(part: Entry | Schedule, name: str, lang: str) -> Said:
    """A text of an entry in a language; in Indonesian where nobody wrote it in that one."""
    english: str = getattr(part, f"{name}_en") if lang == "en" else ""
    return Said(english, "en") if english else Said(getattr(part, name), "id")


def looks_like_address(text: str) -> bool:
    """Whether a text holds something that could lead somebody to a door."""
    return _ADDRESS.search(text) is not None
