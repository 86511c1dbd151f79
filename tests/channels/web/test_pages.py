"""The chat without scripts: pages and forms."""

from __future__ import annotations

import re
import uuid
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from bot.channels.web.model import BURST, MAX_TEXT
from bot.channels.web.pages import LOOKS, NEW_SESSIONS
from bot.channels.web.session import COOKIE
from bot.clock import ManualClock
from bot.conversation.erase import erase
from bot.conversation.model import Button, Holder, Keeping, Reply, Sender
from bot.conversation.store import conversation
from bot.conversation.transcript import change_holder, post
from bot.storage.unit_of_work import Database, UnitOfWork
from tests.channels.stored import stored
from tests.channels.web.app import make_app
from tests.channels.web.conftest import PLAIN
from tests.channels.web.reading import SeenLine, lines_of
from tests.channels.web.responder import Responder


def send(browser: TestClient, **fields: Any) -> httpx.Response:
    """Submit the form of the plain page."""
    return browser.post("/chat/messages", data={"id": str(uuid.uuid4()), **fields})


def shows(browser: TestClient) -> list[SeenLine]:
    return lines_of(browser.get("/chat").text)


def conversations(db: Database) -> list[Any]:
    with db.unit(read_only=True) as uow:
        return list(uow.db.execute(select(conversation).order_by(conversation.c.number)))


def change(db: Database, **values: object) -> None:
    def work(uow: UnitOfWork) -> None:
        uow.db.execute(update(conversation).values(**values))

    db.run_sync(work)


def say(db: Database, text: str, sender: Sender, *buttons: Button, staff_id: str | None = None) -> None:
    newest = conversations(db)[-1].id
    reply = Reply("utter_test", text, "id", buttons)
    db.run_sync(lambda uow: post(uow, newest, reply, sender=sender, staff_id=staff_id))


def test_looking_at_the_page_stores_nothing(browser: TestClient, db: Database) -> None:
    assert browser.get("/chat").status_code == 200
    assert conversations(db) == []


def test_the_cookie_is_for_the_chat_alone_and_no_script_reads_it(db: Database) -> None:
    for address, secure in (("", False), ("https://obrolan.example", True)):
        cookie = TestClient(make_app(db, public_url=address)).get("/chat").headers["set-cookie"].lower()
        assert {"httponly", "samesite=strict", "path=/chat"} <= set(cookie.split("; "))
        assert ("secure" in cookie) is secure
        assert "max-age" not in cookie
        assert "expires" not in cookie


def test_what_is_written_is_answered(browser: TestClient, assistant: Responder) -> None:
    answer = send(browser, text="saya takut")
    assert (answer.history[0].status_code, answer.url.path) == (303, "/chat")
    assistant.answer_all()
    client, bot = shows(browser)
    assert (bot.kind, bot.who, bot.text) == ("bot", "Asisten otomatis", "Saya dengar: saya takut")
    assert bot.buttons == [("Lanjut", "/affirm"), ("Lewati", "/refuse_answer")]
    assert client.kind == "client"


def test_what_nobody_may_keep_is_not_shown_again(browser: TestClient, db: Database, assistant: Responder) -> None:
    send(browser, text="rahasia saya")
    assistant.answer_all()
    assert shows(browser)[0].text == "Pesan Anda (tidak disimpan)"
    change(db, keeping=Keeping.GIVEN)
    send(browser, text="boleh disimpan")
    assistant.answer_all()
    assert [line.text for line in shows(browser) if line.kind == "client"][-1] == "boleh disimpan"


def test_a_message_that_waits_for_its_turn_is_on_the_page(browser: TestClient) -> None:
    send(browser, text="halo?")
    assert [(line.kind, line.text) for line in shows(browser)] == [("client", "halo?")]


def test_a_pressed_button_carries_its_words(browser: TestClient, db: Database, assistant: Responder) -> None:
    send(browser, text="halo")
    assistant.answer_all()
    send(browser, payload="/refuse_answer", open="1")
    send(browser, payload="/ask_human", open="1")
    assert [line.text for line in shows(browser) if line.kind == "client"][1:] == ["Lewati", "Bicara dengan petugas"]


