"""Entries of the directory as objects of HSDS 3, nested as its API has them, and back; a wrong one names its field.

Beside the standard: `confidential_location`, `code`, `reports_to_police`, `never_alone`, `assured_by` of a service;
`_en` after the name of a text of a service or schedule, for the same in English; `tested_on`, `tested_by`,
`expires_after_days` of a phone, `region` (an official code) of an address, and `whatsapp` as a type of phone. Fields of
the standard that are not kept here are passed over, others are refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date
from typing import Any, TypeVar

from bot.content import Node
from bot.rights.directory import place
from bot.rights.services.model import (
    CLOCK,
    CODE,
    DAYS,
    DEFAULT_EXPIRY,
    EXTENSION,
    ID,
    LANGUAGE,
    MAIL,
    MOST_DAYS,
    NUMBER,
    PHONE_KINDS,
    POSTAL_CODE,
    REPORTS,
    TIMEZONES,
    TOPIC,
    WEB,
    AddressOfConfidential,
    Entry,
    Location,
    Organisation,
    Phone,
    Schedule,
    Status,
)

T = TypeVar("T")

LONGEST_NAME, LONGEST_TEXT, LONGEST_LIST = 200, 2000, 60
OLDEST = 120

_HARMFUL = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
"""Control characters, and those that make a text read otherwise than it is written."""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PASSED_OVER: Mapping[str, frozenset[str]] = {
    "service": _names("""
        organization_id program_id program alternate_name interpretation_services wait_time fees accreditations licenses
        assurer_email last_modified contacts funding metadata cost_options capacities service_units additional_urls
    """),
    "organization": _names("""
        alternate_name additional_websites tax_status tax_id year_incorporated legal_status logo uri contacts phones
        parent_organization_id funding locations programs organization_identifiers attributes metadata
    """),
    "location": _names("""
        organization_id alternate_name description url latitude longitude external_identifier external_identifier_type
        location_type languages contacts phones schedules attributes metadata
    """),
    "address": _names("""
        id location_id attention address_2 city state_province country address_type attributes metadata
    """),
    "phone": _names("""
        id service_id location_id organization_id contact_id service_at_location_id languages attributes metadata
    """),
    "schedule": _names("""
        id service_id location_id service_at_location_id valid_from valid_to dtstart until count interval wkst freq
        byweekno bymonthday byyearday schedule_link attending_type notes attributes metadata
    """),
}

_SERVICE = frozenset(Entry.__dataclass_fields__) - {"organisation", "categories", "areas", "locations"} | {
    *("organization", "attributes", "service_areas", "service_at_locations")
}


def clean(text: str) -> str:
    """A text without what can't be seen or does harm, and without space around it."""
    return _HARMFUL.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")).strip()


def as_hsds(entry: Entry) -> dict[str, Any]:
    """An entry as a `service` of HSDS with everything in it; nothing where there is nothing."""
    own = {name: getattr(entry, name) for name in Entry.__dataclass_fields__ if name in _SERVICE}
    own |= {
        "status": entry.status.value,
        "organization": _filled(asdict(entry.organisation)),
        "service_areas": [_area(entry.id, number, code) for number, code in enumerate(entry.areas)],
        "required_documents": [
            {"id": f"{entry.id}-document-{number}", "document": text}
            for number, text in enumerate(entry.required_documents)
        ],
        "languages": [{"id": f"{entry.id}-{code}", "code": code, "name": code} for code in entry.languages],
        "attributes": [_attribute(entry.id, topic) for topic in entry.categories],
        "phones": [_phone_out(entry.id, number, phone) for number, phone in enumerate(entry.phones)],
        "schedules": [_schedule_out(entry.id, number, item) for number, item in enumerate(entry.schedules)],
        "service_at_locations": [
            {"id": f"{entry.id}-{location.id}", "location": _location_out(location)} for location in entry.locations
        ],
    }
    # false is said, so that nobody has to guess.
    return _filled(own) | {"confidential_location": entry.confidential_location}


