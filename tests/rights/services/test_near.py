"""Services near a place: what is nearest first, honest where nothing is known, without scripts and without tracking."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from bot.clock import ManualClock
from bot.content import LANGS
from bot.rights.directory import place, services
from bot.rights.model import local_day
from bot.rights.services import service
from bot.rights.services.known import Listed
from bot.rights.services.model import Location, Organisation, Schedule
from bot.rights.services.near import services_for, sorted_by_distance
from bot.storage.unit_of_work import Database
from tests.handoff.desk_app import Browser
from tests.rights.publishing.conftest import Agency
from tests.rights.services.entries import OFFICE, PLACES, SHELTER

BANDUNG, WEST_JAVA, CIMAHI, BANTEN, BALI = "3273", "32", "3277", "36", "51"


def at(*areas: str, name: str = "", topic: str = "kdrt_fisik", alone: bool = False) -> Listed:
    name = name or "+".join(areas) or "ID"
    return Listed(replace(OFFICE, id=name, name=name, areas=areas, categories=(topic,), never_alone=alone), "LBH")


KNOWN = [at(CIMAHI), at(), at(BALI), at(BANTEN), at(WEST_JAVA), at(BANDUNG), at(BANDUNG, CIMAHI), at("31", name="slow")]


def names(found: tuple[Listed, ...]) -> list[str]:
    return [one.entry.name for one in found]


def test_the_nearest_come_first_and_neighbours_last() -> None:
    near = sorted_by_distance(KNOWN, None, BANDUNG)
    assert names(near.here) == ["3273", "3273+3277"]
    assert names(near.province) == ["32"]
    assert names(near.national) == ["ID"]
    assert names(near.neighbours) == ["3277", "36", "slow"]
    assert near.local


def test_for_a_whole_province_its_regencies_are_neighbours() -> None:
    near = sorted_by_distance(KNOWN, None, WEST_JAVA)
    assert (names(near.here), names(near.province)) == (["32"], [])
    assert names(near.neighbours) == ["3277", "36", "3273", "3273+3277", "slow"]


def test_without_a_region_there_are_only_national_ones_and_a_slow_line_comes_last() -> None:
    near = sorted_by_distance([at(name="slow", alone=True), *KNOWN], None, None)
    assert names(near.national) == ["ID", "slow"]
    assert not near.local
    assert not near.neighbours


def test_a_topic_leaves_the_others_out() -> None:
    near = sorted_by_distance([*KNOWN, at(BANDUNG, name="utang", topic="utang")], "utang", BANDUNG)
    assert names((*near.here, *near.province, *near.national, *near.neighbours)) == ["utang"]


@given(st.lists(st.lists(st.sampled_from(PLACES), max_size=3, unique=True), max_size=6), st.sampled_from(PLACES))
def test_each_service_is_named_once_and_none_from_far_away(areas: list[list[str]], region: str) -> None:
    known = [at(*codes, name=str(number)) for number, codes in enumerate(areas)]
    near = sorted_by_distance(known, None, region)
    found = names((*near.here, *near.province, *near.national, *near.neighbours))
    assert len(found) == len(set(found))
    province = place(region[:2])
    assert province is not None
    for one in known:
        close = not one.entry.areas or any(code[:2] in {region[:2], *province.borders} for code in one.entry.areas)
        assert (one.entry.name in found) == close


def keep(db: Database, who: Agency, **changes: object) -> None:
    run_by = replace(OFFICE.organisation, id=db.new_id())
    entry = replace(OFFICE, id=db.new_id(), organisation=run_by, name_en="", locations=())
    db.run_sync(lambda uow: service.save(uow, who.editor.staff, replace(entry, **changes)))


@pytest.mark.parametrize("lang", ["id", "en"])
async def test_somebody_picks_a_place_from_lists_without_any_script(
    house: Database, app: FastAPI, ours: Agency, lang: str
) -> None:
    there = Location("loc-9", "Kantor", BANDUNG, "Jl. Contoh No. 5", "40111", "Angkot 01", "Ramp")
    keep(house, ours, name="Di Bandung", locations=(there,))
    keep(house, ours, name="Di Cimahi", areas=(CIMAHI,))
    keep(house, ours, name="Di Bali", areas=(BALI,))
    browser = Browser(app)
    page = (await browser.get(f"/layanan?lang={lang}")).text
    assert page.count("<option") > 38
    assert 'name="daerah"' not in page
    page = (await browser.get(f"/layanan?lang={lang}&provinsi=32")).text
    assert '<option value="3273">Kota Bandung</option>' in page
    page = (await browser.get(f"/layanan?lang={lang}&provinsi=32&daerah=3273&topik=kdrt_fisik")).text
    assert (
        page.index("Di Bandung") < page.index('id="national"') < page.index('id="neighbours"') < page.index("Di Cimahi")
    )
    assert "Di Bali" not in page
    assert ("belum diuji" if lang == "id" else "not yet tested") in page
    assert "Jl. Contoh No. 5, Kota Bandung 40111" in page
    assert 'id="exit"' in page
    assert not re.search(r"<script(?! type=\"module\" src=\"/static/)|<style|\sstyle=|\son\w+=|geolocation", page)
    other = "en" if lang == "id" else "id"
    assert f"?lang={other}&amp;provinsi=32&amp;daerah=3273&amp;topik=kdrt_fisik" in page


async def test_the_english_page_says_everything_in_english_that_somebody_wrote_in_english(
    house: Database, app: FastAPI, ours: Agency
) -> None:
    hours = Schedule(description="Buka tiap hari", description_en="Open every day")
    keep(house, ours, name="Pos pengaduan", name_en="Complaints desk", schedules=(hours,),
         application_process_en="Come or call.", alert="Hanya siang hari.", alert_en="")  # fmt: skip
    cards = {lang: (await Browser(app).get(f"/layanan?lang={lang}&provinsi=32&daerah=3273")).text for lang in LANGS}
    card = next(part for part in cards["en"].split("<li class=") if "Complaints desk" in part)
    assert "Pos pengaduan" not in card
    assert "<span>Open every day</span>" in card
    assert "<dd>Come or call.</dd>" in card
    assert 'lang="id">Hanya siang hari.' in card, "what nobody wrote in English is marked as Indonesian"
    card = next(part for part in cards["id"].split("<li class=") if "Pos pengaduan" in part)
    assert "Complaints desk" not in card
    assert "Open every day" not in card


async def test_the_starters_are_in_english_on_the_english_page(app: FastAPI) -> None:
    page = (await Browser(app).get("/layanan?lang=en&provinsi=31")).text
    for starter in services():
        if starter.region in (None, "31") and not starter.conflicting:
            card = next(part for part in page.split("<li class=") if f">{escape(starter.name['en'])}</h3>" in part)
            warning = starter.warning["en"] if starter.warning else ""
            for text in (starter.hours["en"], starter.does["en"], warning):
                assert escape(text) in card
            assert escape(starter.hours["id"]) not in card


async def test_where_nothing_is_known_the_page_says_so_and_does_not_claim_that_there_is_none(app: FastAPI) -> None:
    page = (await Browser(app).get("/layanan?provinsi=94&daerah=9401")).text
    assert "Itu tidak berarti tidak ada" in page
    assert "tel:110" in page


@pytest.mark.parametrize(
    "query", ["provinsi=99", "provinsi=32&daerah=5101", "provinsi=<script>", "topik=<b>", "daerah=3273", "provinsi=%00"]
)
async def test_whatever_stands_in_the_address_is_no_trouble(app: FastAPI, query: str) -> None:
    answer = await Browser(app).get(f"/layanan?{query}")
    assert answer.status_code == 200
    assert "<script>" not in answer.text
    assert 'id="national"' in answer.text


async def test_a_confidential_place_is_on_no_page_by_more_than_its_number(
    house: Database, app: FastAPI, ours: Agency
) -> None:
    house.run_sync(lambda uow: service.save(uow, ours.editor.staff, SHELTER))
    page = (await Browser(app).get("/layanan?provinsi=32&daerah=3273")).text
    (card,) = [part for part in page.split("<li class=") if "Rumah aman" in part]
    assert "Tempatnya dirahasiakan" in card
    assert ">Tempat<" not in card


def test_the_chat_may_ask_the_same(house: Database, ours: Agency, clock: ManualClock) -> None:
    keep(house, ours, name="Di Bandung", organisation=Organisation("o", "LBH"))
    today = local_day(clock.now())
    near = house.run_sync(lambda uow: services_for(uow, "violence_now", BANDUNG, today=today, production=False))
    assert names(near.here) == ["Di Bandung"]
    near = house.run_sync(lambda uow: services_for(uow, "violence_now", BANDUNG, today=today, production=True))
    assert near.here == ()
    assert {one.entry.code for one in near.national} == {"S110", "S112", "S119"}