def test_buttons_count_until_the_person_says_something(browser: TestClient, assistant: Responder) -> None:
    send(browser, text="satu")
    assistant.answer_all()
    send(browser, text="dua", open="1")
    assistant.answer_all()
    assert [bool(line.buttons) for line in shows(browser) if line.kind == "bot"] == [False, True]


def test_a_form_that_is_sent_twice_counts_once(browser: TestClient, db: Database) -> None:
    once = str(uuid.uuid4())
    for _ in range(3):
        send(browser, id=once, text="halo")
    assert [row.text for row in stored(db)] == ["halo"]


def test_two_people_may_use_the_same_message_id(browser: TestClient, db: Database) -> None:
    other = TestClient(make_app(db), headers=PLAIN)
    other.get("/chat")
    same = str(uuid.uuid4())
    send(browser, id=same, text="saya")
    send(other, id=same, text="orang lain")
    assert [row.text for row in stored(db)] == ["saya", "orang lain"]
    assert len({row.conversation for row in stored(db)}) == 2


def test_a_worker_is_visibly_a_person_with_a_designation(browser: TestClient, db: Database) -> None:
    send(browser, text="halo")
    newest = conversations(db)[-1].id
    db.run_sync(lambda uow: change_holder(uow, newest, Holder.WORKER))
    say(db, "Seorang petugas bergabung.", Sender.SYSTEM)
    say(db, "Selamat malam.", Sender.WORKER, staff_id="s1")
    page = browser.get("/chat").text
    system, worker = [line for line in lines_of(page) if line.kind != "client"]
    assert (system.kind, worker.kind, worker.who) == ("system", "worker", "pekerja sosial · manusia")
    assert "Bersama petugas" in page


def test_the_page_without_scripts_looks_for_the_answer_by_itself_and_stops_some_time(
    browser: TestClient, assistant: Responder
) -> None:
    waiting = send(browser, text="halo").text
    assert re.search(r'<noscript><meta http-equiv="refresh" content="3; url=/chat\?wait=2#end"></noscript>', waiting)
    assert "http-equiv" not in browser.get(f"/chat?wait={LOOKS}").text
    assert "Lihat balasan" in browser.get(f"/chat?wait={LOOKS}").text
    assistant.answer_all()
    assert "http-equiv" not in browser.get("/chat?wait=2").text


def test_every_way_out_is_on_the_page_with_and_without_a_conversation(browser: TestClient) -> None:
    for page in (browser.get("/chat").text, send(browser, text="halo").text):
        for payload in ("ask_human", "ask_rights", "pause", "stop", "delete_data", "change_language", "show_record"):
            assert f'value="/{payload}"' in page
        assert 'id="exit"' in page
        assert all(f"tel:{number}" in page for number in ("110", "112", "119"))


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"text": "x" * (MAX_TEXT + 1)}, 400, "4.000 karakter"),
        ({"text": "   "}, 400, "masih kosong"),
        ({"payload": "jahat"}, 400, "tidak dikenal"),
        ({"text": "halo", "id": "1"}, 400, "Muat ulang"),
        ({"text": "halo", "open": "1"}, 409, "tidak terbuka lagi"),
    ],
)
def test_a_refused_message_comes_back_with_its_words_and_why(
    browser: TestClient, db: Database, fields: dict[str, str], status: int, words: str
) -> None:
    answer = send(browser, **fields)
    assert answer.status_code == status
    assert words in answer.text
    assert fields.get("text", "").strip() in answer.text
    assert conversations(db) == []


def test_refused_words_are_shown_inert(browser: TestClient) -> None:
    answer = send(browser, id="1", text="</textarea><script>alert(1)</script>")
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert" in answer.text


def test_without_cookies_the_person_is_told_why_it_does_not_begin(db: Database) -> None:
    answer = send(TestClient(make_app(db), headers=PLAIN), text="halo")
    assert answer.status_code == 409
    assert "kuki" in answer.text
    assert "halo" in answer.text


def test_too_many_messages_at_once_wait_and_nothing_is_half_stored(
    browser: TestClient, db: Database, clock: ManualClock
) -> None:
    for number in range(BURST):
        assert send(browser, text=str(number)).status_code == 200
    answer = browser.post("/chat/messages", json={"id": str(uuid.uuid4()), "text": "terlalu cepat"})
    assert (answer.status_code, answer.json()["error"], answer.headers["retry-after"]) == (429, "too_fast", "10")
    assert len(stored(db)) == BURST
    clock.advance(11)
    assert send(browser, text="sekarang").status_code == 200


