"""Entries of a directory: one that is well filled, and all that there can be."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import strategies as st

from bot.rights.directory import regions
from bot.rights.services.hsds import clean
from bot.rights.services.model import (
    DAYS,
    MOST_DAYS,
    PHONE_KINDS,
    REPORTS,
    TIMEZONES,
    Entry,
    Location,
    Organisation,
    Phone,
    Schedule,
    Status,
    looks_like_address,
)

TODAY = date(2026, 11, 30)
PLACES = [place.code for region in regions() for place in (region, *region.parts)]

WOMEN = Organisation("org-1", "UPTD PPA Kota Contoh", website="https://ppa.contoh.test")
OFFICE = Entry(
    id="svc-1",
    organisation=WOMEN,
    name="Pendampingan korban",
    name_en="Accompaniment of people who were harmed",
    description="Mendampingi perempuan dan anak korban kekerasan.",
    description_en="Accompanies women and children who were harmed.",
    status=Status.ACTIVE,
    categories=("kdrt_fisik", "violence_now"),
    areas=("3273",),
    eligibility_description="Perempuan dan anak",
    required_documents=("KTP, bila ada",),
    fees_description="Gratis",
    languages=("id", "su"),
    application_process="Datang langsung atau telepon.",
    reports_to_police="yes",
    locations=(Location("loc-1", "Kantor", "3273", "Jl. Contoh No. 5", "40111", "Angkot 01", "Ramp kursi roda"),),
    phones=(Phone("022-555-0101"), Phone("0811-555-0102", "whatsapp")),
    schedules=(Schedule(("MO", "TU", "WE", "TH", "FR"), "08:00", "16:00"),),
)
SHELTER = replace(
    OFFICE,
    id="svc-2",
    name="Rumah aman",
    code="",
    confidential_location=True,
    locations=(),
    application_process="Lewat petugas penerima di kantor.",
)


def called(entry: Entry, day: date) -> Entry:
    """The entry with all of its numbers called on a day."""
    return replace(entry, phones=tuple(replace(phone, tested_on=day, tested_by="Rumah Aman") for phone in entry.phones))


def texts(longest: int = 60) -> st.SearchStrategy[str]:
    """What may stand in a text: anything that can be seen, in any script, over several lines."""
    return st.text(st.characters(exclude_categories=("Cs", "Cn")), max_size=longest).map(clean)


def filled(longest: int = 60) -> st.SearchStrategy[str]:
    return texts(longest).filter(bool)


IDS = st.from_regex(r"[A-Za-z0-9_-]{1,12}", fullmatch=True)
TOPICS = st.lists(st.from_regex(r"[a-z0-9_]{1,12}", fullmatch=True), unique=True, max_size=4).map(tuple)
WEBSITES = st.sampled_from(["", "https://contoh.test", "https://contoh.test/a?b=c#d"])
MAILS = st.sampled_from(["", "halo@contoh.test"])
DATES = st.none() | st.dates(date(2020, 1, 1), date(2030, 1, 1))

ORGANISATIONS = st.builds(Organisation, IDS, filled(), texts(), WEBSITES, MAILS)
LOCATIONS = st.builds(
    Location,
    IDS,
    filled(),
    st.sampled_from(PLACES),
    filled(),
    st.from_regex(r"(\d{5})?", fullmatch=True).filter(str.isascii),
    texts(),
    texts(),
)
PHONES = st.builds(
    Phone,
    st.from_regex(r"\+?[0-9][0-9 ()./-]{1,20}", fullmatch=True),
    st.sampled_from(PHONE_KINDS),
    st.sampled_from(["", "8", "123"]),
    texts(),
    DATES,
    texts(),
    st.integers(1, MOST_DAYS),
)
SCHEDULES = st.builds(
    Schedule,
    st.lists(st.sampled_from(DAYS), unique=True).map(tuple),
    st.sampled_from(["", "00:00", "08:30"]),
    st.sampled_from(["", "16:00", "23:59"]),
    st.sampled_from(TIMEZONES),
    texts(),
    texts(),
)


@st.composite
def entries(draw: st.DrawFn, *, confidential: bool | None = None) -> Entry:
    """Any entry that may be."""
    hidden = draw(st.booleans()) if confidential is None else confidential
    low, high = sorted(draw(st.tuples(st.integers(0, 120), st.integers(0, 120))))
    values = {
        "id": draw(IDS),
        "organisation": draw(ORGANISATIONS),
        "name": draw(filled()),
        "code": draw(st.sampled_from(["", "S129", "SJKTPPA"])),
        "url": draw(WEBSITES),
        "email": draw(MAILS),
        "status": draw(st.sampled_from(list(Status))),
        "categories": draw(TOPICS),
        "areas": tuple(draw(st.lists(st.sampled_from(PLACES), unique=True, max_size=3))),
        "minimum_age": draw(st.sampled_from([None, low])),
        "maximum_age": draw(st.sampled_from([None, high])),
        "required_documents": tuple(draw(st.lists(filled(), unique=True, max_size=3))),
        "languages": tuple(draw(st.lists(st.sampled_from(["id", "jv", "en", "ban"]), unique=True))),
        "reports_to_police": draw(st.sampled_from(REPORTS)),
        "never_alone": draw(st.booleans()),
        "assured_date": draw(DATES),
        "confidential_location": hidden,
        "locations": () if hidden else tuple(draw(st.lists(LOCATIONS, unique_by=lambda one: one.id, max_size=2))),
        "phones": tuple(draw(st.lists(PHONES, unique=True, max_size=3))),
        "schedules": tuple(draw(st.lists(SCHEDULES, unique=True, max_size=2))),
    }
    for name in ("description", "eligibility_description", "fees_description", "application_process", "alert"):
        values |= {name: draw(texts()), f"{name}_en": draw(texts())}
    values |= {"name_en": draw(texts()), "assured_by": draw(texts())}
    if hidden:
        values = {name: _harmless(value) for name, value in values.items()}
    return Entry(**values)


def _harmless(value: object) -> object:
    """The same without what reads as an address."""
    if type(value) is str:
        return "x" if looks_like_address(value) else value
    if isinstance(value, tuple):
        return tuple(dict.fromkeys(_harmless(part) for part in value))
    if isinstance(value, Organisation | Phone | Schedule):
        named = ("name", "description", "website")
        return replace(value, **{name: _harmless(text) for name, text in vars(value).items() if name in named})
    return value


def several(entries_: st.SearchStrategy[Entry]) -> st.SearchStrategy[list[Entry]]:
    """A directory: an organisation or a place under one id is the same everywhere in it."""
    return st.lists(entries_, unique_by=lambda entry: entry.id, max_size=4).map(_joined)


def _joined(found: list[Entry]) -> list[Entry]:
    runs: dict[str, Organisation] = {}
    places: dict[str, Location] = {}
    return [
        replace(
            entry,
            organisation=replace(runs.setdefault(entry.organisation.id, entry.organisation)),
            locations=tuple(places.setdefault(place.id, place) for place in entry.locations),
        )
        for entry in found
    ]
