"""One's own note on every channel: in the chat in full, and as page and file behind a link that soon ends."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from jsonschema import Draft202012Validator
from sqlalchemy import select, update

from bot.assistant.catalogue import load_catalogue
from bot.channels.web.note_links import LINK_LASTS
from bot.channels.web.note_pages import link_router
from bot.channels.web.store import note_link
from bot.clock import ManualClock
from bot.config import Settings
from bot.conversation.intake import create_conversation
from bot.conversation.model import Reply
from bot.conversation.store import conversation
from bot.conversation.transcript import load
from bot.counselling.note_form import load_form, schema
from bot.counselling.service import record_decision, record_value
from bot.effects import make_effects
from bot.storage.unit_of_work import Database
from bot.web.shell import make_web

BASE = "http://chat.test"
EFFECTS = make_effects(load_catalogue(agency="Rumah Aman").say, "Rumah Aman", lambda lang, region: "110", BASE)
TOLD = {"status": "told", "message": "m1", "start": 0, "end": 5, "origin": "client_words"}


def talk_on(db: Database, channel: str) -> str:
    with db.unit() as uow:
        talk = create_conversation(uow, channel, f"{channel}:1", "c1", "id")
        uow.db.execute(update(conversation).where(conversation.c.id == talk).values(keeping="given"))
        record_value(uow, talk, {"name": "type", "words": "dipukul", **TOLD})
        record_value(uow, talk, {"name": "plan", "words": "ke rumah ibu", **TOLD})
        record_value(uow, talk, {"name": "cause", **TOLD, "status": "declined", "words": ""})
        record_decision(uow, talk, {"kind": "safe"})
        record_decision(uow, talk, {"kind": "declined", "option": "O10"})
        uow.commit()
    return talk


def does(db: Database, talk: str, command: str, **data: Any) -> list[Reply]:
    with db.unit() as uow:
        said = EFFECTS[command](uow, load(uow, talk), data)
        uow.commit()
    return list(said)


def link_in(replies: list[Reply]) -> str:
    (found,) = re.findall(rf"{BASE}(/note/\S+)", replies[-1].text)
    return found


@pytest.fixture
def site(db: Database) -> httpx.AsyncClient:
    web, app = make_web(Settings(public_url=BASE)), FastAPI()
    web.install(app)
    app.include_router(link_router(db, web))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=BASE, headers={"Accept": "text/html"})


def test_the_whole_note_is_told_in_the_chat(db: Database) -> None:
    record, link = does(db, talk_on(db, "telegram"), "tell_record")
    assert (record.response, link.response) == ("utter_record", "utter_record_link")
    for line in ("“dipukul”", "“ke rumah ibu”", "Aman untuk chat: ya", "Sebab menurut klien: memilih tidak menjawab"):
        assert line in record.text, line
    assert "Pilihan yang tidak cocok: " in record.text


def test_the_web_chat_points_to_its_own_page(db: Database) -> None:
    record, page = does(db, talk_on(db, "web"), "tell_record")
    assert (record.response, page.response) == ("utter_record", "utter_record_page")


def test_where_nothing_was_told_nothing_is_shown_and_no_link_is_made(db: Database) -> None:
    with db.unit() as uow:
        talk = create_conversation(uow, "telegram", "telegram:1", "c2", "id")
        uow.commit()
    (said,) = does(db, talk, "tell_record")
    assert said.response == "utter_record_empty"
    with db.unit(read_only=True) as uow:
        assert uow.db.execute(select(note_link)).all() == []


async def test_the_link_opens_the_page_and_the_file_in_the_published_form(
    db: Database, site: httpx.AsyncClient
) -> None:
    path = link_in(does(db, talk_on(db, "telegram"), "tell_record"))
    page = await site.get(path)
    assert "“dipukul”" in page.text
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    (file,) = re.findall(r'href="(/note/[^"]+\.json)"', page.text)
    answer = await site.get(file)
    note = json.loads(answer.text)
    assert [error.message for error in Draft202012Validator(schema(load_form())).iter_errors(note)] == []
    assert note["made_for"] == {"kind": "client", "by": None}


@pytest.mark.parametrize("end", ["time", "another", "quick_exit", "revoke_consent", "delete_all"])
async def test_the_link_ends(db: Database, clock: ManualClock, site: httpx.AsyncClient, end: str) -> None:
    talk = talk_on(db, "telegram")
    path = link_in(does(db, talk, "tell_record"))
    assert (await site.get(path)).status_code == 200
    if end == "time":
        clock.advance(LINK_LASTS.total_seconds() + 1)
    else:
        does(db, talk, "tell_record" if end == "another" else end)
    for address in (path, f"{path}/note.json"):
        answer = await site.get(address)
        assert answer.status_code == 404
        assert "dipukul" not in answer.text


async def test_a_made_up_link_opens_nothing(site: httpx.AsyncClient) -> None:
    assert (await site.get("/note/AAAAAAAAAAAAAAAAAAAAAA")).status_code == 404


def test_the_database_holds_no_link_that_opens(db: Database) -> None:
    path = link_in(does(db, talk_on(db, "telegram"), "tell_record"))
    with db.unit(read_only=True) as uow:
        (kept,) = uow.db.execute(select(note_link)).all()
    assert path.rsplit("/", 1)[1] not in kept.digest