def test_a_repetition_is_acknowledged_even_in_a_burst(browser: TestClient, db: Database) -> None:
    first = str(uuid.uuid4())
    send(browser, id=first, text="0")
    for number in range(1, BURST):
        send(browser, text=str(number))
    assert browser.post("/chat/messages", json={"id": first, "text": "0"}).json() == {"accepted": True}


def test_one_address_can_not_begin_conversations_without_end(db: Database) -> None:
    app = make_app(db)
    for number in range(int(NEW_SESSIONS[0]) + 1):
        person = TestClient(app, headers=PLAIN)
        person.get("/chat")
        answer = send(person, text="halo")
        assert answer.status_code == (200 if number < NEW_SESSIONS[0] else 429)
    assert all(contact in answer.text for contact in ("110", "112", "119", "halo"))
    assert len(conversations(db)) == NEW_SESSIONS[0]


@pytest.mark.parametrize("path", ["/chat/messages", "/chat/leave", "/chat/code", "/chat/code/forget", "/chat/return"])
def test_another_site_can_change_nothing(browser: TestClient, db: Database, path: str) -> None:
    answer = browser.post(
        path, data={"id": str(uuid.uuid4()), "text": "halo"}, headers={"sec-fetch-site": "cross-site"}
    )
    assert answer.status_code == 403
    assert conversations(db) == []
    assert COOKIE in browser.cookies


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'"x"', b'{"id": 1}', b"[" * 100_000, b"\xff\xfe", b"null"])
def test_a_body_that_is_none_of_ours_is_refused_calmly(browser: TestClient, body: bytes) -> None:
    answer = browser.post("/chat/messages", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["error"] == "id"


def test_a_link_from_another_site_does_not_lose_the_conversation(browser: TestClient, assistant: Responder) -> None:
    send(browser, text="halo")
    assistant.answer_all()
    secret = browser.cookies[COOKIE]
    browser.cookies.clear()  # what a browser does with a strict cookie when another site's link is followed
    step = browser.get("/chat", headers={"sec-fetch-site": "cross-site"})
    assert "set-cookie" not in step.headers
    assert 'content="0; url=/chat?again=1' in step.text
    browser.cookies.set(COOKIE, secret, path="/chat")
    assert len(lines_of(browser.get("/chat?again=1").text)) == 2


def test_quick_exit_without_scripts_closes_the_session(browser: TestClient) -> None:
    send(browser, text="halo")
    answer = browser.get("/chat/leave", headers={"sec-fetch-site": "same-origin"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "https://www.google.com/search?q=cuaca")
    assert COOKIE not in browser.cookies
    assert shows(browser) == []


def test_a_link_on_another_site_can_not_end_the_conversation(browser: TestClient) -> None:
    answer = browser.get("/chat/leave", headers={"sec-fetch-site": "cross-site"}, follow_redirects=False)
    assert answer.status_code == 303
    assert COOKIE in browser.cookies


def test_after_erasure_nothing_of_before_is_shown_and_the_closing_word_is(
    browser: TestClient, db: Database, assistant: Responder
) -> None:
    send(browser, text="hapus semuanya")
    assistant.answer_all()
    before = conversations(db)[-1].id
    db.run_sync(lambda uow: erase(uow, before))
    say(db, "Data Anda sudah dihapus.", Sender.SYSTEM)
    assert [(line.kind, line.text) for line in shows(browser)] == [("system", "Data Anda sudah dihapus.")]
    assert send(browser, text="halo lagi", open="1").status_code == 200


def test_the_page_speaks_the_conversations_language(browser: TestClient, db: Database) -> None:
    send(browser, text="hello", lang="en")
    assert conversations(db)[-1].lang == "en"
    assert '<html lang="en">' in browser.get("/chat").text


def test_a_forged_cookie_opens_nothing(browser: TestClient, assistant: Responder) -> None:
    send(browser, text="halo")
    assistant.answer_all()
    for forged in ("x", "a" * 43, "a" * 10_000, "%00", "' OR 1=1 --"):
        browser.cookies.clear()
        browser.cookies.set(COOKIE, forged, path="/chat")
        assert shows(browser) == []
