"""Coming back with a code: no name, no number, and nothing in the database that opens anything."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from bot.channels.web.model import CODE_LIFE, new_code, normal_code
from bot.channels.web.return_pages import TRIES
from bot.channels.web.service import come_back, make_code
from bot.channels.web.session import COOKIE
from bot.channels.web.store import find_conversation_id, web_return_code
from bot.clock import ManualClock
from bot.conversation.erase import erase
from bot.conversation.intake import create_conversation
from bot.conversation.model import Keeping
from bot.conversation.store import conversation
from bot.conversation.transcript import load
from bot.storage.unit_of_work import Database
from tests.channels.web.app import make_app
from tests.channels.web.conftest import PLAIN
from tests.channels.web.reading import lines_of
from tests.channels.web.responder import Responder

CODE = re.compile(r'<p class="code">([0-9A-Z-]{24})</p>')


@pytest.fixture
def kept(browser: TestClient, db: Database, assistant: Responder) -> TestClient:
    """A person who talked and agreed to keeping."""
    browser.post("/chat/messages", data={"id": str(uuid.uuid4()), "text": "halo"})
    db.run_sync(lambda uow: uow.db.execute(update(conversation).values(keeping=Keeping.GIVEN)))
    assistant.answer_all()
    return browser


def new_device(db: Database) -> TestClient:
    return TestClient(make_app(db), headers=PLAIN)


def made(browser: TestClient) -> str:
    """The code on the page that shows it."""
    match = CODE.search(browser.post("/chat/code").text)
    assert match is not None
    return match[1]


def test_a_code_opens_the_conversation_on_another_device_and_closes_it_here(kept: TestClient, db: Database) -> None:
    code = made(kept)
    other = new_device(db)
    answer = other.post("/chat/return", data={"code": code.lower().replace("-", " ")})
    assert [line.kind for line in lines_of(answer.text)] == ["client", "bot"]
    assert lines_of(kept.get("/chat").text) == []
    again = kept.post("/chat/messages", json={"id": str(uuid.uuid4()), "text": "halo", "open": "1"})
    assert again.json()["error"] == "closed"


def test_a_code_works_again_from_the_next_device(kept: TestClient, db: Database) -> None:
    code = made(kept)
    for device in (new_device(db), new_device(db)):
        assert len(lines_of(device.post("/chat/return", data={"code": code}).text)) == 2


def test_a_code_is_shown_once_and_a_new_one_replaces_it(kept: TestClient, db: Database) -> None:
    first = made(kept)
    assert first not in kept.get("/chat/code").text
    second = made(kept)
    assert new_device(db).post("/chat/return", data={"code": first}).status_code == 400
    assert len(lines_of(new_device(db).post("/chat/return", data={"code": second}).text)) == 2


def test_a_code_can_be_switched_off(kept: TestClient, db: Database) -> None:
    code = made(kept)
    kept.post("/chat/code/forget")
    assert new_device(db).post("/chat/return", data={"code": code}).status_code == 400


@pytest.mark.parametrize("keeping", [Keeping.UNDECIDED, Keeping.REFUSED])
def test_without_consent_to_keeping_there_is_no_code(browser: TestClient, db: Database, keeping: Keeping) -> None:
    browser.post("/chat/messages", data={"id": str(uuid.uuid4()), "text": "halo"})
    db.run_sync(lambda uow: uow.db.execute(update(conversation).values(keeping=keeping)))
    assert browser.post("/chat/code").url.path == "/chat"
    assert browser.get("/chat/code").url.path == "/chat"
    with db.unit(read_only=True) as uow:
        assert uow.db.execute(select(web_return_code)).all() == []


def test_the_code_is_offered_once_keeping_is_agreed(browser: TestClient, kept: TestClient) -> None:
    assert '<div class="offer" id="offer" data-settled="">' in kept.get("/chat").text
    made(kept)
    assert '<div class="offer" id="offer" hidden' in kept.get("/chat").text


def test_a_code_stops_with_the_consent(kept: TestClient, db: Database) -> None:
    code = made(kept)
    db.run_sync(lambda uow: uow.db.execute(update(conversation).values(keeping=Keeping.REFUSED)))
    assert new_device(db).post("/chat/return", data={"code": code}).status_code == 400


def test_a_code_stops_with_erasure(kept: TestClient, db: Database) -> None:
    code = made(kept)
    with db.unit(read_only=True) as uow:
        before = uow.db.execute(select(conversation.c.id)).scalar_one()
    db.run_sync(lambda uow: erase(uow, before))
    assert new_device(db).post("/chat/return", data={"code": code}).status_code == 400


def test_a_code_that_is_not_used_for_long_stops(kept: TestClient, db: Database, clock: ManualClock) -> None:
    code = made(kept)
    clock.advance((CODE_LIFE - timedelta(days=1)).total_seconds())
    assert new_device(db).post("/chat/return", data={"code": code}).status_code == 200
    clock.advance((CODE_LIFE - timedelta(days=1)).total_seconds())
    assert new_device(db).post("/chat/return", data={"code": code}).status_code == 200
    clock.advance(CODE_LIFE.total_seconds())
    assert new_device(db).post("/chat/return", data={"code": code}).status_code == 400


@pytest.mark.parametrize("typed", ["", "ABCD", "R1XT-349J-JFVC-WKB4-4JAT", "x" * 10_000, "<script>alert(1)</script>"])
def test_a_wrong_code_is_told_kindly_and_not_repeated_on_the_page(db: Database, typed: str) -> None:
    answer = new_device(db).post("/chat/return", data={"code": typed})
    assert answer.status_code == 400
    assert "tidak membuka percakapan" in answer.text
    assert len(typed) < 5 or typed not in answer.text


def test_guessing_is_slowed_down(db: Database) -> None:
    device = new_device(db)
    tries = [device.post("/chat/return", data={"code": new_code()}).status_code for _ in range(int(TRIES[0]) + 2)]
    assert tries == [400] * int(TRIES[0]) + [429] * 2


def test_a_stolen_database_opens_nothing(kept: TestClient, db: Database) -> None:
    code, secret = made(kept), kept.cookies[COOKIE]
    with db.engine.connect() as connection:
        rows = [
            list(connection.exec_driver_sql(f'SELECT * FROM "{table}"'))
            for table in ("web_return_code", "conversation")
        ]
    dump = repr(rows)
    assert rows[0]
    for hidden in (code, normal_code(code), secret):
        assert hidden not in dump


def test_coming_back_works_on_both_databases(any_db: Database) -> None:
    any_db.run_sync(lambda uow: create_conversation(uow, "web", "web", "first-secret", "id"))
    any_db.run_sync(lambda uow: uow.db.execute(update(conversation).values(keeping=Keeping.GIVEN)))
    code = any_db.run_sync(lambda uow: make_code(uow, "first-secret"))
    secret = any_db.run_sync(lambda uow: come_back(uow, code))
    with any_db.unit(read_only=True) as uow:
        assert find_conversation_id(uow, "first-secret") is None
        found = find_conversation_id(uow, secret)
        assert found is not None
        sealed = uow.db.execute(select(conversation.c.chat)).scalar_one()
        assert uow.vault.open(found, "conversation", "chat", found, sealed) == secret
        assert load(uow, found).account == "web"
