"""The directory's pages for agencies, driven as a browser drives them."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from bot.accounts.guard import declared_actions
from bot.accounts.model import Role
from bot.accounts.permissions import allowed
from bot.accounts.routes import all_routes
from bot.rights.services import service
from bot.rights.services.files import as_json, read_files
from bot.rights.services.model import Status
from bot.rights.services.pages import HOME, NOTICES, topics
from bot.safety.model import CATEGORIES
from bot.storage.unit_of_work import Database
from bot.web.i18n import load_texts
from tests.accounts.people import join
from tests.handoff.desk_app import Browser
from tests.rights.publishing.conftest import Agency
from tests.rights.services.entries import OFFICE, SHELTER

FORM = {
    "name": "Pendampingan korban",
    "name_en": "Accompaniment",
    "alert_en": "By day only.",
    "status": "active",
    "description": "Mendampingi korban.",
    "areas": "3273, 3277",
    "languages": "id, su",
    "required_documents": "KTP\nKartu keluarga",
    "minimum_age": "18",
    "reports_to_police": "no",
    "categories": ["kdrt_fisik", "violence_now"],
    "organisation_name": "LBH Contoh",
    "phone_number": ["022-555-0101", "", ""],
    "phone_type": ["voice", "voice", "voice"],
    "phone_extension": ["", "", ""],
    "phone_expires_after_days": ["30", "", ""],
    "phone_description": ["", "", ""],
    "schedule_from": ["MO", ""],
    "schedule_to": ["FR", ""],
    "schedule_opens_at": ["08:00", ""],
    "schedule_closes_at": ["16:00", ""],
    "schedule_timezone": ["Asia/Makassar", "Asia/Jakarta"],
    "schedule_description": ["", ""],
    "schedule_description_en": ["Not on holidays", ""],
    "location_id": ["", ""],
    "location_name": ["Kantor", ""],
    "location_address_1": ["Jl. Contoh No. 5", ""],
    "location_region": ["3273", ""],
    "location_postal_code": ["", ""],
    "location_transportation": ["", ""],
    "location_accessibility": ["", ""],
}


def directory_routes(app: FastAPI) -> list[APIRoute]:
    return [route for route in all_routes(app.routes) if isinstance(route, APIRoute) and route.path.startswith(HOME)]


def address(route: APIRoute, service_id: str) -> str:
    path = route.path.replace("{service_id}", service_id)
    return path.replace("{code}", "S129").replace("{ending}", ".json")


def kept(db: Database, who: Agency) -> list:  # type: ignore[type-arg]
    return db.run_sync(lambda uow: service.entries_of(uow, who.editor.staff))


async def base_of(browser: Browser, page: str) -> str:
    return re.findall(r'name="base" value="(\w+)"', (await browser.get(page)).text)[0]


async def test_a_service_goes_its_whole_way_through_the_forms(house: Database, app: FastAPI, ours: Agency) -> None:
    editor = Browser(app, ours.editor)
    created = await editor.post(HOME, name="Pendampingan", organisation="LBH Contoh")
    page = created.headers["location"].partition("?")[0]
    saved = await editor.post(page, base=await base_of(editor, page), **FORM)
    assert saved.headers["location"] == f"{page}?notice=saved"
    (entry,) = kept(house, ours)
    assert (entry.status, entry.areas, entry.minimum_age) == (Status.ACTIVE, ("3273", "3277"), 18)
    assert entry.schedules[0].days == ("MO", "TU", "WE", "TH", "FR")
    assert (entry.name_en, entry.alert_en) == ("Accompaniment", "By day only.")
    assert entry.schedules[0].description_en == "Not on holidays"
    assert entry.required_documents == ("KTP", "Kartu keluarga")
    assert (entry.locations[0].address, entry.phones[0].expires_after_days) == ("Jl. Contoh No. 5", 30)
    again = await editor.post(
        page, base=await base_of(editor, page), **{**FORM, "location_id": [entry.locations[0].id, ""]}
    )
    assert again.status_code == 303
    await Browser(app, ours.reviewer).post(f"{page}/tested", number="0")
    await Browser(app, ours.reviewer).post(f"{page}/assure")
    text = (await editor.get(page)).text
    assert 'value="Accompaniment"' in text
    assert "Diuji" in text
    assert "Isi diperiksa" in text
    assert "1 dari 1 nomor teruji" in (await editor.get(HOME)).text
    assert "Pendampingan korban" in (await Browser(app).get("/layanan?provinsi=32&daerah=3273")).text
    await editor.post(f"{page}/failed", number="0")
    await editor.post(f"{page}/remove")
    assert kept(house, ours) == []


@pytest.mark.parametrize("lang", ["id", "en"])
async def test_every_page_is_there_in_both_languages(house: Database, app: FastAPI, ours: Agency, lang: str) -> None:
    for entry in (OFFICE, SHELTER):
        house.run_sync(lambda uow, entry=entry: service.save(uow, ours.editor.staff, entry))
    editor = Browser(app, ours.both)
    await editor.post("/desk/language", lang=lang)
    for page in ("", f"/{OFFICE.id}", f"/{SHELTER.id}"):
        answer = await editor.get(HOME + page)
        assert answer.status_code == 200
        assert f'<html lang="{lang}">' in answer.text
        assert not re.search(r"<script(?! type=\"module\" src=\"/static/)|<style|\sstyle=|\son\w+=", answer.text)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("areas", "Bandung", "Wilayah layanan"),
        ("url", "http://contoh.test", "Situs"),
        ("phone_number", ["halo", "", ""], "Nomor"),
        ("schedule_opens_at", ["pagi", ""], "Jam layanan"),
        ("minimum_age", "tua", "Umur paling muda"),
        ("name", "", "Nama layanan"),
        ("location_region", ["9999", ""], "Tempat"),
    ],
)
async def test_what_can_t_be_read_is_named_and_what_was_typed_stays(
    house: Database, app: FastAPI, ours: Agency, field: str, value: object, words: str
) -> None:
    house.run_sync(lambda uow: service.save(uow, ours.editor.staff, OFFICE))
    editor, page = Browser(app, ours.editor), f"{HOME}/{OFFICE.id}"
    answer = await editor.post(page, base=await base_of(editor, page), **{**FORM, field: value})
    assert answer.status_code == 400
    assert f"Bagian “{words}”" in answer.text
    assert "Kartu keluarga" in answer.text
    assert kept(house, ours) == [OFFICE]


async def test_a_confidential_service_refuses_an_address_in_its_form(
    house: Database, app: FastAPI, ours: Agency
) -> None:
    house.run_sync(lambda uow: service.save(uow, ours.editor.staff, SHELTER))
    editor, page = Browser(app, ours.editor), f"{HOME}/{SHELTER.id}"
    hidden = {**FORM, "confidential_location": "yes"}
    without = {name: value for name, value in hidden.items() if not name.startswith("location_")}
    for fields in (hidden, {**without, "application_process": "Datang ke Jl. Rahasia No. 1"}):
        answer = await editor.post(page, base=await base_of(editor, page), **fields)
        assert answer.status_code == 400
        assert kept(house, ours) == [SHELTER]
    assert (await editor.post(page, base=await base_of(editor, page), **without)).status_code == 303


async def test_a_colleague_s_change_is_not_overwritten(house: Database, app: FastAPI, ours: Agency) -> None:
    house.run_sync(lambda uow: service.save(uow, ours.editor.staff, OFFICE))
    editor, page = Browser(app, ours.editor), f"{HOME}/{OFFICE.id}"
    base = await base_of(editor, page)
    theirs = replace(OFFICE, name="Nama rekan")
    house.run_sync(lambda uow: service.save(uow, ours.both.staff, theirs))
    answer = await editor.post(page, base=base, **FORM)
    assert answer.status_code == 409
    assert kept(house, ours) == [theirs]


async def test_files_go_out_and_in_and_a_broken_one_changes_nothing(
    house: Database, app: FastAPI, ours: Agency
) -> None:
    house.run_sync(lambda uow: service.save(uow, ours.editor.staff, OFFICE))
    editor = Browser(app, ours.editor)
    out = (await editor.get(f"{HOME}/export.json")).text
    assert read_files([("a.json", out.encode())]) == (OFFICE,)
    assert read_files([("a.zip", (await editor.get(f"{HOME}/export.zip")).content)]) == (OFFICE,)

    async def upload(text: str) -> tuple[int, str]:
        answer = await editor.http.post(
            f"{HOME}/import",
            data={"csrf": editor.csrf},
            files=[("files", ("layanan.json", text.encode()))],
            headers={"Sec-Fetch-Site": "same-origin"},
        )
        return answer.status_code, answer.text or answer.headers["location"]

    more = as_json([OFFICE, SHELTER])
    status, page = await upload(more.replace('"Rumah aman"', '""'))
    assert status == 400
    for said in ("layanan.json", "1.name", "must be a text", "tidak ada yang berubah"):
        assert said in page
    assert kept(house, ours) == [OFFICE]
    assert await upload(more) == (303, f"{HOME}?notice=imported&count=2")
    assert [entry.status for entry in kept(house, ours)] == [Status.ACTIVE, Status.INACTIVE]
    assert json.loads(out)[0]["id"] == OFFICE.id


@pytest.mark.parametrize("role", list(Role))
async def test_each_role_gets_what_the_permissions_say_and_nothing_else(
    house: Database, app: FastAPI, ours: Agency, role: Role
) -> None:
    browser = Browser(app, join(house, role, organisation_id=ours.id))
    for route in directory_routes(app):
        house.run_sync(lambda uow: service.save(uow, ours.editor.staff, OFFICE))
        (action,) = declared_actions(route)
        path = address(route, OFFICE.id)
        for method in sorted(route.methods - {"HEAD"}):
            answer = await (browser.get(path) if method == "GET" else browser.post(path, number="0"))
            assert (answer.status_code == 403) == (not allowed({role}, action)), (method, path, answer.status_code)
            assert answer.status_code < 500


async def test_another_agency_s_record_is_not_found_and_no_form_is_taken_without_the_token(
    house: Database, app: FastAPI, ours: Agency, theirs: Agency
) -> None:
    house.run_sync(lambda uow: service.save(uow, theirs.editor.staff, OFFICE))
    stranger, forged = Browser(app, ours.both), Browser(app, theirs.both)
    forged.csrf = "x" * 64
    routes = [route for route in directory_routes(app) if "{service_id}" in route.path]
    assert len(routes) == 6
    for route in routes:
        path = address(route, OFFICE.id)
        for method in route.methods - {"HEAD"}:
            answer = await (stranger.get(path) if method == "GET" else stranger.post(path, number="0", base="x"))
            assert answer.status_code == 404, (method, path)
            if method == "POST":
                assert (await forged.post(path, number="0")).status_code == 403
        assert (await Browser(app).get(path)).status_code in (303, 405)
    assert OFFICE.name not in (await stranger.get(HOME)).text
    assert kept(house, theirs) == [OFFICE]


def test_every_notice_topic_and_danger_has_words() -> None:
    known = set(load_texts())
    wanted = {f"services.notice_{name}" for name in NOTICES} | {f"services.crisis_{one}" for one in CATEGORIES}
    wanted |= {f"services.status_{one.value.replace(' ', '_')}" for one in Status}
    assert wanted - known == set()
    assert all(set(words) == {"id", "en"} for words in topics().values())
