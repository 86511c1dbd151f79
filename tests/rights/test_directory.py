"""Which contacts a client is told of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content import BrokenContent
from bot.rights.content import SERVICES, load_services
from bot.rights.directory import contacts_for, contacts_text, further_routes, offered_regions, services
from bot.rights.model import Service
from bot.safety.model import CATEGORIES

TODAY = date(2026, 11, 21)
EMERGENCY = {"110", "112", "119"}


@pytest.mark.parametrize("category", [None, *(category.value for category in CATEGORIES)])
@pytest.mark.parametrize("production", [True, False])
def test_the_emergency_numbers_always_come_first(category: str | None, production: bool) -> None:
    contacts = contacts_for(category, "id", today=TODAY, production=production)
    assert {contact.number for contact in contacts[:3]} == EMERGENCY
    assert not any(contact.untested for contact in contacts[:3])


def test_the_emergency_number_that_fits_comes_first() -> None:
    assert contacts_for("violence_now", "id", today=TODAY, production=True)[0].number == "110"
    assert contacts_for("suicide_intent", "id", today=TODAY, production=True)[0].number == "112"


def test_production_shows_no_number_that_nobody_tested() -> None:
    for category in CATEGORIES:
        contacts = contacts_for(category, "id", today=TODAY, production=True)
        assert {contact.number for contact in contacts} == EMERGENCY


def test_a_demo_marks_what_nobody_tested_in_both_languages() -> None:
    for lang, mark in (("id", "(belum diuji)"), ("en", "(not yet tested)")):
        lines = contacts_text("violence_now", lang, today=TODAY, production=False).splitlines()
        assert [line.endswith(mark) for line in lines] == [False, False, False, True]


def test_a_tested_number_is_shown_unmarked_in_production() -> None:
    known = [
        replace(service, tested_on=TODAY, tested_by="Sari") if service.code == "S129" else service
        for service in load_services()
    ]
    contacts = contacts_for("violence_now", "id", today=TODAY, production=True, known=known)
    assert [(contact.code, contact.untested) for contact in contacts[3:]] == [("S129", False)]


def test_the_mental_health_line_never_stands_alone_and_comes_last() -> None:
    known = [
        replace(service, tested_on=TODAY, tested_by="Sari", conflicting=False) for service in reversed(load_services())
    ]
    contacts = contacts_for("suicide_intent", "id", today=TODAY, production=True, known=known)
    codes = [contact.code for contact in contacts]
    assert "S119X8" in codes
    assert codes.index("S119X8") == len(codes) - 1
    assert {contact.number for contact in contacts[:3]} == EMERGENCY


def test_a_number_with_conflicting_sources_is_never_in_a_message() -> None:
    conflicting = {service.code for service in load_services() if service.conflicting}
    assert conflicting
    for category in CATEGORIES:
        shown = {contact.code for contact in contacts_for(category, "id", today=TODAY, production=False)}
        assert not shown & conflicting


def test_a_message_names_at_most_five_services() -> None:
    for category in ("kdrt_fisik", "kekerasan_anak", None):
        assert len(contacts_text(category, "id", today=TODAY, production=False).splitlines()) <= 5


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_demo_has_a_marked_route_beside_the_emergency_numbers_in_every_danger(category: str) -> None:
    contacts = contacts_for(category, "id", today=TODAY, production=False)
    assert [contact for contact in contacts[3:] if contact.untested and contact.number]


def days(service: Service) -> st.SearchStrategy[Service]:
    """The service, tested by nobody, some day, or too long ago."""
    tested = st.none() | st.dates(TODAY - timedelta(days=200), TODAY + timedelta(days=5))
    return tested.map(lambda day: replace(service, tested_on=day, tested_by="Sari" if day else None, conflicting=False))


JAKARTA, WEST_JAVA = "31", "32"


def of_region(code: str | None, known: Sequence[Service]) -> list[Service]:
    return [service for service in known if service.region == code]


@pytest.mark.parametrize("category", CATEGORIES)
def test_without_a_region_and_in_another_one_only_national_services_are_shown(category: str) -> None:
    for region in (None, WEST_JAVA, "3273"):
        contacts = contacts_for(category, "id", today=TODAY, production=False, region=region)
        assert {service_of(contact.code).region for contact in contacts} == {None}


@pytest.mark.parametrize("region", [JAKARTA, "3174"])
def test_a_service_of_the_persons_region_comes_before_national_ones_which_fill_up(region: str) -> None:
    contacts = contacts_for("violence_now", "id", today=TODAY, production=False, region=region)
    assert {contact.number for contact in contacts[:3]} == EMERGENCY
    assert [contact.code for contact in contacts[3:5]] == ["SJKTPPA", "S129"]
    lines = contacts_text("violence_now", "id", today=TODAY, production=False, region=region).splitlines()
    assert [line.endswith("(belum diuji)") for line in lines] == [False, False, False, True, True]


def test_where_a_region_has_nothing_that_fits_the_national_ones_stand() -> None:
    here = contacts_for("self_harm", "id", today=TODAY, production=False, region=JAKARTA)
    assert here == contacts_for("self_harm", "id", today=TODAY, production=False)


def test_production_shows_a_regional_number_only_when_tested_and_the_doctor_counts_only_national_ones() -> None:
    assert len(contacts_for("violence_now", "id", today=TODAY, production=True, region=JAKARTA)) == 3
    known = [
        replace(service, tested_on=TODAY, tested_by="Sari") if service.region == JAKARTA else service
        for service in load_services()
    ]
    contacts = contacts_for("violence_now", "id", today=TODAY, production=True, region=JAKARTA, known=known)
    assert [contact.code for contact in contacts[3:]] == ["SJKTPPA"]
    # Whoever names no region has no such route: it opens no door to production.
    assert further_routes("violence_now", today=TODAY, known=known) == []


def test_only_provinces_with_a_service_of_their_own_are_offered() -> None:
    assert [region.code for region in offered_regions()] == [JAKARTA]
    assert offered_regions(of_region(None, load_services())) == ()


def test_a_region_is_a_code_of_a_known_province(tmp_path: Path) -> None:
    text = (SERVICES / "national.yml").read_text(encoding="utf-8")
    for code, what in (
        ('"99"', "is no code of"),
        ('"3199"', "is no code of"),
        ('"3"', "two or four digits"),
        ("jakarta", "two or four digits"),
    ):
        folder = tmp_path / code.strip('"')
        folder.mkdir()
        (folder / "national.yml").write_text(text.replace("- code: S148", f"- region: {code}\n  code: S148"))
        with pytest.raises(BrokenContent, match=what):
            services(folder)


def service_of(code: str) -> Service:
    return next(service for service in load_services() if service.code == code)


DIRECTORIES = st.tuples(*(days(service) for service in load_services())).flatmap(
    lambda known: st.permutations(list(known))
)


@given(DIRECTORIES, st.sampled_from(CATEGORIES), st.booleans(), st.sampled_from([None, JAKARTA, "3171", WEST_JAVA]))
def test_whatever_was_tested_when_there_are_two_routes_and_no_slow_line_alone(
    known: list[Service], category: str, production: bool, region: str | None
) -> None:
    contacts = contacts_for(category, "id", today=TODAY, production=production, region=region, known=known)
    assert {contact.number for contact in contacts[:3]} == EMERGENCY
    by_code = {service.code: service for service in known}
    for contact in contacts[3:]:
        service = by_code[contact.code]
        assert contact.untested is not service.tested(TODAY)
        assert not (production and contact.untested)
        assert contact.line("id").endswith("(belum diuji)") is contact.untested
    slow = [number for number, contact in enumerate(contacts) if by_code[contact.code].never_alone]
    assert slow in ([], [len(contacts) - 1])
    further = further_routes(category, today=TODAY, known=known)
    assert all(service.tested(TODAY) and not service.never_alone for service in further)
    shown = {contact.code for contact in contacts[3:] if not contact.untested}
    assert {service.code for service in further} == {
        code for code in shown - {"S119X8"} if by_code[code].region is None
    }
    regional = [bool(by_code[contact.code].region) for contact in contacts[3:] if contact.code != "S119X8"]
    assert regional == sorted(regional, reverse=True), "those of the region come first"


def test_the_slow_line_is_shown_to_nobody_where_nothing_else_is_known() -> None:
    slow = [replace(s, tested_on=TODAY, tested_by="Sari", conflicting=False) for s in load_services() if s.never_alone]
    assert slow
    assert contacts_for("suicide_intent", "id", today=TODAY, production=True, known=slow) == []


def test_a_test_counts_until_its_last_day() -> None:
    service = replace(load_services()[4], tested_on=TODAY, tested_by="Sari", expires_after_days=60)
    last = TODAY + timedelta(days=60)
    assert service.expires_on == last
    assert [service.tested(day) for day in (TODAY - timedelta(1), TODAY, last, last + timedelta(1))] == [
        False,
        True,
        True,
        False,
    ]
    assert replace(service, tested_by=None).expires_on is None


@pytest.mark.parametrize("number", sorted(EMERGENCY))
def test_a_directory_without_an_emergency_number_stops_the_start(tmp_path: Path, number: str) -> None:
    text = (SERVICES / "national.yml").read_text(encoding="utf-8")
    place = text.index(f'contact: {{tel: "{number}", wa: null')
    changed = text[:place] + text[place:].replace("always_shown: true", "always_shown: false", 1)
    (tmp_path / "national.yml").write_text(changed, encoding="utf-8")
    with pytest.raises(BrokenContent, match=number):
        services(tmp_path)
