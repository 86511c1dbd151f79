"""The auditor sees who did what and who read what, of their own organisation, and no word of any conversation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.accounts import audit
from bot.accounts.model import Role, Staff
from bot.audit.model import GROUPS, Question
from bot.audit.reading import deeds
from bot.config import ROOT
from bot.handoff.reading import open_conversation
from bot.storage.unit_of_work import Database
from bot.web.i18n import load_texts
from tests.accounts.people import join, other_organisation
from tests.duties.test_service import drafted
from tests.handoff.builders import NOTE_TEXT, claimed, wait
from tests.handoff.desk_app import Browser, desk_app


def seen(db: Database, reader: Staff, **asked: object) -> list[tuple[str, str, str]]:
    found, _ = db.run_sync(lambda uow: deeds(uow, reader, Question(**asked)), read_only=True)  # type: ignore[arg-type]
    return [(deed.who, deed.action, deed.label) for deed in found]


def read(db: Database, by: Staff) -> None:
    """Somebody claims a conversation and opens it."""
    handoff_id, _ = claimed(db, by)
    db.run_sync(lambda uow: open_conversation(uow, handoff_id, by))


def test_each_reading_of_a_conversation_stands_there_with_who_and_which(any_db: Database) -> None:
    auditor = join(any_db, Role.AUDITOR).staff
    rani, budi = join(any_db, designation="Petugas Rani").staff, join(any_db, designation="Petugas Budi").staff
    read(any_db, rani)
    read(any_db, budi)
    assert seen(any_db, auditor, group="reads") == [
        ("Petugas Budi", "conversation.read", "K-2"),
        ("Petugas Rani", "conversation.read", "K-1"),
    ]
    assert seen(any_db, auditor, group="reads", staff_id=rani.id) == [("Petugas Rani", "conversation.read", "K-1")]


def test_a_conversation_has_its_whole_story_what_the_system_did_among_it(any_db: Database) -> None:
    auditor = join(any_db, Role.AUDITOR).staff
    rani = join(any_db, designation="Petugas Rani").staff
    drafted(any_db, rani)
    wait(any_db)
    assert seen(any_db, auditor, conversation=1) == [
        ("Petugas Rani", "disclosure.draft", "K-1"),
        ("Petugas Rani", "handoff.claim", "K-1"),
        ("", "handoff.queue", "K-1"),
    ]
    assert seen(any_db, auditor, conversation=7) == []


def test_another_organisation_s_deeds_are_not_there_not_even_the_system_s(any_db: Database) -> None:
    rani = join(any_db).staff
    read(any_db, rani)
    home = other_organisation(any_db)
    stranger = join(any_db, Role.AUDITOR, organisation_id=home, designation="Auditor Lain").staff
    assert {action for _, action, _ in seen(any_db, stranger)} == {"staff.invite", "staff.join", "session.sign_in"}
    assert {who for who, _, _ in seen(any_db, stranger)} == {"Auditor Lain", ""}
    assert seen(any_db, stranger, conversation=1) == []
    assert seen(any_db, stranger, staff_id=rani.id) == []


def test_older_ones_come_page_by_page_and_none_is_left_out(db: Database) -> None:
    auditor = join(db, Role.AUDITOR).staff
    for _ in range(7):
        read(db, auditor)
    pages, before = [], None
    while True:
        asked = Question(before=before)
        found, before = db.run_sync(lambda uow, asked=asked: deeds(uow, auditor, asked, limit=4), read_only=True)
        pages += [deed.number for deed in found]
        if before is None:
            break
    everything, _ = db.run_sync(lambda uow: deeds(uow, auditor, Question()), read_only=True)
    assert pages == [deed.number for deed in everything]
    assert pages == sorted(pages, reverse=True)


async def test_the_page_holds_numbers_and_designations_and_no_content(db: Database) -> None:
    rani = join(db, designation="Petugas Rani").staff
    read(db, rani)
    page = (await Browser(desk_app(db), join(db, Role.AUDITOR)).get("/desk/audit")).text
    assert "Petugas Rani" in page
    assert "membaca percakapan" in page
    assert "K-1" in page
    for secret in (*NOTE_TEXT.splitlines(), "membanting", rani.name, rani.login):
        assert secret not in page


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("?group=reads", "membaca percakapan", ""),
        ("?conversation=k-1", "mengambil percakapan", ""),
        ("?conversation=1&group=accounts", "Tidak ada yang tercatat", ""),
        ("?conversation=satu", "ditulis seperti K-27", ""),
        ("?group=nonsense&who=nobody", "Tidak ada yang tercatat", ""),
        ("?before=99999999999999999999", "membaca percakapan", ""),
        ("?conversation=%3Cscript%3Ealert(1)%3C/script%3E", "&lt;script&gt;", "<script>alert"),
    ],
)
async def test_the_filter_takes_whatever_is_typed(db: Database, query: str, status: str, words: str) -> None:
    read(db, join(db).staff)
    answer = await Browser(desk_app(db), join(db, Role.AUDITOR)).get(f"/desk/audit{query}")
    assert answer.status_code == 200
    assert status in answer.text
    assert not words or words not in answer.text


async def test_a_deed_without_words_shows_its_own_name(db: Database) -> None:
    signed_in = join(db, Role.AUDITOR)
    who = signed_in.staff
    db.run_sync(lambda uow: audit.record(uow, who, "thing.done", "thing", "x"))
    assert "thing.done" in (await Browser(desk_app(db), signed_in).get("/desk/audit")).text


def test_each_deed_that_the_code_records_has_words() -> None:
    calls = r"audit\.record\(\s*uow,\s*[^,]+,\s*\"([\w.]+)\""
    sources = [path.read_text(encoding="utf-8") for path in Path(ROOT / "bot").rglob("*.py")]
    recorded = {action for source in sources for action in re.findall(calls, source)}
    recorded |= {"staff.on", "staff.off", "staff.roles", *GROUPS["reads"]}
    assert len(recorded) > 25
    words = set(load_texts())
    assert {action for action in recorded if f"audit.action_{action.replace('.', '_')}" not in words} == set()
