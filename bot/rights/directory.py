"""Which services a client is told of, in short lines for messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from bot.content import BrokenContent
from bot.rights.content import REGIONS, SERVICES, load_regions, load_services
from bot.rights.model import Region, Service

UNTESTED = {"id": "belum diuji", "en": "not yet tested"}
FALLBACK_LANG = "id"

EMERGENCY = ("110", "112", "119")
"""These always stand, whatever else a file says or lacks."""

PROVINCE = 2
"""Digits of a province's code; a regency's code goes on from there."""

MOST_OTHERS = 2
"""Services named beside the emergency numbers in one message; more would bury them."""


@dataclass(frozen=True)
class Contact:
    """One way to reach a service, ready to be shown; `untested` ones carry a mark and appear in a demo only."""

    code: str
    name: str
    number: str
    web: str | None
    does: str
    hours: str
    warning: str | None
    emergency: bool
    untested: bool

    def line(self, lang: str) -> str:
        """The contact on one line."""
        text = self.name if self.number in self.name else f"{self.name}: {self.number}"
        return f"{text} ({UNTESTED.get(lang, UNTESTED[FALLBACK_LANG])})" if self.untested else text


@cache
def services(folder: Path = SERVICES) -> tuple[Service, ...]:
    """The services of the data files, read once. Raises BrokenContent, also where an emergency number is missing."""
    known = load_services(folder)
    missing = [number for number in EMERGENCY if not any(s.always_shown and s.tel == number for s in known)]
    if missing:
        raise BrokenContent(folder, 1, "always_shown", f"must be true for {', '.join(missing)}, which always stand")
    for service in known:
        if service.region is not None and place(service.region) is None:
            raise BrokenContent(folder, 1, f"{service.code}.region", f"is no code of {REGIONS.name}")
    return known


@cache
def regions() -> tuple[Region, ...]:
    """The provinces by their official codes, with their regencies and cities, read once. Raises BrokenContent."""
    return load_regions()


@cache
def _places() -> Mapping[str, Region]:
    return {place.code: place for region in regions() for place in (region, *region.parts)}


def place(code: str) -> Region | None:
    """The province, regency or city of an official code."""
    return _places().get(code)


@cache
def _provinces() -> Mapping[str, str]:
    return {name.casefold(): region.code for region in regions() for name in (region.name, *region.also)}


def province_code(name: str) -> str:
    """The code of a province by its name or by what people call it; any other name as it is."""
    return _provinces().get(name.casefold(), name)


def offered_regions(known: Sequence[Service] | None = None) -> tuple[Region, ...]:
    """The provinces that have a service of their own: where it would change nothing, nobody is asked."""
    served = {s.region[:PROVINCE] for s in (services() if known is None else known) if s.region is not None}
    return tuple(region for region in regions() if region.code in served)


def further_routes(category: str, *, today: date, known: Sequence[Service]) -> list[Service]:
    """What stands beside the emergency numbers in production, wherever a person is and whether they say so or not.

    A line that must not stand alone is no such route.
    """
    return [
        service
        for service in known
        if service.serves(category)
        and service.region is None
        and not (service.always_shown or service.never_alone or service.conflicting)
        and service.tested(today)
    ]


def contacts_for(
    category: str | None,
    lang: str,
    *,
    today: date,
    production: bool,
    region: str | None = None,
    known: Sequence[Service] | None = None,
) -> list[Contact]:
    """The contacts for a problem type or crisis category, emergency numbers first, the fitting ones in front.

    110, 112 and 119 always; a number with conflicting sources never; others only when tested and not expired, or,
    outside production, marked as untested. Those of the person's region come before the national ones, those of other
    regions never. A service that must not stand alone comes only after other routes.
    """
    known = services() if known is None else known
    shown = [s for s in known if s.may_show(today, production=production) and s.reaches(region)]
    emergency = sorted((s for s in shown if s.always_shown), key=lambda s: not s.serves(category))
    others = sorted(
        (s for s in shown if not s.always_shown and s.serves(category)),
        key=lambda s: (s.never_alone, -len(s.region or "")),
    )
    if all(service.never_alone for service in (*emergency, *others)):
        return []
    # One that serves several regions may reach the person twice.
    once = {service.code: service for service in reversed((*emergency, *others))}
    return [_contact(service, lang, today) for service in reversed(once.values())]


def contacts_text(
    category: str | None,
    lang: str,
    *,
    today: date,
    production: bool,
    region: str | None = None,
    known: Sequence[Service] | None = None,
) -> str:
    """The contacts as short lines for a message: the emergency numbers and at most two others."""
    contacts = contacts_for(category, lang, today=today, production=production, region=region, known=known)
    emergency = [contact for contact in contacts if contact.emergency]
    others = [contact for contact in contacts if not contact.emergency][:MOST_OTHERS]
    return "\n".join(contact.line(lang) for contact in (*emergency, *others))


def _contact(service: Service, lang: str, today: date) -> Contact:
    def words(pair: Mapping[str, str]) -> str:
        return pair.get(lang) or pair[FALLBACK_LANG]

    return Contact(
        code=service.code,
        name=words(service.name),
        number=service.tel or service.wa or service.web or service.email or "",
        web=service.web,
        does=words(service.does),
        hours=words(service.hours),
        warning=words(service.warning) if service.warning else None,
        emergency=service.always_shown,
        untested=not service.always_shown and not service.tested(today),
    )
