"""The desk over HTTP: what is shown to whom, and what a worker can do with plain forms and with scripts."""

from __future__ import annotations

import pytest

from bot.accounts.model import Role
from bot.conversation.model import Holder, Kind
from bot.conversation.transcript import load, record_client
from bot.handoff import service
from bot.storage.unit_of_work import Database
from tests.accounts.people import join, other_organisation
from tests.handoff.builders import claimed, conversation, wait
from tests.handoff.desk_app import Browser, desk_app

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'{{7*7}}"


async def test_the_queue_shows_who_waits_and_nothing_of_the_conversation(db: Database) -> None:
    wait(db, risk="imminent")
    page = (await Browser(desk_app(db), join(db)).get("/desk")).text
    assert "Segera" in page
    assert "Saya takut pulang malam ini." in page  # the shared note's first line
    assert "membanting pintu" not in page


async def test_an_empty_queue_says_so(db: Database) -> None:
    assert "Tidak ada yang menunggu" in (await Browser(desk_app(db), join(db)).get("/desk")).text


async def test_content_opens_with_the_claim_and_closes_with_the_end(db: Database) -> None:
    handoff_id = wait(db).handoff_id
    browser = Browser(desk_app(db), join(db, designation="Petugas Rani"))
    page = f"/desk/conversations/{handoff_id}"
    before = (await browser.get(page)).text
    assert "saya takut pulang malam ini" not in before
    assert "kakak mau menampung" not in before

    assert (await browser.post(f"{page}/claim")).headers["location"] == page
    opened = (await browser.get(page)).text
    assert "dia membanting pintu" in opened
    assert "kakak mau menampung" in opened
    assert 'data-jump="1"' in opened
    assert "memilih tidak menjawab" in opened

    await browser.post(f"{page}/close", outcome="rest")
    after = (await browser.get(page)).text
    assert "Percakapan sudah diakhiri" in after
    assert "membanting" not in after


async def test_a_colleague_sees_who_holds_it_and_no_content(db: Database) -> None:
    handoff_id, _ = claimed(db, join(db, designation="Petugas Rani").staff)
    page = (await Browser(desk_app(db), join(db)).get(f"/desk/conversations/{handoff_id}")).text
    assert "Dipegang Petugas Rani" in page
    assert "membanting" not in page
    assert "takut" not in page


async def test_a_claim_that_came_late_names_the_winner(db: Database) -> None:
    handoff_id, _ = claimed(db, join(db, designation="Petugas Rani").staff)
    browser = Browser(desk_app(db), join(db))
    plain = await browser.post(f"/desk/conversations/{handoff_id}/claim")
    landed = (await browser.get(plain.headers["location"])).text
    assert "Sudah diambil rekan Anda" in landed
    assert "Dipegang Petugas Rani" in landed
    script = await browser.post(f"/desk/conversations/{handoff_id}/claim", script=True)
    assert (script.status_code, script.json()) == (409, {"error": "already_claimed", "by": "Petugas Rani"})


async def test_another_organisation_s_and_unknown_records_look_the_same(db: Database) -> None:
    handoff_id = wait(db).handoff_id
    stranger = Browser(desk_app(db), join(db, Role.WORKER, organisation_id=other_organisation(db)))
    for record in (handoff_id, "no-such-record"):
        page = f"/desk/conversations/{record}"
        answers = [await stranger.get(page), await stranger.get(f"{page}/events")]
        answers += [
            await stranger.post(f"{page}/{act}", text="Halo", client_message_id="aaaaaaaa1")
            for act in ("claim", "messages", "close", "return")
        ]
        assert [answer.status_code for answer in answers] == [404] * 6


async def test_a_line_is_sent_once_by_script_and_by_form(db: Database) -> None:
    signed_in = join(db)
    handoff_id, talk = claimed(db, signed_in.staff)
    browser = Browser(desk_app(db), signed_in)
    path = f"/desk/conversations/{handoff_id}/messages"
    first = await browser.post(path, script=True, text="Halo\r\nsaya di sini", client_message_id="aaaaaaaa1")
    again = await browser.post(path, script=True, text="Halo\r\nsaya di sini", client_message_id="aaaaaaaa1")
    assert first.json() == again.json()
    assert "Halo\nsaya di sini" in first.json()["html"]
    plain = await browser.post(path, text="Lewat formulir", client_message_id="plain-0001")
    assert plain.headers["location"] == f"/desk/conversations/{handoff_id}"
    assert db.run_sync(lambda uow: load(uow, talk)).last_number == 6


