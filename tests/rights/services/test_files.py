"""The directory as files: nothing is lost on the way out and in, and a broken file is named with its line."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings

from bot.content import BrokenContent
from bot.rights.services.files import as_json, as_tables, as_zip, read_files
from bot.rights.services.model import Entry
from tests.rights.services.entries import OFFICE, SHELTER, TODAY, called, entries, several

BOTH = [called(OFFICE, TODAY), SHELTER]


@settings(max_examples=20, deadline=None)
@given(several(entries()))
def test_a_directory_comes_back_from_json_as_it_went(found: list[Entry]) -> None:
    assert list(read_files([("a.json", as_json(found).encode())])) == found


@settings(max_examples=20, deadline=None)
@given(several(entries()))
def test_a_directory_comes_back_from_tables_as_it_went(found: list[Entry]) -> None:
    tables = [(name, text.encode()) for name, text in as_tables(found).items()]
    assert list(read_files(tables)) == found
    if found:
        assert list(read_files([("a.zip", as_zip(found))])) == found


def test_the_json_is_that_of_the_standard() -> None:
    (service,) = json.loads(as_json([called(OFFICE, TODAY)]))
    assert service["organization"]["name"] == "UPTD PPA Kota Contoh"
    assert service["status"] == "active"
    assert service["service_areas"] == [
        {"id": "svc-1-area-0", "name": "Kota Bandung", "extent": "3273", "extent_type": "region"}
    ]
    assert service["phones"][0] == {
        "id": "svc-1-phone-0",
        "number": "022-555-0101",
        "type": "voice",
        "tested_on": "2026-11-30",
        "tested_by": "Rumah Aman",
        "expires_after_days": 60,
    }
    assert service["schedules"][0]["byday"] == "MO,TU,WE,TH,FR"
    assert service["service_at_locations"][0]["location"]["addresses"][0]["address_1"] == "Jl. Contoh No. 5"


def test_fields_of_the_standard_that_are_not_kept_are_passed_over() -> None:
    (service,) = json.loads(as_json([OFFICE]))
    service |= {"alternate_name": "PPA", "last_modified": "2026-01-01", "cost_options": []}
    service["organization"]["legal_status"] = "public"
    service["service_at_locations"][0]["location"] |= {"latitude": -6.9, "longitude": 107.6}
    assert read_files([("a.json", json.dumps(service).encode())]) == (OFFICE,)
    page = {"total_items": 1, "page_number": 1, "contents": [service]}
    assert read_files([("a.json", json.dumps(page).encode())]) == (OFFICE,)


def test_a_shared_organisation_stands_in_its_table_once() -> None:
    tables = as_tables(BOTH)
    assert len(tables["organization.csv"].splitlines()) == 2
    assert len(tables["service.csv"].splitlines()) == 3


@pytest.mark.parametrize("text", ["=1+1", "+62 21", "-x", "@x", "'x", "'=x"])
def test_a_cell_is_no_formula_and_comes_back_all_the_same(text: str) -> None:
    entry = replace(OFFICE, description=text)
    tables = as_tables([entry])
    assert f",'{text}," in tables["service.csv"]
    assert read_files([(name, part.encode()) for name, part in tables.items()]) == (entry,)


JSON = as_json(BOTH)
PHONES = "id,service_id,number,type\r\n"


@pytest.mark.parametrize(
    ("old", "new", "field", "what"),
    [
        ('"022-555-0101"', '"halo"', "0.phones.0.number", "must be a number"),
        ('"2026-11-30"', '"besok"', "0.phones.0.tested_on", "must be a date"),
        ('"active"', '"aktif"', "0.status", "must be one of"),
        ('"3273"', '"3299"', "0.service_areas.0.extent", "no code"),
        ('"08:00"', '"8"', "0.schedules.0.opens_at", "must look like"),
        ('"code": "kdrt_fisik"', '"code": "KDRT"', "0.attributes.0.taxonomy_term.code", "must be the code"),
        ('"https://ppa', '"http://ppa', "0.organization.website", "must begin with https"),
        ('"fees_description"', '"harga"', "0.harga", "is not a known field"),
        ('"application_process": "Lewat', '"application_process": "Jl. Lewat', "1.application_process", "no address"),
        ("KTP, bila ada", "", "0.required_documents.0.document", "must be a text"),
    ],
)
def test_a_broken_json_is_named_with_line_and_field(old: str, new: str, field: str, what: str) -> None:
    text = JSON.replace(old, new, 1)
    with pytest.raises(BrokenContent) as raised:
        read_files([("layanan.json", text.encode())])
    broken = raised.value
    assert (str(broken.file), broken.field) == ("layanan.json", field)
    assert what in broken.what
    assert (new or '"document": ""') in text.splitlines()[broken.line - 1]


def test_what_is_no_json_and_what_lacks_a_field_are_named_too() -> None:
    for old, new, line, what in (
        ('"active",', '"active"', None, "is not JSON"),
        ('"name": "Pendampingan korban",', "", 2, "is missing"),
    ):
        with pytest.raises(BrokenContent, match=what) as raised:
            read_files([("layanan.json", JSON.replace(old, new, 1).encode())])
        assert line in (None, raised.value.line)


def broken_table(table: str, old: str, new: str) -> BrokenContent:
    tables = as_tables(BOTH)
    tables[f"{table}.csv"] = tables[f"{table}.csv"].replace(old, new, 1)
    with pytest.raises(BrokenContent) as raised:
        read_files([(name, text.encode()) for name, text in tables.items()])
    return raised.value


@pytest.mark.parametrize(
    ("table", "old", "new", "line", "field", "what"),
    [
        ("phone", "0811-555-0102", "halo", 3, "number", "must be a number"),
        ("phone", "\r\nsvc-1-phone-1", "\r\n\r\nsvc-1-phone-0", 4, "id", "is used twice"),
        ("service", "svc-2,Rumah", "svc-2,,Rumah", 3, "", "cells"),
        ("service", "active", "aktif", 2, "status", "must be one of"),
        ("service", "false", "tidak", 2, "confidential_location", "must be true or false"),
        ("service", "org-1", "org-9", 2, "organization_id", "in no row of organization.csv"),
        ("address", "3273", "9999", 2, "region", "no code"),
        ("schedule", "08:00", "pagi", 2, "opens_at", "must look like"),
        ("organization", "https://", "ftp://", 2, "website", "must begin with"),
        ("taxonomy_term", "kdrt_fisik,kdrt_fisik", 'kdrt_fisik,"K', 2, "", "is no CSV"),
    ],
)
def test_a_broken_table_is_named_with_file_line_and_column(
    table: str, old: str, new: str, line: int, field: str, what: str
) -> None:
    broken = broken_table(table, old, new)
    assert (str(broken.file), broken.line, broken.field) == (f"{table}.csv", line, field)
    assert what in broken.what


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("a.txt", b"x", "must end with"),
        ("a.json", b"\xff", "must be UTF-8"),
        ("a.json", b"[" * 200_000, "nested too deeply"),
        ("a.json", b"7", "must be a list"),
        ("a.json", b"x" * 1_000_001, "is larger than"),
        ("a.zip", b"PK nothing", "is no archive"),
        ("other.csv", b"id\r\n1\r\n", "is no table"),
        ("phone.csv", PHONES.encode(), "is not there"),
        ("service.csv", b"name\r\nx\r\n", "is missing"),
        ("../../etc/passwd.json", b"{}", "is missing"),
    ],
    ids=range(10),
)
def test_whatever_is_handed_in_is_refused_with_words(name: str, content: bytes, what: str) -> None:
    with pytest.raises(BrokenContent, match=what) as raised:
        read_files([(name, content)])
    assert "/" not in str(raised.value.file)
