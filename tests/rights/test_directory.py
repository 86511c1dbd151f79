"""Which contacts a client is told of."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.rights.content import load_services
from bot.rights.directory import contacts_for, contacts_text
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
