"""Whoever takes the disk while everything runs, or a backup, or the logs, reads no word of anybody.

Every place that holds words gets a canary through its own use case; `tests/e2e/test_telegram_story.py` looks at what
the whole product leaves, its Rasa process among it.
"""

from __future__ import annotations

import logging
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select, update

from bot.accounts.model import Staff
from bot.backup.service import back_up
from bot.conversation.model import Keeping
from bot.conversation.store import conversation as conversations
from bot.counselling import service as counselling
from bot.counselling.note_form import load_form
from bot.duties import service as duties
from bot.duties.content import load_duties
from bot.erasing import erase_all
from bot.handoff import assessment, service
from bot.logs import configure_logs
from bot.rights import service as rights
from bot.storage.unit_of_work import Database, UnitOfWork
from tests.accounts.people import join
from tests.canaries import Canaries
from tests.conversation.harness import Script, inbound, receive, runner, said, work_off
from tests.duties.test_disclosure import DRAFT
from tests.handoff.builders import CONSENT, say, wait


@pytest.fixture
def at_debug(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    configure_logs("DEBUG")
    logging.getLogger().addHandler(caplog.handler)
    yield
    configure_logs("INFO")


async def test_no_word_can_be_found_in_database_wal_backup_or_log(
    at_debug: None,
    any_db: Database,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    canaries = Canaries()
    talk = await talks(any_db, canaries)
    keeps(any_db, talk, canaries)
    at_the_desk(any_db, talk, canaries)
    deleted = receive(any_db, inbound("9", canaries.word("a deleted message"), chat=canaries.word("a deleted chat")))
    any_db.run_sync(lambda uow: erase_all(uow, deleted))
    receive(any_db, inbound("10", canaries.word("a message that waits"), chat="c2"))
    back_up(any_db.engine, any_db.master, tmp_path / "backups", any_db.clock.now())
    assert len(canaries.words) >= 20
    # The files as they are now, with what SQLite has not moved out of its WAL yet.
    assert canaries.found_under(tmp_path) == []
    assert canaries.found_in_rows(any_db) == []
    assert canaries.found_in("the log", ("".join(capfd.readouterr()) + caplog.text).encode()) == []


async def test_a_thousand_words_of_a_hundred_people_are_found_nowhere(
    at_debug: None,
    any_db: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    canaries = Canaries()
    rani = join(any_db, designation=f"Petugas {canaries.word('a designation')}").staff
    for person in range(100):
        await tells(any_db, canaries, rani, person)
    back_up(any_db.engine, any_db.master, tmp_path / "backups", any_db.clock.now())
    assert len(canaries.words) >= 1_000
    assert canaries.found_under(tmp_path) == []
    assert canaries.found_in_rows(any_db) == []
    assert canaries.found_in("the log", ("".join(capfd.readouterr()) + caplog.text).encode()) == []


async def tells(db: Database, canaries: Canaries, rani: Staff, person: int) -> None:
    """One person: address, name, story, note, decision, what the worker writes and begins to write."""

    def word(of: str) -> str:
        return canaries.word(f"{of} of person {person}")

    chat = word("the address")
    talk = receive(db, inbound(f"{person}-1", f"nama saya {word('the name')}, {word('the story')}", chat=chat))
    db.run_sync(lambda uow: uow.db.execute(update(conversations).values(keeping=Keeping.GIVEN)))
    await work_off(db, runner(db, Script()))
    receive(db, inbound(f"{person}-2", word("what waits"), chat=chat))
    note = {"wants": {"status": "told", "words": word("the shared note")}}
    waiting = wait(db, talk, note_text=word("the note's text"), note=note).handoff_id
    value = {"name": "cause", "status": "told", "message": "", "start": 0, "end": 0, "origin": "client"}

    def work(uow: UnitOfWork) -> None:
        counselling.record_value(uow, talk, {**value, "words": word("a value")})
        counselling.record_decision(uow, talk, {"kind": "own", "words": word("a decision")})
        service.claim(uow, waiting, rani, say)
        service.say(uow, waiting, rani, word("a line of the worker"), "m1")
        service.keep_draft(uow, waiting, rani, word("a draft"))

    db.run_sync(work)


@pytest.mark.parametrize("guarded", [True, False])
def test_a_crash_leaves_no_image_of_the_memory_that_it_would_leave_otherwise(tmp_path: Path, guarded: bool) -> None:
    program = f"""
import os, resource
most = resource.getrlimit(resource.RLIMIT_CORE)[1]
resource.setrlimit(resource.RLIMIT_CORE, (most, most))
from bot.heap import leave_no_dump
if {guarded}:
    leave_no_dump()
child = os.fork()
if child == 0:
    os.abort()
print(int(os.WCOREDUMP(os.waitpid(child, 0)[1])))
"""
    away = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, env=away)
    allowed = resource.getrlimit(resource.RLIMIT_CORE)[1] != 0
    assert ran.stdout.strip() == ("0" if guarded or not allowed else "1"), ran.stderr
    assert not guarded or list(tmp_path.iterdir()) == []


async def talks(db: Database, canaries: Canaries) -> str:
    """Before consent, with consent, with a safe word; and an assistant that fails over what it is told."""
    chat = canaries.word("the chat's address")
    talk = receive(db, inbound("1", canaries.word("before consent"), chat=chat))
    script = Script()
    turns = runner(db, script)
    await work_off(db, turns)
    db.run_sync(lambda uow: uow.db.execute(update(conversations).values(keeping=Keeping.GIVEN)))
    receive(db, inbound("2", f"saya {canaries.word('with consent')} takut", chat=chat))
    receive(db, inbound("3", f"kata aman saya {canaries.word('the safe word')}", chat=chat))
    await work_off(db, turns)
    script.fails = "timeout"
    receive(db, inbound("4", canaries.word("over which it failed"), chat=chat))
    await work_off(db, turns)
    kept = [message.text or "" for message in said(db, talk)]
    assert any(canaries.words["with consent"] in text for text in kept)
    sealed = select(conversations.c.safe_word).where(conversations.c.id == talk)
    assert db.run_sync(lambda uow: uow.db.execute(sealed).scalar_one()) is not None
    return talk


def keeps(db: Database, talk: str, canaries: Canaries) -> None:
    """The note, a decision, a consent's condition, words that were looked for in vain."""
    value = {"name": "cause", "status": "told", "message": "", "start": 0, "end": 0, "origin": "client"}

    def work(uow: UnitOfWork) -> None:
        counselling.record_value(uow, talk, {**value, "words": canaries.word("a value of the note")})
        counselling.record_decision(uow, talk, {"kind": "own", "words": canaries.word("a decision")})
        shared = {"condition": canaries.word("a condition"), "text": canaries.word("the text that was agreed to")}
        counselling.record_consent(uow, talk, purpose="share", kind="given", data=shared, recipient="Lembaga")
        rights.count_miss(uow, talk, f"{canaries.word('a search')} warisan")

    db.run_sync(work)


def at_the_desk(db: Database, talk: str, canaries: Canaries) -> None:
    """A worker with a name takes over, writes, begins a draft, assesses, and writes a disclosure down."""
    login = f"{canaries.word('a login')}@contoh.test"
    rani = join(db, designation=f"Petugas {canaries.word('a designation')}", login=login).staff
    note = {"wants": {"status": "told", "words": canaries.word("the shared note")}}
    consent = {**CONSENT, "to": canaries.word("the recipient of a consent")}
    waiting = wait(db, talk, note_text=canaries.word("the note's text"), note=note, consent=consent)
    part = next(field for field in load_form().of_staff if field.type == "text")
    written = replace(
        DRAFT,
        fields={name: canaries.word(f"a disclosure's {name}") for name in DRAFT.fields},
        contact=canaries.word("a disclosure's contact"),
        reason=canaries.word("a disclosure's reason"),
    )

    def work(uow: UnitOfWork) -> None:
        service.claim(uow, waiting.handoff_id, rani, say)
        service.say(uow, waiting.handoff_id, rani, canaries.word("a line of the worker"), "m1")
        service.keep_draft(uow, waiting.handoff_id, rani, canaries.word("a draft"))
        observed = {part.name: [canaries.word("an assessment")]}
        assessment.record(uow, waiting.handoff_id, rani, observed, load_form())
        duties.draft(uow, waiting.handoff_id, rani, written, load_duties())

    db.run_sync(work)
