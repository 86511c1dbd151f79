"""The region is asked from a list, told if the person wants, kept sealed, and taken back at any time."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.content import BrokenContent
from bot.conversation import turn_store
from bot.conversation.model import Kind, Pending
from bot.conversation.store import conversation as conversations
from bot.guard import DangerGuard, make_contacts
from bot.rights.content import REGIONS, load_regions
from bot.rights.directory import regions
from bot.rights.model import local_day
from bot.rights.regions import RegionMatter, Where
from bot.storage.unit_of_work import Database
from tests.conversation.harness import CATALOGUE, Script, inbound, receive, responses, runner, said, work_off
from tests.safety.conftest import danger_model

__all__ = ["danger_model"]

MATTER = RegionMatter(CATALOGUE.say)
ASK = Where()


def wish(text: str = "", payload: str = "", *, asked: str | None = None) -> Where | None:
    kind = Kind.PRESS if payload else Kind.TEXT
    return MATTER.wish(Pending("i", kind, text, payload, 0, datetime(2026, 11, 30, tzinfo=UTC)), asked)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("daerah saya", ASK),
        ("my region", ASK),
        ("daerah saya jakarta", Where("31")),
        ("Provinsi saya: DKI Jakarta", Where("31")),
        ("daerah saya di papua", ASK),
        ("jakarta", None),
        ("saya dari jakarta dan suami saya sering marah", None),
        ("daerah saya rawan tapi bukan itu yang mau saya ceritakan", None),
    ],
)
def test_what_is_wished_in_words(text: str, found: Where | None) -> None:
    assert wish(text) == found


def test_an_offered_province_answers_the_open_question_and_nothing_else_does() -> None:
    assert wish("jakarta", asked="region") == Where("31")
    assert wish("tidak mau bilang", asked="region") is None
    assert wish("suami saya di jakarta dan saya takut", asked="region") is None


@pytest.mark.parametrize(
    ("payload", "found"),
    [
        ("/region", ASK),
        ('/region{"code":"31"}', Where("31")),
        ('/region{"code":"none"}', Where("none")),
        ('/region{"code":7}', ASK),
        ("/region{", ASK),
        ("/regional", None),
        ("/ask_human", None),
    ],
)
def test_what_a_button_means(payload: str, found: Where | None) -> None:
    assert wish(payload=payload) == found


def test_codes_and_names_are_there_once() -> None:
    for codes in ([r.code for r in regions()], [r.iso for r in regions()], [r.bps for r in regions()]):
        assert len(set(codes)) == len(codes)
    names = [name for region in regions() for name in (region.name.casefold(), *region.also)]
    assert len(set(names)) == len(names)
    regencies = [part.code for region in regions() for part in region.parts]
    assert len(set(regencies)) == len(regencies)


def test_every_province_and_regency_of_the_country_is_there() -> None:
    """38 provinces, 416 regencies and 98 cities: the decree of April 2025."""
    assert len(regions()) == 38
    parts = [part.name for region in regions() for part in region.parts]
    assert Counter(name.split()[0] for name in parts) == {"Kabupaten": 416, "Kota": 98}
    assert {region.iso for region in regions() if region.name.startswith("Papua")} == {
        *("ID-PA", "ID-PB", "ID-PD", "ID-PE", "ID-PS", "ID-PT")
    }


def test_in_papua_alone_the_two_offices_count_otherwise() -> None:
    differing = {region.name: region.bps for region in regions() if region.bps != region.code}
    assert differing == {
        "Papua": "94",
        "Papua Barat": "91",
        "Papua Selatan": "95",
        "Papua Tengah": "96",
        "Papua Pegunungan": "97",
        "Papua Barat Daya": "92",
    }


def test_a_border_is_one_from_both_sides() -> None:
    for region in regions():
        assert region.code not in region.borders
        for other in region.borders:
            assert region.code in next(r for r in regions() if r.code == other).borders, (region.code, other)


@pytest.mark.parametrize(
    ("old", "new", "line", "field"),
    [
        ("iso: ID-AC", "iso: AC", 14, "0.iso"),
        ('"1101": Kabupaten', '"1201": Kabupaten', 20, "0.regencies.1201"),
        ('borders: ["12"]', 'borders: ["99"]', 18, "0.borders.0"),
        ('  bps: "11"\n', "", 13, "0.bps"),
    ],
)
def test_a_broken_file_is_named_with_line_and_field(tmp_path: Path, old: str, new: str, line: int, field: str) -> None:
    path = tmp_path / "regions.yml"
    path.write_text(REGIONS.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BrokenContent) as raised:
        load_regions(path)
    assert (raised.value.line, raised.value.field) == (line, field)


async def test_it_is_kept_sealed_used_for_contacts_and_taken_back(any_db: Database) -> None:
    turns = runner(any_db, Script(), guard=DangerGuard(CATALOGUE.say, production=False))
    talk = receive(any_db, inbound("1", kind=Kind.PRESS, payload="/region"))
    await work_off(any_db, turns)
    (asked,) = [line for line in said(any_db, talk) if line.response]
    assert [button.title for button in asked.buttons] == ["DKI Jakarta", "Tidak menyebut daerah"]
    receive(any_db, inbound("2", kind=Kind.PRESS, payload=asked.buttons[0].payload))
    await work_off(any_db, turns)
    receive(any_db, inbound("3", "dia di depan pintu bawa pisau"))
    await work_off(any_db, turns)
    (alarm,) = [line.text or "" for line in said(any_db, talk) if line.response == "utter_danger_violence_now"]
    assert "DKI Jakarta" in alarm
    with any_db.unit(read_only=True) as uow:
        sealed = uow.db.execute(select(conversations.c.region).where(conversations.c.id == talk)).scalar_one()
    assert sealed != b"31"
    assert len(sealed) > 20
    assert any_db.run_sync(lambda uow: turn_store.remembered(uow, talk)).region == "31"
    receive(any_db, inbound("4", kind=Kind.PRESS, payload=asked.buttons[1].payload))
    await work_off(any_db, turns)
    assert responses(any_db, talk)[-1] == "utter_region_none"
    assert any_db.run_sync(lambda uow: turn_store.remembered(uow, talk)).region is None


def test_the_lines_for_other_messages_follow_the_region_too(db: Database) -> None:
    contacts = make_contacts(lambda: local_day(db.clock.now()), production=False)
    assert "DKI Jakarta" in contacts("id", "31")
    assert "DKI Jakarta" not in contacts("id", None)
