"""Who can help near a person: what the chat asks of the directory, in one place."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import date

from bot.counselling.model import Directory
from bot.rights.directory import Contact, contacts_for, offered_regions, place, services
from bot.rights.model import Service
from bot.rights.regions import region_named
from bot.rights.services.known import Known

MOST_NEAR = 5
"""Services named beside the emergency numbers; the whole list stands on the public page."""


def make_directory(today: Callable[[], date], *, production: bool, known: Known = services) -> Directory:
    """What the dialogue may ask the directory; `today` decides which tests of numbers still count."""

    def near(problems: tuple[str, ...], lang: str, region: str | None) -> str:
        day, all_known = today(), known()
        contacts: dict[str, Contact] = {}
        for problem in problems or (None,):
            for one in contacts_for(problem, lang, today=day, production=production, region=region, known=all_known):
                contacts.setdefault(one.code, one)
        return in_lines([contacts[code] for code in _nearest_first(contacts, all_known)], lang)

    def named(text: str) -> str | None:
        found = region_named(text, known())
        return found.code if found else None

    return Directory(below=lambda above: below(above, known()), named=named, near=near)


def below(above: str | None, known: Sequence[Service]) -> tuple[tuple[str, str], ...]:
    """The regions to choose from: provinces, or what lies in one of them; only where there is a service."""
    if above is None:
        return tuple((province.code, province.name) for province in offered_regions(known))
    province, served = place(above), {service.region for service in known}
    parts = province.parts if province is not None else ()
    return tuple((part.code, part.name) for part in parts if part.code in served)


def _nearest_first(codes: Collection[str], known: Sequence[Service]) -> list[str]:
    """The smaller the region, the nearer; what must not stand alone comes last, as everywhere."""
    by_code = {service.code: service for service in known}
    return sorted(codes, key=lambda code: (by_code[code].never_alone, -len(by_code[code].region or "")))


def in_lines(contacts: Sequence[Contact], lang: str) -> str:
    """One line each: what fits first, the emergency numbers last."""
    others = [contact for contact in contacts if not contact.emergency][:MOST_NEAR]
    emergency = [contact for contact in contacts if contact.emergency]
    return "\n".join(f"• {contact.line(lang)}" for contact in (*others, *emergency))
