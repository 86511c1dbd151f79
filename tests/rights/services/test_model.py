"""What of an entry may be shown, and that a confidential place can't come to hold an address."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.rights.services.model import AddressOfConfidential, Entry, Status, looks_like_address
from tests.rights.services.entries import OFFICE, SHELTER, TODAY, called, entries

ADDRESSES = (
    "Jl. Melati No. 5",
    "jalan Kenanga 12 RT 03",
    "Gang Mawar",
    "Perumahan Asri Blok C",
    "kode pos 40111",
    "-6.91474, 107.60981",
    "https://maps.app.goo.gl/abc",
)
HARMLESS = (
    "Hubungi 129 atau UPTD PPA.",
    "Gratis sejak 2024, UU 12/2022",
    "Buka 08.00–16.00",
    "0811-555-0102",
    "jalani dulu",
)


@settings(max_examples=25, deadline=None)
@given(entries(confidential=True), st.sampled_from(ADDRESSES), st.data())
def test_no_text_of_a_confidential_entry_can_hold_an_address(entry: Entry, address: str, data: st.DataObject) -> None:
    assert entry.locations == ()
    assert not any(looks_like_address(text) for _, text in entry.texts())
    names = [name for name, _ in entry.texts() if isinstance(getattr(entry, name), str) and name != "status"]
    field = data.draw(st.sampled_from(sorted(set(names))))
    with pytest.raises(AddressOfConfidential, match=field) as refused:
        replace(entry, **{field: f"Datang ke {address}"})
    assert address not in str(refused.value)


def test_a_confidential_entry_takes_no_place_and_an_open_one_does_not_become_confidential() -> None:
    with pytest.raises(AddressOfConfidential):
        replace(SHELTER, locations=OFFICE.locations)
    with pytest.raises(AddressOfConfidential):
        replace(OFFICE, confidential_location=True)
    for inside in (
        {"phones": (replace(SHELTER.phones[0], description=ADDRESSES[0]),)},
        {"schedules": (replace(SHELTER.schedules[0], description=ADDRESSES[0]),)},
        {"required_documents": (ADDRESSES[0],)},
        {"organisation": replace(SHELTER.organisation, description=ADDRESSES[0])},
    ):
        with pytest.raises(AddressOfConfidential):
            replace(SHELTER, **inside)


@pytest.mark.parametrize("text", HARMLESS)
def test_ordinary_words_are_no_address(text: str) -> None:
    assert replace(SHELTER, description=text).description == text


def test_production_shows_only_numbers_whose_test_counts() -> None:
    assert OFFICE.shown(TODAY, production=True) is None
    fresh = called(OFFICE, TODAY - timedelta(days=60))
    assert fresh.shown(TODAY, production=True) == fresh
    assert fresh.shown(TODAY + timedelta(days=1), production=True) is None
    assert fresh.shown(TODAY - timedelta(days=61), production=True) is None
    one = replace(OFFICE, phones=(OFFICE.phones[0], *called(OFFICE, TODAY).phones[1:]))
    shown = one.shown(TODAY, production=True)
    assert shown is not None
    assert [phone.kind for phone in shown.phones] == ["whatsapp"]


def test_a_demo_shows_every_number_and_an_expired_test_is_none() -> None:
    shown = called(OFFICE, TODAY - timedelta(days=61)).shown(TODAY, production=False)
    assert shown is not None
    assert [(phone.tested_on, phone.tested_by) for phone in shown.phones] == [(None, ""), (None, "")]


def test_an_entry_that_was_looked_through_is_shown_for_ninety_days_without_untested_numbers() -> None:
    entry = replace(OFFICE, assured_date=TODAY - timedelta(days=90), assured_by="Rumah Aman")
    shown = entry.shown(TODAY, production=True)
    assert shown is not None
    assert (shown.phones, len(shown.locations)) == ((), 1)
    assert entry.shown(TODAY + timedelta(days=1), production=True) is None
    later = entry.shown(TODAY + timedelta(days=1), production=False)
    assert later is not None
    assert later.assured_date is None


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.ACTIVE])
@pytest.mark.parametrize("production", [True, False])
def test_only_an_active_entry_is_shown(status: Status, production: bool) -> None:
    assert replace(called(OFFICE, TODAY), status=status).shown(TODAY, production=production) is None


def test_the_best_number_is_the_one_whose_test_counts_longest() -> None:
    first, second = called(OFFICE, TODAY).phones
    assert replace(OFFICE, phones=(first, replace(second, expires_after_days=90))).best_phone == replace(
        second, expires_after_days=90
    )
    assert OFFICE.best_phone == OFFICE.phones[0]
    assert replace(OFFICE, phones=()).best_phone is None
