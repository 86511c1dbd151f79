"""The editor's form: fields into an entry, by way of the same reader that files go through."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from itertools import zip_longest
from typing import Any

from starlette.datastructures import FormData

from bot.rights.services.files import read_files
from bot.rights.services.hsds import clean
from bot.rights.services.model import DAYS, Entry, Organisation, Phone, Schedule

IN_ENGLISH = (
    *("name_en", "description_en", "eligibility_description_en", "fees_description_en"),
    *("application_process_en", "alert_en"),
)
TEXTS = (
    *("name", "description", "eligibility_description", "fees_description", "application_process", "alert"),
    *("url", "email", "status", "reports_to_police"),
    *IN_ENGLISH,
)
ORGANISATION = ("name", "description", "website", "email")
BLANK_ROWS = 2
"""Empty rows below those that are filled, so that nobody needs a script to add one."""

_PHONE = ("number", "type", "extension", "description", "expires_after_days")
_SCHEDULE = ("from", "to", "opens_at", "closes_at", "timezone", "description", "description_en")
_LOCATION = ("id", "name", "region", "address_1", "postal_code", "transportation", "accessibility")


@dataclass(frozen=True)
class Filled:
    """What stands in the form: `values` of single fields, `chosen` topics, and the rows of its tables."""

    values: Mapping[str, str]
    chosen: frozenset[str]
    phones: list[dict[str, str]]
    schedules: list[dict[str, str]]
    locations: list[dict[str, str]]


def form_of(entry: Entry) -> Filled:
    """The form that holds an entry."""
    ages = {name: getattr(entry, name) for name in ("minimum_age", "maximum_age")}
    values = {name: str(getattr(entry, name)) for name in TEXTS}
    values |= {f"organisation_{name}": getattr(entry.organisation, name) for name in ORGANISATION}
    values |= {name: "" if age is None else str(age) for name, age in ages.items()}
    values |= {name: ", ".join(getattr(entry, name)) for name in ("areas", "languages")}
    values |= {name: "yes" if getattr(entry, name) else "" for name in ("never_alone", "confidential_location")}
    values["required_documents"] = "\n".join(entry.required_documents)
    phones = [
        dict(
            zip(
                _PHONE, (one.number, one.kind, one.extension, one.description, str(one.expires_after_days)), strict=True
            )
        )
        for one in entry.phones
    ]
    schedules = [
        dict(zip(_SCHEDULE, (*days, *list(asdict(one).values())[1:]), strict=True))
        for one in entry.schedules
        for days in day_ranges(one)
    ]
    locations = [dict(zip(_LOCATION, asdict(one).values(), strict=True)) for one in entry.locations]
    return Filled(values, frozenset(entry.categories), phones, schedules, locations)


def form_sent(sent: FormData) -> Filled:
    """The form as somebody sent it, to be shown again."""
    values = {name: str(value) for name, value in sent.multi_items() if isinstance(value, str)}
    shown = {name: values.get(name, "") for name in form_of(Entry("x", Organisation("x", "x"), "x")).values}
    chosen = frozenset(str(code) for code in sent.getlist("categories"))
    phones, schedules = _rows(sent, "phone", _PHONE), _rows(sent, "schedule", _SCHEDULE)
    return Filled(shown, chosen, phones, schedules, _rows(sent, "location", _LOCATION))


def read_form(sent: FormData, base: Entry, new_id: Callable[[], str]) -> Entry:
    """The entry that a form holds; what the form does not show stays as in `base`.

    Raises BrokenContent with the field's path in HSDS.
    """
    fields: dict[str, Any] = {name: _text(sent, name) for name in TEXTS}
    fields |= {
        "id": base.id,
        "code": base.code,
        "organization": {name: _text(sent, f"organisation_{name}") for name in ORGANISATION}
        | {"id": base.organisation.id},
        "minimum_age": _whole(sent, "minimum_age"),
        "maximum_age": _whole(sent, "maximum_age"),
        "never_alone": bool(sent.get("never_alone")),
        "confidential_location": bool(sent.get("confidential_location")),
        "required_documents": [{"document": line} for line in _text(sent, "required_documents").splitlines() if line],
        "attributes": [{"taxonomy_term": {"code": code}} for code in sent.getlist("categories")],
        "service_areas": [{"extent": code} for code in _codes(sent, "areas")],
        "languages": [{"code": code.lower()} for code in _codes(sent, "languages")],
        "phones": _phones(sent),
        "schedules": _schedules(sent),
        "service_at_locations": _locations(sent, new_id),
        "assured_date": base.assured_date.isoformat() if base.assured_date else "",
        "assured_by": base.assured_by,
    }
    (entry,) = read_files([("formulir.json", json.dumps(_filled(fields)).encode())])
    return entry


def day_ranges(schedule: Schedule) -> list[tuple[str, str]]:
    """Opening days as stretches of the week, each from its first to its last day."""
    found: list[tuple[str, str]] = []
    for day in sorted(schedule.days, key=DAYS.index):
        if found and DAYS.index(found[-1][1]) + 1 == DAYS.index(day):
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found or [("", "")]


def _phones(sent: FormData) -> list[dict[str, Any]]:
    rows = _rows(sent, "phone", _PHONE)
    return [
        row | {"expires_after_days": _number(row["expires_after_days"]) or Phone("0").expires_after_days}
        for row in rows
        if row["number"]
    ]


def _schedules(sent: FormData) -> list[dict[str, Any]]:
    rows = _rows(sent, "schedule", _SCHEDULE)
    found = []
    for row in rows:
        first, last = row.pop("from"), row.pop("to")
        if first in DAYS:
            until = DAYS.index(last) if last in DAYS else DAYS.index(first)
            row["byday"] = ",".join(DAYS[DAYS.index(first) : until + 1]) or first
        if row.get("byday") or row["description"] or row["description_en"]:
            found.append(row)
    return found


def _locations(sent: FormData, new_id: Callable[[], str]) -> list[dict[str, Any]]:
    return [
        {
            "location": {
                "id": row["id"] or new_id(),
                "name": row["name"],
                "transportation": row["transportation"],
                "addresses": [{name: row[name] for name in ("address_1", "postal_code", "region") if row[name]}],
                "accessibility": [{"description": row["accessibility"]}] if row["accessibility"] else [],
            }
        }
        for row in _rows(sent, "location", _LOCATION)
        if row["name"] or row["address_1"]
    ]


def _rows(sent: FormData, prefix: str, names: tuple[str, ...]) -> list[dict[str, str]]:
    """The columns of a small table of inputs, as rows; where a column is short, nothing was typed."""
    columns = [[clean(str(value)) for value in sent.getlist(f"{prefix}_{name}")] for name in names]
    return [dict(zip(names, row, strict=True)) for row in zip_longest(*columns, fillvalue="")]


def _filled(value: Any) -> Any:
    """Without what was left empty, at any depth."""
    if isinstance(value, dict):
        return {name: _filled(part) for name, part in value.items() if part not in ("", None, [])}
    return [_filled(part) for part in value] if isinstance(value, list) else value


def _text(sent: FormData, name: str) -> str:
    return clean(str(sent.get(name, "")))


def _whole(sent: FormData, name: str) -> int | str | None:
    return _number(_text(sent, name))


def _number(text: str) -> int | str | None:
    """The number; what is none stays as it is, for the reader to refuse."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else text or None


def _codes(sent: FormData, name: str) -> list[str]:
    return [code for code in re.split(r"[\s,;]+", _text(sent, name)) if code]
