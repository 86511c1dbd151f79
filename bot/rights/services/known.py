"""Both sources of the directory as one: the starters in the files, and what agencies keep in the database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from bot.content import LANGS
from bot.rights.directory import services
from bot.rights.model import Service
from bot.rights.services import store
from bot.rights.services.model import ASSURED_FOR, EXTENSION, Entry, Organisation, Phone, Schedule, Status, said
from bot.storage.unit_of_work import UnitOfWork

Known = Callable[[], Sequence[Service]]


@dataclass(frozen=True)
class Listed:
    """An entry as the public gets it. `agency`: who keeps it, None for a starter; `always`: it stands untested too."""

    entry: Entry
    agency: str | None = None
    always: bool = False


class Directory:
    """What contacts are taken from, in memory: whoever is in danger waits for no database.

    It begins with the files; `refresh` adds what agencies keep. While the database is slow or gone, what was known last
    goes on to hold, and each test of a number still ends on its day.
    """

    def __init__(self) -> None:
        self._known = services()

    def known(self) -> Sequence[Service]:
        """The services, as contacts_for wants them."""
        return self._known

    def refresh(self, uow: UnitOfWork) -> None:
        """Read anew what agencies keep."""
        self._known = together(services(), [kept.entry for kept in store.everything(uow)])


def together(starters: Sequence[Service], entries: Iterable[Entry]) -> tuple[Service, ...]:
    """The starters whose place no agency's entry has taken, and the active entries as contacts."""
    kept = list(entries)
    adopted = taken_over(kept)
    contacts = (contact for entry in kept if entry.status is Status.ACTIVE for contact in contacts_of(entry))
    return (*(s for s in starters if s.always_shown or s.code not in adopted), *contacts)


def taken_over(entries: Iterable[Entry]) -> frozenset[str]:
    """Codes of starters that are not shown any more: an agency saw to its own entry, or says that it closed."""
    return frozenset(entry.code for entry in entries if entry.status is not Status.INACTIVE)


def contacts_of(entry: Entry) -> list[Service]:
    """An entry as a contact for each of its areas: its best number, else its page or mail."""
    phone = entry.best_phone
    if phone is None and not entry.url and not entry.email:
        return []
    written = phone is not None and phone.kind in ("whatsapp", "text")
    contact = Service(
        code=entry.code or entry.id,
        name=_in_both(entry, "name"),
        kind="hotline" if phone else "online",
        tel=phone.said if phone and not written else None,
        tel_alt=None,
        wa=phone.said if phone and written else None,
        web=entry.url or None,
        email=entry.email or None,
        hours={
            lang: "; ".join(said(hours, "description", lang).text for hours in entry.schedules if hours.description)
            for lang in LANGS
        },
        does=_in_both(entry, "description"),
        categories=entry.categories,
        crisis=(),
        always_shown=False,
        never_alone=entry.never_alone,
        conflicting=False,
        tested_on=phone.tested_on if phone else entry.assured_date,
        tested_by=(phone.tested_by if phone else entry.assured_by) or None,
        expires_after_days=phone.expires_after_days if phone else ASSURED_FOR.days,
        reports_to_police=entry.reports_to_police,
        confidence="A",
        warning=_in_both(entry, "alert") if entry.alert else None,
    )
    return [replace(contact, region=area) for area in entry.areas or (None,)]


def entry_of_starter(service: Service) -> Entry:
    """A service of the files as an entry that nobody has tested."""
    numbers = [(service.tel, "voice"), (service.tel_alt, "voice"), (service.wa, "whatsapp")]
    return Entry(
        id=service.code,
        code=service.code,
        organisation=Organisation(service.code, service.name["id"]),
        name=service.name["id"],
        name_en=service.name["en"],
        description=service.does["id"],
        description_en=service.does["en"],
        url=_address(service.web),
        email=service.email or "",
        status=Status.ACTIVE,
        categories=tuple(dict.fromkeys((*service.categories, *service.crisis))),
        areas=(service.region,) if service.region else (),
        alert=service.warning["id"] if service.warning else "",
        alert_en=service.warning["en"] if service.warning else "",
        reports_to_police=service.reports_to_police,
        never_alone=service.never_alone,
        phones=tuple(_phone(number, kind, service) for number, kind in numbers if number),
        schedules=(Schedule(description=service.hours["id"], description_en=service.hours["en"]),),
    )


def listed(uow: UnitOfWork, today: date, *, production: bool) -> list[Listed]:
    """Everything of the directory that the public gets today: what agencies keep, and starters that none adopted."""
    kept = store.everything(uow)
    names = store.agency_names(uow)
    adopted = taken_over(one.entry for one in kept)
    found = []
    for one in kept:
        shown = one.entry.shown(today, production=production)
        if shown is not None:
            found.append(Listed(shown, names[one.agency]))
    for service in services():
        if service.code in adopted or not service.may_show(today, production=production):
            continue
        entry = entry_of_starter(service)
        shown = entry if service.always_shown else entry.shown(today, production=production)
        if shown is not None:
            found.append(Listed(shown, None, service.always_shown))
    return found


def _in_both(entry: Entry, name: str) -> dict[str, str]:
    return {lang: said(entry, name, lang).text for lang in LANGS}


def _address(web: str | None) -> str:
    return "" if web is None else web if web.startswith("https://") else f"https://{web}"


def _phone(number: str, kind: str, service: Service) -> Phone:
    plain, _, extension = number.partition(" ext ")
    assert EXTENSION.fullmatch(extension), number
    days = service.expires_after_days
    return Phone(plain, kind, extension, "", service.tested_on, service.tested_by or "", days)
