"""Who can help near a person: what the chat asks of the directory, in one place."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import date

from bot.counselling.model import Directory
from bot.rights.directory import PROVINCE, Contact, contacts_for, offered_regions, services
from bot.rights.model import Region
from bot.rights.regions import region_named

MOST_NEAR = 5
"""Services named beside the emergency numbers; the whole list stands on the public page."""


def make_directory(today: Callable[[], date], *, production: bool) -> Directory:
    """What the dialogue may ask the directory; `today` decides which tests of numbers still count."""

    def near(problems: tuple[str, ...], lang: str, region: str | None) -> str:
        contacts: dict[str, Contact] = {}
        for problem in problems or (None,):
            for one in contacts_for(problem, lang, today=today(), production=production, region=region):
                contacts.setdefault(one.code, one)
        return in_lines([contacts[code] for code in _nearest_first(contacts)], lang)

    def named(text: str) -> str | None:
        found = region_named(text)
        return found.code if found else None

    return Directory(below=below, named=named, near=near)


def below(above: str | None, offered: Sequence[Region] | None = None) -> tuple[tuple[str, str], ...]:
    """The regions to choose from: provinces, or what lies in one of them; only where there is a service."""
    known = offered_regions() if offered is None else offered
    if above is None:
        return tuple((one.code, one.name) for one in known if len(one.code) == PROVINCE)
    return tuple((one.code, one.name) for one in known if len(one.code) > PROVINCE and one.code.startswith(above))


def _nearest_first(codes: Collection[str]) -> list[str]:
    """The smaller the region, the nearer; what must not stand alone comes last, as everywhere."""
    known = {service.code: service for service in services()}
    return sorted(codes, key=lambda code: (known[code].never_alone, -len(known[code].region or "")))


def in_lines(contacts: Sequence[Contact], lang: str) -> str:
    """One line each: what fits first, the emergency numbers last."""
    others = [contact for contact in contacts if not contact.emergency][:MOST_NEAR]
    emergency = [contact for contact in contacts if contact.emergency]
    return "\n".join(f"• {contact.line(lang)}" for contact in (*others, *emergency))
