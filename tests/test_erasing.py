"""A deleted conversation stays deleted, also when an older database is put back."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import Connection, MetaData, insert, select

from bot.conversation import intake
from bot.conversation.model import Inbound, Kind
from bot.conversation.store import conversation as conversations
from bot.conversation.store import message
from bot.erasing import erase_all, settle
from bot.retention.content import load_retention
from bot.storage.encryption import CannotDecrypt
from bot.storage.keys import owner_key
from bot.storage.ledger import Ledger
from bot.storage.unit_of_work import Database
from bot.upkeep import Upkeep
from tests.accounts.people import worker
from tests.handoff.builders import claimed, conversation


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "apart" / "destroyed-keys.txt")


def tables(connection: Connection) -> MetaData:
    found = MetaData()
    found.reflect(connection)
    return found


def snapshot(db: Database) -> dict[str, list[dict[str, object]]]:
    """The whole database as it is now."""
    with db.engine.connect() as connection:
        return {
            table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
            for table in tables(connection).sorted_tables
        }


def put_back(db: Database, before: dict[str, list[dict[str, object]]]) -> None:
    """The database as it was, as whoever copies files back would have it."""
    with db.engine.begin() as connection:
        for table in reversed(tables(connection).sorted_tables):
            connection.execute(table.delete())
        for table in tables(connection).sorted_tables:
            if before[table.name]:
                connection.execute(insert(table), before[table.name])


def readable(db: Database, talk: str) -> bool:
    def look(uow):  # type: ignore[no-untyped-def]
        row = uow.db.execute(select(conversations).where(conversations.c.id == talk)).one()
        try:
            uow.vault.open(talk, "conversation", "chat", talk, row.chat or b"")
        except CannotDecrypt:
            return False
        return True

    return bool(db.run_sync(look, read_only=True))


def test_what_was_deleted_yesterday_is_deleted_again_when_the_day_before_is_put_back(
    any_db: Database, ledger: Ledger
) -> None:
    kept, (_, gone) = conversation(any_db), claimed(any_db, worker(any_db))
    before = snapshot(any_db)
    any_db.run_sync(lambda uow: erase_all(uow, gone))
    assert settle(any_db, ledger) == 0
    put_back(any_db, before)
    assert readable(any_db, gone)
    assert settle(any_db, ledger) == 1
    assert not readable(any_db, gone)
    assert readable(any_db, kept)
    lines = select(message.c.id).where(message.c.conversation_id == gone)
    assert any_db.run_sync(lambda uow: uow.db.execute(lines).all(), read_only=True) == []
    assert settle(any_db, ledger) == 0


def test_the_chat_that_was_erased_again_begins_anew_when_somebody_writes(db: Database, ledger: Ledger) -> None:
    writes = Inbound("telegram", "telegram:1", "1", "chat", Kind.TEXT, "halo")
    gone = db.run_sync(lambda uow: intake.receive(uow, writes)).conversation
    before = snapshot(db)
    db.run_sync(lambda uow: erase_all(uow, gone))
    settle(db, ledger)
    put_back(db, before)
    settle(db, ledger)
    again = Inbound("telegram", "telegram:1", "2", "chat", Kind.TEXT, "halo lagi")
    assert db.run_sync(lambda uow: intake.receive(uow, again)).conversation != gone


def test_the_ledger_holds_ids_and_nothing_else(any_db: Database, ledger: Ledger) -> None:
    talks = {conversation(any_db) for _ in range(3)}
    for talk in talks:
        any_db.run_sync(lambda uow, talk=talk: erase_all(uow, talk))
    settle(any_db, ledger)
    assert set(ledger.path.read_text().split()) == talks
    assert ledger.path.stat().st_mode & 0o077 == 0


def test_a_deletion_that_was_rolled_back_is_in_no_ledger(any_db: Database, ledger: Ledger) -> None:
    talk = conversation(any_db)
    with any_db.unit() as uow:
        erase_all(uow, talk)
    settle(any_db, ledger)
    assert ledger.ids() == frozenset()
    assert readable(any_db, talk)


def test_a_crash_between_deletion_and_ledger_is_made_good_at_the_next_start(db: Database, ledger: Ledger) -> None:
    talk = conversation(db)
    db.run_sync(lambda uow: erase_all(uow, talk))
    assert ledger.ids() == frozenset()
    settle(db, ledger)
    assert ledger.ids() == {talk}


def test_the_ledger_of_another_installation_erases_nothing(db: Database, ledger: Ledger) -> None:
    talk = conversation(db)
    ledger.path.parent.mkdir()
    ledger.path.write_text("somebody-else-altogether\n" + talk[:10] + "\n")
    assert settle(db, ledger) == 0
    assert readable(db, talk)


async def test_while_the_app_runs_a_deletion_is_noted_within_a_moment(any_db: Database, ledger: Ledger) -> None:
    talk = conversation(any_db)
    upkeep = Upkeep(any_db, ledger, ledger.path.with_name("anchors.txt"), load_retention())
    await upkeep.begin()
    job = asyncio.ensure_future(upkeep.jobs()["ledger"]())
    await asyncio.sleep(0.2)
    await any_db.run(lambda uow: erase_all(uow, talk))
    async with asyncio.timeout(5):
        while talk not in ledger.ids():
            await asyncio.sleep(0.01)
    job.cancel()
    assert any_db.run_sync(lambda uow: uow.db.execute(select(owner_key.c.owner)).all(), read_only=True)
