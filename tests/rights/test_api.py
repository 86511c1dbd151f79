"""The interface for programs: nothing unpublished, nothing confidential, and what its document promises."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from bot.clock import ManualClock
from bot.config import Settings
from bot.rights.api import PREFIX, api_router
from bot.rights.content import load_articles
from bot.rights.services import store
from bot.rights.services.model import Status
from bot.storage.unit_of_work import Database
from bot.web.guards import Throttle
from bot.web.shell import make_web
from tests.accounts.people import other_organisation
from tests.rights.services.entries import OFFICE, SHELTER, called

DAY = 86_400
HIDDEN = "Layanan yang belum aktif"


def api(db: Database, *, production: bool = False, limit: int = 100_000) -> FastAPI:
    web = make_web(Settings(_env_file=None, production=production, public_url="https://contoh.test"))
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    web.install(app)
    app.include_router(api_router(db, web, throttle=Throttle(limit, 60)))
    return app


@pytest.fixture
def house(library: Database, clock: ManualClock) -> Database:
    """The starters, and an agency that keeps a service, a shelter and one that is not active yet."""
    home = other_organisation(library)
    draft = replace(OFFICE, id="draft", name=HIDDEN, status=Status.INACTIVE, locations=())
    for entry in (OFFICE, SHELTER, draft):
        library.run_sync(lambda uow, entry=entry: store.keep(uow, home, entry))
    return library


@pytest.fixture
def client(house: Database) -> Iterator[TestClient]:
    with TestClient(api(house)) as client:
        yield client


def everything(client: TestClient, name: str) -> list[dict]:  # type: ignore[type-arg]
    found, page = [], 1
    while True:
        answer = client.get(f"{PREFIX}/{name}", params={"page": page, "per_page": 7}).json()
        found += answer["contents"]
        if answer["last_page"]:
            assert len(found) == answer["total_items"]
            return found
        page += 1


def test_no_list_and_no_record_tells_what_is_not_public(client: TestClient) -> None:
    services = everything(client, "services")
    assert HIDDEN not in {one["name"] for one in services}
    assert client.get(f"{PREFIX}/services/draft").status_code == 404
    (shelter,) = [one for one in services if one["id"] == SHELTER.id]
    assert (shelter["confidential_location"], "service_at_locations" in shelter) == (True, False)
    (office,) = [one for one in services if one["id"] == OFFICE.id]
    assert office["service_at_locations"][0]["location"]["addresses"][0]["region"] == "3273"
    assert all(phone.get("tested_on") is None for one in services for phone in one.get("phones", []))
    assert {one["kept_by"] for one in services if one["id"].startswith("S")} == {None}


def test_production_tells_only_numbers_whose_test_counts(house: Database) -> None:
    with TestClient(api(house, production=True)) as client:
        assert {one["id"] for one in everything(client, "services")} == {"S110", "S112", "S119"}
        home = house.run_sync(lambda uow: next(kept.agency for kept in store.everything(uow)))
        today = house.clock.now().date()
        house.run_sync(lambda uow: store.keep(uow, home, called(OFFICE, today)))
        told = client.get(f"{PREFIX}/services/{OFFICE.id}").json()
        assert (told["phones"][0]["tested_on"], told["phones"][0]["tested_by"]) == (today.isoformat(), "Rumah Aman")
        assert "org-1" in {one["id"] for one in everything(client, "organizations")}


def test_articles_are_those_that_readers_get(client: TestClient, house: Database, clock: ManualClock) -> None:
    articles = everything(client, "articles")
    assert [one["slug"] for one in articles] == [article.slug for article in load_articles()]
    assert not any(one["reviewed"] for one in articles)
    visum = client.get(f"{PREFIX}/articles/visum").json()
    assert visum["url"] == "https://contoh.test/hak/visum"
    assert visum["words"]["id"]["steps"]
    assert "open_question" not in visum
    clock.advance(400 * DAY)
    expired = client.get(f"{PREFIX}/articles/visum").json()
    assert expired["expired"]
    assert set(expired["words"]["id"]) == {"title", "who"}
    assert (expired["citations"], client.get(f"{PREFIX}/articles/unknown").status_code) == ([], 404)


def test_topics_and_regions_are_all_there(client: TestClient) -> None:
    topics = {one["code"]: one for one in everything(client, "topics")}
    assert "visum" in topics["kdrt_fisik"]["articles"]
    regions = everything(client, "regions")
    assert sum(len(one["parts"]) for one in regions) == 514
    assert client.get(f"{PREFIX}/regions/3273").json()["name"] == "Kota Bandung"
    assert client.get(f"{PREFIX}/regions/9999").status_code == 404


def test_services_of_a_region_come_nearest_first(client: TestClient) -> None:
    found = client.get(f"{PREFIX}/services", params={"region": "3273", "topic": "kdrt_fisik", "per_page": 100}).json()
    assert [one["id"] for one in found["contents"]][:2] == [OFFICE.id, SHELTER.id]
    assert found["contents"][-1]["id"].startswith("SJKT")


@pytest.mark.parametrize(
    "path", ["articles", "articles/visum", "services", "topics", "organizations", "regions", "openapi.json"]
)
def test_who_has_it_already_is_told_so(client: TestClient, path: str) -> None:
    first = client.get(f"{PREFIX}/{path}")
    assert (first.status_code, first.headers["access-control-allow-origin"]) == (200, "*")
    again = client.get(f"{PREFIX}/{path}", headers={"If-None-Match": f'"x", W/{first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(f"{PREFIX}/{path}", headers={"If-None-Match": '"x"'}).status_code == 200
    since = first.headers.get("last-modified")
    assert (since is None) == (path in ("regions", "openapi.json"))
    if since:
        assert client.get(f"{PREFIX}/{path}", headers={"If-Modified-Since": since}).status_code == 304
        older = "Mon, 01 Jan 2024 00:00:00 GMT"
        assert client.get(f"{PREFIX}/{path}", headers={"If-Modified-Since": older}).status_code == 200
    assert client.get(f"{PREFIX}/{path}", headers={"If-Modified-Since": "gestern"}).status_code == 200


def test_what_expires_overnight_is_new_in_the_morning(client: TestClient, clock: ManualClock) -> None:
    since = client.get(f"{PREFIX}/services").headers["last-modified"]
    clock.advance(DAY)
    assert client.get(f"{PREFIX}/services", headers={"If-Modified-Since": since}).status_code == 200


def test_it_only_reads_and_not_too_often(house: Database) -> None:
    with TestClient(api(house, limit=3)) as client:
        assert client.post(f"{PREFIX}/services").status_code == 405
        answers = [client.get(f"{PREFIX}/topics") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[-1].headers["retry-after"] == "60"


@pytest.mark.parametrize("query", ["page=0", "page=x", "per_page=101", "region=Jakarta", "topic=%3Cb%3E"])
def test_a_bad_parameter_is_refused_without_repeating_it(client: TestClient, query: str) -> None:
    answer = client.get(f"{PREFIX}/services?{query}")
    assert (answer.status_code, answer.json()) == (400, {"error": "refused"})


@pytest.mark.parametrize("lang", ["id", "en"])
def test_its_page_shows_every_operation_under_the_strict_policy(client: TestClient, lang: str) -> None:
    page = client.get(PREFIX, params={"lang": lang}).text
    for path in client.get(f"{PREFIX}/openapi.json").json()["paths"]:
        assert f"GET {path}" in page
    assert not re.search(r"<script(?! type=\"module\" src=\"/static/)|<style|\sstyle=|\son\w+=", page)
