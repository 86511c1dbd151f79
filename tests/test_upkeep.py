"""While the app runs, what is kept apart from the database is kept up to date; and the app begins with it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from bot.accounts import audit
from bot.app import build
from bot.audit.anchor import examine, read_anchors
from bot.config import Settings
from bot.conversation.store import conversation as conversations
from bot.storage.ledger import Ledger
from bot.storage.unit_of_work import Database
from tests.handoff.builders import conversation, wait


def alive(db: Database) -> list[str]:
    query = select(conversations.c.id).where(conversations.c.deleted_at.is_(None))
    return list(db.run_sync(lambda uow: uow.db.execute(query).scalars().all(), read_only=True))


async def test_what_an_older_database_brought_back_is_erased_before_anybody_is_answered(
    db: Database, tmp_path: Path
) -> None:
    kept, gone = conversation(db), conversation(db)
    settings = Settings(_env_file=None, data_dir=tmp_path, rasa_url="http://127.0.0.1:9")  # type: ignore[call-arg]
    settings.ledger_file.write_text(f"{gone}\n")
    app = build(settings, db, None)
    async with app.running():
        assert alive(db) == [kept]


async def test_at_the_end_the_newest_line_of_the_trail_is_noted(db: Database, tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path, rasa_url="http://127.0.0.1:9")  # type: ignore[call-arg]
    app = build(settings, db, None)
    async with app.running():
        wait(db)
        newest = db.run_sync(audit.newest, read_only=True)
    assert newest is not None
    assert read_anchors(settings.anchor_file)[-1].hash == newest.hash
    assert db.run_sync(lambda uow: examine(uow, [settings.anchor_file]), read_only=True).flaws == ()


async def test_an_unreadable_anchor_file_stops_no_conversation(db: Database, tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path, rasa_url="http://127.0.0.1:9")  # type: ignore[call-arg]
    settings.anchor_file.write_text("kemarin\n")
    app = build(settings, db, None)
    async with app.running():
        await app.upkeep.note_head()
    assert Ledger(settings.ledger_file).ids() == frozenset()
    assert settings.anchor_file.read_text() == "kemarin\n"