@pytest.mark.parametrize(("text", "error"), [("  ", "text_empty"), ("x" * 4001, "text_long")])
async def test_a_line_that_can_not_be_said_is_refused_with_the_reason(db: Database, text: str, error: str) -> None:
    signed_in = join(db)
    handoff_id, _ = claimed(db, signed_in.staff)
    answer = await Browser(desk_app(db), signed_in).post(
        f"/desk/conversations/{handoff_id}/messages", script=True, text=text, client_message_id="aaaaaaaa1"
    )
    assert (answer.status_code, answer.json()["error"]) == (400, error)


@pytest.mark.parametrize("message_id", ["", "short", "x" * 65, "with blank", "../../etc"])
async def test_a_line_needs_a_proper_id(db: Database, message_id: str) -> None:
    signed_in = join(db)
    handoff_id, _ = claimed(db, signed_in.staff)
    answer = await Browser(desk_app(db), signed_in).post(
        f"/desk/conversations/{handoff_id}/messages", script=True, text="Halo", client_message_id=message_id
    )
    assert answer.status_code == 400


async def test_returning_gives_the_chat_back_to_the_assistant(db: Database) -> None:
    signed_in = join(db)
    handoff_id, talk = claimed(db, signed_in.staff)
    browser = Browser(desk_app(db), signed_in)
    answer = await browser.post(f"/desk/conversations/{handoff_id}/return")
    assert "kembali ke asisten" in (await browser.get(answer.headers["location"])).text
    assert db.run_sync(lambda uow: load(uow, talk)).holder is Holder.BOT


async def test_whatever_a_client_writes_is_shown_as_text(db: Database) -> None:
    signed_in = join(db, designation=HOSTILE)
    talk = conversation(db)
    note = {"dimensions": [{"name": "type", "label": HOSTILE, "status": "told", "words": HOSTILE}]}
    handoff_id = wait(db, talk, note_text=HOSTILE, note=note).handoff_id
    browser = Browser(desk_app(db), signed_in)
    pages = [(await browser.get("/desk")).text, (await browser.get(f"/desk/conversations/{handoff_id}")).text]
    await browser.post(f"/desk/conversations/{handoff_id}/claim")
    db.run_sync(lambda uow: record_client(uow, talk, kind=Kind.TEXT, text=HOSTILE, lang="id", inbox_id=uow.new_id()))
    pages.append((await browser.get(f"/desk/conversations/{handoff_id}")).text)
    for page in pages:
        assert "<script>alert" not in page
        assert "<img src=x" not in page
    assert pages[-1].count("&lt;script&gt;alert(1)") >= 4


async def test_pages_carry_no_inline_script_or_style(db: Database) -> None:
    signed_in = join(db, Role.WORKER, Role.ADMIN)
    handoff_id, _ = claimed(db, signed_in.staff)
    wait(db)
    browser = Browser(desk_app(db), signed_in)
    for path in ("/desk", f"/desk/conversations/{handoff_id}", "/desk/staff", "/desk/login"):
        answer = await browser.get(path)
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
        assert " style=" not in answer.text
        assert "<style" not in answer.text
        assert " onclick=" not in answer.text
        assert answer.text.count("<script") == answer.text.count('<script type="module" src="/static/')


async def test_a_conversation_that_was_deleted_is_not_found(db: Database) -> None:
    signed_in = join(db)
    handoff_id, talk = claimed(db, signed_in.staff)
    db.run_sync(lambda uow: uow.vault.destroy_owner(talk))
    assert (await Browser(desk_app(db), signed_in).get(f"/desk/conversations/{handoff_id}")).status_code == 404


async def test_somebody_who_left_is_shown_as_their_right(db: Database) -> None:
    signed_in, talk = join(db), conversation(db)
    handoff_id = wait(db, talk).handoff_id
    db.run_sync(lambda uow: service.withdraw(uow, talk))
    page = await Browser(desk_app(db), signed_in).get(f"/desk/conversations/{handoff_id}")
    assert "Itu haknya" in page.text


async def test_the_desk_of_a_demo_says_that_it_is_one(db: Database) -> None:
    assert "Ini demo" in (await Browser(desk_app(db), join(db)).get("/desk")).text
