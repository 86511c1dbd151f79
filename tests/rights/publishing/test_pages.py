"""The pages for agencies, driven as a browser drives them."""

from __future__ import annotations

import re

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from bot.accounts.guard import declared_actions
from bot.accounts.model import Role
from bot.accounts.permissions import allowed
from bot.accounts.routes import all_routes
from bot.accounts.sessions import start_session
from bot.clock import ManualClock
from bot.rights.publishing import service, store
from bot.rights.publishing.notices import NOTICES
from bot.rights.publishing.plain import plain_rules
from bot.rights.publishing.service import CHECKLIST
from bot.rights.service import count_miss
from bot.storage.unit_of_work import Database
from bot.web.i18n import load_texts
from tests.accounts.people import join
from tests.handoff.desk_app import Browser
from tests.rights.publishing.conftest import Agency, adopted, published, write

DAY = 86_400


def agency_routes(app: FastAPI) -> list[APIRoute]:
    return [
        route for route in all_routes(app.routes) if isinstance(route, APIRoute) and route.path.startswith("/publish")
    ]


@pytest.mark.parametrize("lang", ["id", "en"])
async def test_every_page_is_there_in_both_languages(library: Database, app: FastAPI, ours: Agency, lang: str) -> None:
    article = published(library, ours)
    library.run_sync(lambda uow: service.restore(uow, ours.editor.staff, article, 1))
    library.run_sync(lambda uow: service.comment(uow, ours.editor.staff, article, "Sudah dibaca."))
    editor = Browser(app, ours.both)
    await editor.post("/desk/language", lang=lang)
    for page in ("", f"/articles/{article}", f"/articles/{article}/edit", f"/articles/{article}/diff",
                 f"/articles/{article}/versions/1"):  # fmt: skip
        answer = await editor.get(f"/publish{page}")
        assert answer.status_code == 200, page
        assert f'<html lang="{lang}">' in answer.text
        assert not re.search(r"<script(?! type=\"module\" src=\"/static/)|<style|\sstyle=|\son\w+=", answer.text)


async def test_an_article_goes_its_whole_way_through_the_forms(library: Database, app: FastAPI, ours: Agency) -> None:
    editor, reviewer = Browser(app, ours.editor), Browser(app, ours.reviewer)
    began = await editor.post("/publish/starters/R08")
    page = began.headers["location"]
    assert "belum ditinjau lembaga" in (await editor.get("/hak/visum")).text.lower()
    assert (await editor.post(f"{page}/submit")).headers["location"].endswith("?notice=submitted")
    assert "Terbitkan" not in (await editor.get(page)).text
    refused = await reviewer.post(f"{page}/publish", number="1", checked=list(CHECKLIST)[:-1])
    assert refused.headers["location"].endswith("?notice=not_checked")
    done = await reviewer.post(f"{page}/publish", number="1", checked=list(CHECKLIST))
    assert done.headers["location"].endswith("?notice=published")
    assert "Ditinjau oleh Lembaga lain pada 21 Nov 2026." in (await editor.get("/hak/visum")).text
    gone = await reviewer.post(f"{page}/withdraw", text="Sudah tidak benar.")
    assert gone.headers["location"].endswith("?notice=withdrawn")
    public = await editor.get("/hak/visum")
    assert (public.status_code, "Penjelasan ini ditarik" in public.text, "isum" in public.text) == (410, True, False)


async def test_sending_back_tells_the_writers_why(library: Database, app: FastAPI, ours: Agency) -> None:
    article = adopted(library, ours)
    editor, reviewer = Browser(app, ours.editor), Browser(app, ours.reviewer)
    await editor.post(f"/publish/articles/{article}/submit")
    await reviewer.post(f"/publish/articles/{article}/send-back", text="Pasal <b>mana</b>?")
    page = (await editor.get(f"/publish/articles/{article}")).text
    assert "Pasal &lt;b&gt;mana&lt;/b&gt;?" in page
    assert "Versi 1 adalah draf." in page


async def test_what_was_typed_stays_when_a_colleague_saved_meanwhile(
    library: Database, app: FastAPI, ours: Agency
) -> None:
    article = adopted(library, ours)
    write(library, ours, article, title="Yang ditulis rekan", by=ours.both)
    fields = {"base": "1", "id_title": "Yang saya ketik", "valid_until": "2027-05-01"}
    answer = await Browser(app, ours.editor).post(f"/publish/articles/{article}/edit", **fields)
    assert answer.status_code == 400
    assert 'value="Yang saya ketik"' in answer.text
    assert "Rekan Anda menyimpan versi lain" in answer.text
    assert 'name="base" value="2"' in answer.text


