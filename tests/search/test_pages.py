"""The search page over HTTP: what it finds and says, and that no words of a client get into an address."""

from __future__ import annotations

import pytest

from bot.accounts.model import Role
from bot.clock import ManualClock
from bot.handoff import service
from bot.storage.unit_of_work import Database
from tests.accounts.people import join
from tests.handoff.builders import claimed, say, wait
from tests.handoff.desk_app import Browser, desk_app

HOSTILE = "<script>alert(1)</script>"


async def test_conversations_are_listed_with_what_is_known_and_nothing_that_was_said(db: Database) -> None:
    rani = join(db, designation="Petugas Rani").staff
    ended, _ = claimed(db, rani, risk="high")
    db.run_sync(lambda uow: service.close(uow, ended, rani, "other", say))
    wait(db)
    browser = Browser(desk_app(db), join(db))
    page = (await browser.get("/desk/search")).text
    assert "Klien K-1" in page
    assert "Klien K-2" in page
    assert "terakhir dipegang Petugas Rani" in page
    assert "Bahaya" in page
    for secret in ("membanting", "takut pulang", "kakak"):
        assert secret not in page
    narrowed = (await browser.get("/desk/search?number=k-1&state=closed")).text
    assert f'href="/desk/conversations/{ended}"' in narrowed
    assert "Klien K-2" not in narrowed


@pytest.mark.parametrize(
    ("query", "status", "told"),
    [
        ("?number=tiga", 400, "Nomor percakapan ditulis seperti K-27."),
        ("?since=kemarin", 400, "Tanggal ditulis seperti 2026-11-30."),
        ("?since=2026-12-01&until=2026-11-01", 400, "Tanggal pertama ada sesudah tanggal kedua."),
        ("?state=closed", 200, "Tidak ada yang cocok"),
        ("?who=nobody&before=nothing", 200, "Tidak ada yang cocok"),
        ("?number=%3Cscript%3Ealert(1)%3C/script%3E", 400, "&lt;script&gt;"),
    ],
)
async def test_what_is_wrong_or_not_there_is_said(db: Database, query: str, status: int, told: str) -> None:
    wait(db)
    answer = await Browser(desk_app(db), join(db)).get(f"/desk/search{query}")
    assert answer.status_code == status
    assert told in answer.text
    assert HOSTILE not in answer.text


async def test_before_the_first_conversation_the_page_says_so(db: Database) -> None:
    page = (await Browser(desk_app(db), join(db)).get("/desk/search")).text
    assert "Belum ada percakapan" in page
    assert "Anda sedang tidak memegang percakapan" in page


async def test_words_lead_to_the_message_and_stand_in_no_address(db: Database) -> None:
    signed_in = join(db)
    handoff_id, _ = claimed(db, signed_in.staff)
    browser = Browser(desk_app(db), signed_in)
    answer = await browser.post("/desk/search", words="Takut PULANG")
    assert answer.status_code == 200
    assert f"/desk/conversations/{handoff_id}#m-3" in answer.text
    assert "saya <mark>takut pulang</mark> malam ini" in answer.text
    assert "takut" not in str(answer.url)
    # A search for words by address finds nothing: there is no such field.
    assert "<mark>" not in (await browser.get("/desk/search?words=takut")).text


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        ("x", 400, "Kata yang dicari perlu 2 sampai 100 karakter."),
        ("sama sekali tidak", 200, "Kata itu tidak ada dalam 1 percakapan yang Anda pegang."),
        (HOSTILE, 200, "&lt;script&gt;"),
    ],
)
async def test_words_that_are_not_there_are_said_not_to_be(db: Database, words: str, status: int, told: str) -> None:
    signed_in = join(db)
    claimed(db, signed_in.staff)
    answer = await Browser(desk_app(db), signed_in).post("/desk/search", words=words)
    assert answer.status_code == status
    assert told in answer.text
    assert HOSTILE not in answer.text


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMIN, Role.AGENCY_EDITOR])
async def test_the_search_is_for_those_who_hold_conversations(db: Database, role: Role) -> None:
    browser = Browser(desk_app(db), join(db, role))
    assert (await browser.get("/desk/search")).status_code == 403
    assert (await browser.post("/desk/search", words="pintu")).status_code == 403


async def test_more_than_a_page_goes_on_with_the_same_filter(
    db: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        wait(db)
        clock.advance(1)
    monkeypatch.setattr("bot.search.reading.PAGE", 2)
    monkeypatch.setattr("bot.search.reading.conversations.__kwdefaults__", {"limit": 2})
    browser = Browser(desk_app(db), join(db))
    first = (await browser.get("/desk/search?state=waiting")).text
    assert "Klien K-1" not in first
    link = first.split('href="/desk/search?')[1].split('"')[0].replace("&amp;", "&")
    assert "state=waiting" in link
    older = (await browser.get(f"/desk/search?{link}")).text
    assert "Klien K-1" in older
    assert "Klien K-3" not in older
    assert "Yang terbaru" in older
