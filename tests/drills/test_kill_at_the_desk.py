"""SIGKILL in the middle of what staff or a person asked for: all of it or nothing, and it can be asked for again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from sqlalchemy import select

from bot.accounts.model import Staff
from bot.accounts.store import audit
from bot.config import ROOT
from bot.conversation.model import Holder
from bot.conversation.store import conversation
from bot.conversation.transcript import load, transcript
from bot.handoff import transfer
from bot.handoff.store import handoff
from bot.killpoints import VARIABLE, Point
from bot.rights import service as rights
from bot.rights.publishing import service as publishing
from bot.storage.keys import owner_key
from bot.storage.unit_of_work import Database
from tests.accounts.people import worker
from tests.handoff.builders import claimed, wait
from tests.handoff.builders import conversation as talking
from tests.rights.conftest import ARTICLE
from tests.rights.publishing.conftest import agency, write


def do(url: str, point: Point, which: str, who: Staff, *, killed: bool) -> None:
    """Let a process do it, killed at the point or not."""
    env = os.environ | ({VARIABLE: str(point)} if killed else {})
    command = [sys.executable, "-m", "tests.drills.victim", url, str(point), which, who.id]
    status = subprocess.run(command, cwd=ROOT, env=env).returncode
    assert status == (-signal.SIGKILL if killed else 0)


def url_of(db: Database) -> str:
    return db.engine.url.render_as_string(hide_password=False)


def said(db: Database, talk: str) -> list[str | None]:
    return [line.response for line in db.run_sync(lambda uow: transcript(uow, talk), read_only=True)]


def written(db: Database, action: str) -> int:
    """Rows of the audit for an action."""
    return len(db.run_sync(lambda uow: uow.db.execute(select(audit).where(audit.c.action == action)).all()))


def state(db: Database, handoff_id: str) -> tuple[str, str | None]:
    row = db.run_sync(lambda uow: uow.db.execute(select(handoff).where(handoff.c.id == handoff_id)).one())
    return row.state, row.claimant_id


def test_a_claim(any_db: Database) -> None:
    rani, waiting = worker(any_db, "Petugas Rani"), wait(any_db)
    do(url_of(any_db), Point.CLAIMED, waiting.handoff_id, rani, killed=True)
    assert state(any_db, waiting.handoff_id) == ("queued", None)

    do(url_of(any_db), Point.CLAIMED, waiting.handoff_id, rani, killed=False)

    talk = any_db.run_sync(
        lambda uow: uow.db.execute(select(handoff.c.conversation_id).where(handoff.c.id == waiting.handoff_id))
    ).scalar_one()
    assert state(any_db, waiting.handoff_id)[1] == rani.id
    assert any_db.run_sync(lambda uow: load(uow, talk)).holder is Holder.WORKER
    assert said(any_db, talk).count("utter_worker_joined") == 1
    assert written(any_db, "handoff.claim") == 1


def test_a_transfer(any_db: Database) -> None:
    rani, budi = worker(any_db, "Petugas Rani"), worker(any_db, "Petugas Budi")
    handoff_id, talk = claimed(any_db, rani)
    any_db.run_sync(lambda uow: transfer.offer_to_colleague(uow, handoff_id, rani, budi.id))
    do(url_of(any_db), Point.TRANSFERRED, handoff_id, budi, killed=True)
    assert state(any_db, handoff_id) == ("transfer_pending", rani.id)

    do(url_of(any_db), Point.TRANSFERRED, handoff_id, budi, killed=False)

    assert state(any_db, handoff_id)[1] == budi.id
    assert said(any_db, talk).count("utter_worker_changed") == 1
    assert written(any_db, "handoff.accept_transfer") == 1


def test_a_close(any_db: Database) -> None:
    rani = worker(any_db, "Petugas Rani")
    handoff_id, talk = claimed(any_db, rani)
    before = state(any_db, handoff_id)
    do(url_of(any_db), Point.CLOSED, handoff_id, rani, killed=True)
    assert state(any_db, handoff_id) == before

    do(url_of(any_db), Point.CLOSED, handoff_id, rani, killed=False)

    assert state(any_db, handoff_id)[0] == "closed"
    assert said(any_db, talk).count("utter_worker_closed") == 1
    assert written(any_db, "handoff.close") == 1


def test_a_deletion(any_db: Database) -> None:
    rani, talk = worker(any_db, "Petugas Rani"), talking(any_db)

    def keys() -> set[str]:
        return set(any_db.run_sync(lambda uow: uow.db.execute(select(owner_key.c.owner)).scalars().all()))

    do(url_of(any_db), Point.DELETED, talk, rani, killed=True)
    assert talk in keys()
    assert len(said(any_db, talk)) == 3

    do(url_of(any_db), Point.DELETED, talk, rani, killed=False)

    rows = any_db.run_sync(lambda uow: uow.db.execute(select(conversation.c.id, conversation.c.successor)).all())
    assert talk not in keys()
    assert len(rows) == 2


def test_a_publication(any_db: Database, tmp_path: Path) -> None:
    (tmp_path / "R90-a-topic.md").write_text(ARTICLE, encoding="utf-8")
    any_db.run_sync(lambda uow: rights.import_starters(uow, tmp_path))
    us = agency(any_db)
    article = any_db.run_sync(lambda uow: publishing.adopt(uow, us.editor.staff, "R90"))
    write(any_db, us, article, questions=("boleh zebra", "izin zebra", "punya zebra"), title="Zebra di rumah?")
    any_db.run_sync(lambda uow: publishing.submit(uow, us.editor.staff, article))

    def title() -> str:
        found = any_db.run_sync(lambda uow: rights.shown(uow, "a-topic"), read_only=True)
        assert found is not None
        return found.article.words["id"].title

    do(url_of(any_db), Point.PUBLISHED, article, us.reviewer.staff, killed=True)
    assert title() == "Bolehkah saya memelihara zebra?"

    do(url_of(any_db), Point.PUBLISHED, article, us.reviewer.staff, killed=False)

    assert title() == "Zebra di rumah?"