async def test_searches_that_found_nothing_are_shown_as_words(library: Database, app: FastAPI, ours: Agency) -> None:
    for conversation in ("a", "b", "c"):
        library.run_sync(lambda uow, who=conversation: count_miss(uow, who, "warisan tanah kakek"))
    page = (await Browser(app, ours.editor).get("/publish")).text
    assert "<span>warisan</span>" in page
    assert "dalam 3 percakapan" in page


async def test_a_warning_is_on_top_until_somebody_ticks_it(
    library: Database, app: FastAPI, ours: Agency, clock: ManualClock
) -> None:
    article = published(library, ours)
    clock.advance(135 * DAY)
    library.run_sync(service.keep_up)
    editor = Browser(app, library.run_sync(lambda uow: start_session(uow, ours.editor.staff)))
    assert "Peringatan: tinggal ≤ 30 hari" in (await editor.get("/publish")).text
    await editor.post(f"/publish/articles/{article}/seen")
    assert "Peringatan" not in (await editor.get("/publish")).text


@pytest.mark.parametrize("role", list(Role))
async def test_each_role_gets_what_the_permissions_say_and_nothing_else(
    library: Database, app: FastAPI, ours: Agency, role: Role
) -> None:
    article = adopted(library, ours)
    browser = Browser(app, join(library, role, organisation_id=ours.id))
    for route in agency_routes(app):
        (action,) = declared_actions(route)
        path = route.path.replace("{article_id}", article).replace("{number}", "1").replace("{ending}", ".md")
        for method in sorted(route.methods - {"HEAD"}):
            answer = await (browser.get(path) if method == "GET" else browser.post(path, valid_until="2027-05-01"))
            assert (answer.status_code == 403) == (not allowed({role}, action)), (method, path, answer.status_code)


async def test_no_form_is_taken_without_the_session_s_token_or_a_session(
    library: Database, app: FastAPI, ours: Agency
) -> None:
    article = adopted(library, ours)
    for route in agency_routes(app):
        path = route.path.replace("{article_id}", article).replace("{number}", "1").replace("{ending}", ".md")
        if "POST" in route.methods:
            forged = Browser(app, ours.both)
            forged.csrf = "x" * 64
            assert (await forged.post(path)).status_code == 403, path
        else:
            answer = await Browser(app).get(path)
            assert answer.headers["location"].startswith("/desk/login"), path


async def test_another_agency_s_record_is_not_found_by_any_route(
    library: Database, app: FastAPI, ours: Agency, theirs: Agency
) -> None:
    article = published(library, theirs)
    stranger = Browser(app, ours.both)
    before = library.run_sync(lambda uow: store.stored_versions(uow, article))
    routes = [route for route in agency_routes(app) if "{article_id}" in route.path]
    assert len(routes) >= 15
    fields = {"text": "x", "number": "1", "checked": list(CHECKLIST), "valid_until": "2027-05-01", "base": "1"}
    for route in routes:
        path = route.path.replace("{article_id}", article).replace("{number}", "1").replace("{ending}", ".md")
        for method in sorted(route.methods - {"HEAD"}):
            answer = await (stranger.get(path) if method == "GET" else stranger.post(path, **fields))
            assert answer.status_code == 404, (method, path)
    page = (await stranger.get("/publish")).text
    assert article not in page
    assert library.run_sync(lambda uow: store.stored_versions(uow, article)) == before
    assert (await stranger.post("/publish/starters/R08")).status_code == 404


async def test_a_starter_that_another_agency_just_began_is_refused_with_words(
    library: Database, app: FastAPI, ours: Agency, theirs: Agency
) -> None:
    adopted(library, theirs)
    answer = await Browser(app, ours.editor).post("/publish/starters/R08")
    assert answer.headers["location"] == "/publish?notice=code_taken"


@pytest.mark.parametrize("notice", ["<script>", "unknown", ""])
async def test_an_unknown_notice_says_nothing(app: FastAPI, ours: Agency, notice: str) -> None:
    answer = await Browser(app, ours.editor).get(f"/publish?notice={notice}")
    assert (answer.status_code, 'role="status"' in answer.text) == (200, False)


def test_every_refusal_rule_and_field_has_words() -> None:
    known = set(load_texts())
    wanted = {f"publish.notice_{name}" for name in NOTICES} | {f"publish.check_{point}" for point in CHECKLIST}
    wanted |= {f"publish.problem_{rule}" for rule in plain_rules().never}
    assert wanted - known == set()