def entry_of(node: Node) -> Entry:
    """The entry in a `service` of HSDS. Raises BrokenContent, also for an address in a confidential one."""
    node.only(_SERVICE | _PASSED_OVER["service"])
    low, high = (_number(node, name, OLDEST) for name in ("minimum_age", "maximum_age"))
    if low is not None and high is not None and low > high:
        raise node.child("maximum_age").broken("must not be below minimum_age")
    try:
        return Entry(
            id=_matching(node.child("id"), ID, "must be letters, digits, hyphens and underscores"),
            organisation=_organisation(node.child("organization")),
            name=_text(node, "name", LONGEST_NAME, needed=True),
            name_en=_text(node, "name_en", LONGEST_NAME),
            code=_pattern(node, "code", CODE, "must look like S129"),
            description=_text(node, "description"),
            description_en=_text(node, "description_en"),
            url=_pattern(node, "url", WEB, "must begin with https://"),
            email=_pattern(node, "email", MAIL, "must be an e-mail address"),
            status=Status(found.one_of(tuple(Status))) if (found := node.find("status")) else Status.INACTIVE,
            categories=_each(node, "attributes", _topic),
            areas=_each(node, "service_areas", _area_code),
            eligibility_description=_text(node, "eligibility_description"),
            eligibility_description_en=_text(node, "eligibility_description_en"),
            minimum_age=low,
            maximum_age=high,
            required_documents=_each(node, "required_documents", _document),
            fees_description=_text(node, "fees_description"),
            fees_description_en=_text(node, "fees_description_en"),
            languages=_each(node, "languages", _language),
            application_process=_text(node, "application_process"),
            application_process_en=_text(node, "application_process_en"),
            alert=_text(node, "alert"),
            alert_en=_text(node, "alert_en"),
            reports_to_police=found.one_of(REPORTS) if (found := node.find("reports_to_police")) else "unknown",
            never_alone=found.yes() if (found := node.find("never_alone")) else False,
            assured_date=found.day() if (found := node.find("assured_date")) else None,
            assured_by=_text(node, "assured_by", LONGEST_NAME),
            confidential_location=found.yes() if (found := node.find("confidential_location")) else False,
            locations=_each(node, "service_at_locations", _at_location),
            phones=_each(node, "phones", _phone),
            schedules=_each(node, "schedules", _schedule),
        )
    except AddressOfConfidential as refused:
        field = (
            "service_at_locations"
            if str(refused) == "locations"
            else str(refused).replace("organisation", "organization")
        )
        raise node.child(field).broken("must hold no address: the place is confidential") from None


def _area(service: str, number: int, code: str) -> dict[str, Any]:
    there = place(code)
    name = there.name if there else code
    return {"id": f"{service}-area-{number}", "name": name, "extent": code, "extent_type": "region"}


def _attribute(service: str, topic: str) -> dict[str, Any]:
    term = {"id": topic, "code": topic, "name": topic}
    return {"id": f"{service}-{topic}", "link_entity": "service", "taxonomy_term": term}


def _phone_out(service: str, number: int, phone: Phone) -> dict[str, Any]:
    said = asdict(phone)
    said["type"] = said.pop("kind")
    return {"id": f"{service}-phone-{number}"} | _filled(said)


def _schedule_out(service: str, number: int, schedule: Schedule) -> dict[str, Any]:
    said = asdict(schedule)
    said["byday"] = ",".join(said.pop("days"))
    said["freq"] = "WEEKLY" if said["byday"] else None
    return {"id": f"{service}-schedule-{number}"} | _filled(said)


def _location_out(location: Location) -> dict[str, Any]:
    address = {
        "id": f"{location.id}-address",
        "address_1": location.address,
        "region": location.region,
        "postal_code": location.postal_code,
        "country": "ID",
        "address_type": "physical",
    }
    accessibility = {"id": f"{location.id}-accessibility", "description": location.accessibility}
    said = {
        "id": location.id,
        "location_type": "physical",
        "name": location.name,
        "transportation": location.transportation,
        "addresses": [_filled(address)],
        "accessibility": [accessibility] if location.accessibility else [],
    }
    return _filled(said)


def _filled(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What is there; dates written 2026-11-21."""
    kept = {
        name: value
        for name, value in fields.items()
        if value is not None and value is not False and value not in ("", [], ())
    }
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in kept.items()}


def _organisation(node: Node) -> Organisation:
    node.only(frozenset(Organisation.__dataclass_fields__) | _PASSED_OVER["organization"])
    return Organisation(
        id=_matching(node.child("id"), ID, "must be letters, digits, hyphens and underscores"),
        name=_text(node, "name", LONGEST_NAME, needed=True),
        description=_text(node, "description"),
        website=_pattern(node, "website", WEB, "must begin with https://"),
        email=_pattern(node, "email", MAIL, "must be an e-mail address"),
    )


def _at_location(node: Node) -> Location:
    location = node.child("location")
    location.only({"id", "name", "transportation", "addresses", "accessibility"} | _PASSED_OVER["location"])
    address = next(location.child("addresses").each(), None)
    if address is None:
        raise location.child("addresses").broken("must name one address")
    address.only({"address_1", "postal_code", "region"} | _PASSED_OVER["address"])
    access = next(found.each(), None) if (found := location.find("accessibility")) else None
    return Location(
        id=_matching(location.child("id"), ID, "must be letters, digits, hyphens and underscores"),
        name=_text(location, "name", LONGEST_NAME, needed=True),
        region=_region(address.child("region")),
        address=_text(address, "address_1", needed=True),
        postal_code=_pattern(address, "postal_code", POSTAL_CODE, "must be five digits"),
        transportation=_text(location, "transportation"),
        accessibility=_text(access, "description") if access else "",
    )


def _phone(node: Node) -> Phone:
    own = {"number", "type", "extension", "description", "tested_on", "tested_by", "expires_after_days"}
    node.only(own | _PASSED_OVER["phone"])
    return Phone(
        number=_matching(node.child("number"), NUMBER, "must be a number such as 0811-1234-5678"),
        kind=found.one_of(PHONE_KINDS) if (found := node.find("type")) else "voice",
        extension=_pattern(node, "extension", EXTENSION, "must be digits"),
        description=_text(node, "description"),
        tested_on=found.day() if (found := node.find("tested_on")) else None,
        tested_by=_text(node, "tested_by", LONGEST_NAME),
        expires_after_days=_number(node, "expires_after_days", MOST_DAYS, 1) or DEFAULT_EXPIRY,
    )


def _schedule(node: Node) -> Schedule:
    own = {"byday", "opens_at", "closes_at", "timezone", "description", "description_en"}
    node.only(own | _PASSED_OVER["schedule"])
    byday = node.find("byday")
    days = tuple(byday.text().split(",")) if byday else ()
    if byday and (set(days) - set(DAYS) or len(set(days)) != len(days)):
        raise byday.broken(f"must be some of {','.join(DAYS)}")
    return Schedule(
        days=days,
        opens_at=_pattern(node, "opens_at", CLOCK, "must look like 08:00"),
        closes_at=_pattern(node, "closes_at", CLOCK, "must look like 16:00"),
        timezone=found.one_of(TIMEZONES) if (found := node.find("timezone")) else TIMEZONES[0],
        description=_text(node, "description"),
        description_en=_text(node, "description_en"),
    )


def _topic(node: Node) -> str:
    term = node.child("taxonomy_term")
    return _matching(term.child("code"), TOPIC, "must be the code of a topic")


def _area_code(node: Node) -> str:
    return _region(node.child("extent"))


def _document(node: Node) -> str:
    return _text(node, "document", LONGEST_NAME, needed=True)


def _language(node: Node) -> str:
    return _matching(node.child("code"), LANGUAGE, "must be a code such as id, jv or en")


def _region(node: Node) -> str:
    if place(node.text()) is None:
        raise node.broken("is no code of regions.yml")
    return node.text()


def _each(node: Node, key: str, read: Callable[[Node], T]) -> tuple[T, ...]:
    found = node.find(key)
    items = tuple(read(item) for item in found.each()) if found else ()
    if found and len(items) > LONGEST_LIST:
        raise found.broken(f"must have at most {LONGEST_LIST} parts")
    if found and len(set(items)) != len(items):
        raise found.broken("names one part twice")
    return items


def _text(node: Node, key: str, longest: int = LONGEST_TEXT, *, needed: bool = False) -> str:
    found = node.child(key) if needed else node.find(key)
    if found is None:
        return ""
    text = clean(found.text())
    if len(text) > longest:
        raise found.broken(f"must have at most {longest} characters")
    if needed and not text:
        raise found.broken("must be a text that is not empty")
    return text


def _pattern(node: Node, key: str, pattern: re.Pattern[str], what: str) -> str:
    found = node.find(key)
    return _matching(found, pattern, what) if found else ""


def _matching(node: Node, pattern: re.Pattern[str], what: str) -> str:
    if not pattern.fullmatch(node.text()):
        raise node.broken(what)
    return node.text()


def _number(node: Node, key: str, most: int, least: int = 0) -> int | None:
    found = node.find(key)
    if found is None:
        return None
    if type(found.value) is not int or not least <= found.value <= most:
        raise found.broken(f"must be a whole number from {least} to {most}")
    return int(found.value)
