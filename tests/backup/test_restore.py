"""A backup made while everything runs comes back whole, on each database and from one to the other."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from bot.accounts import audit
from bot.accounts.sessions import find_session
from bot.audit.anchor import examine, note_head
from bot.backup.archive import BackupError, Damaged, WrongKey
from bot.backup.service import (
    LedgerMissing,
    NewerVersion,
    NotEmpty,
    back_up,
    copy_apart,
    forget_old_backups,
    needs_ledger,
    restore,
)
from bot.backup.tables import all_tables
from bot.conversation.store import conversation, message, outbox
from bot.conversation.transcript import transcript
from bot.erasing import erase_all, settle
from bot.storage.encryption import MasterKey
from bot.storage.engine import make_engine
from bot.storage.ledger import Ledger
from bot.storage.migrate import downgrade, is_current
from bot.storage.unit_of_work import Database
from tests.accounts.people import join, worker
from tests.handoff import builders
from tests.handoff.builders import claimed


@pytest.fixture
def anchors(tmp_path: Path) -> Path:
    return tmp_path / "apart" / "anchors.txt"


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request: pytest.FixtureRequest, any_db: Database, tmp_path: Path) -> Database:
    """An empty database of each kind that nobody has set up."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'empty machine' / 'pendamping.db'}"
    else:
        url = request.getfixturevalue("empty_postgres_url")
    return Database(make_engine(url), any_db.master, clock=any_db.clock)


def made(db: Database, folder: Path) -> Path:
    return back_up(db.engine, db.master, folder, db.clock.now()).path


def everything(db: Database) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables; moments without their zone, since SQLite keeps none."""

    def plain(value: object) -> object:
        return value.replace(tzinfo=None) if hasattr(value, "tzinfo") else value

    with db.engine.connect() as connection:
        return {
            table.name: sorted(
                (tuple(plain(value) for value in row) for row in connection.execute(select(table))), key=repr
            )
            for table in all_tables(connection)
        }


CHANGED = {"audit", "staff_session", "half_sign_in", "note_link", "outbox"}


def test_every_row_comes_back_on_each_database_and_from_one_to_the_other(
    any_db: Database, target: Database, tmp_path: Path, anchors: Path
) -> None:
    _, talk = claimed(any_db, worker(any_db))
    archive = made(any_db, tmp_path / "backups")
    before = everything(any_db)
    restore(target, archive, anchors)
    after = everything(target)
    assert {name: rows for name, rows in after.items() if name not in CHANGED} == {
        name: rows for name, rows in before.items() if name not in CHANGED
    }
    assert [row[0] for row in after["outbox"]] == [row[0] for row in before["outbox"]]
    said = target.run_sync(lambda uow: [line.text for line in transcript(uow, talk)], read_only=True)
    assert "dia membanting pintu" in said
    assert target.run_sync(lambda uow: examine(uow, [anchors]), read_only=True).flaws == ()
    claimed(target, worker(target))  # counters go on behind what came back


def test_the_snapshot_is_of_one_moment_while_people_go_on_writing(
    any_db: Database, tmp_path: Path, anchors: Path
) -> None:
    stop = threading.Event()

    def keep_writing() -> None:
        for _ in range(200):
            if not stop.is_set():
                builders.conversation(any_db)

    writers = [threading.Thread(target=keep_writing) for _ in range(2)]
    for writer in writers:
        writer.start()
    try:
        archives = [made(any_db, tmp_path / str(number)) for number in range(3)]
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    lines = select(conversation.c.id, conversation.c.last_number, func.count(message.c.id)).join(
        message, message.c.conversation_id == conversation.c.id
    )
    for archive in archives:
        restore(any_db, archive, anchors, overwrite=True)
        rows = any_db.run_sync(lambda uow: uow.db.execute(lines.group_by(*lines.selected_columns[:2])).all())
        assert [row for row in rows if row[1] != row[2]] == []


def test_what_was_deleted_after_the_backup_is_deleted_again(any_db: Database, tmp_path: Path, anchors: Path) -> None:
    ledger = Ledger(tmp_path / "apart" / "destroyed-keys.txt")
    kept, gone = builders.conversation(any_db), builders.conversation(any_db)
    archive = made(any_db, tmp_path / "backups")
    any_db.run_sync(lambda uow: erase_all(uow, gone))
    settle(any_db, ledger)
    restore(any_db, archive, anchors, overwrite=True)
    assert settle(any_db, ledger) == 1
    alive = select(conversation.c.id).where(conversation.c.deleted_at.is_(None))
    assert list(any_db.run_sync(lambda uow: uow.db.execute(alive).scalars().all())) == [kept]


def test_sessions_of_that_day_open_nothing_and_what_was_on_its_way_is_marked(
    any_db: Database, tmp_path: Path, anchors: Path
) -> None:
    rani = join(any_db)
    claimed(any_db, rani.staff)
    archive = made(any_db, tmp_path)
    restore(any_db, archive, anchors, overwrite=True)
    assert any_db.run_sync(lambda uow: find_session(uow, rani.token)) is None
    marks = select(outbox.c.maybe_repeated).where(outbox.c.state == "pending")
    assert set(any_db.run_sync(lambda uow: uow.db.execute(marks).scalars().all())) == {True}


def test_the_trail_says_that_a_backup_was_put_back_and_stays_provable(
    any_db: Database, tmp_path: Path, anchors: Path
) -> None:
    for _ in range(3):
        any_db.run_sync(lambda uow: audit.record(uow, None, "conversation.read", "handoff", "x"))
    archive = made(any_db, tmp_path)
    for _ in range(3):
        any_db.run_sync(lambda uow: audit.record(uow, None, "conversation.read", "handoff", "y"))
    any_db.run_sync(lambda uow: note_head(uow, anchors))
    restore(any_db, archive, anchors, overwrite=True)
    newest = any_db.run_sync(audit.newest)
    assert newest is not None
    assert (newest.number, newest.action) == (4, "backup.restore")
    assert any_db.run_sync(lambda uow: examine(uow, [anchors])).flaws == ()


def test_a_place_with_data_is_refused_and_left_as_it_is(any_db: Database, tmp_path: Path, anchors: Path) -> None:
    archive = made(any_db, tmp_path)
    builders.conversation(any_db)
    before = everything(any_db)
    with pytest.raises(NotEmpty, match="--overwrite"):
        restore(any_db, archive, anchors)
    assert everything(any_db) == before


def test_the_tables_of_another_program_are_never_taken_away(target: Database, any_db: Database, tmp_path: Path) -> None:
    archive = made(any_db, tmp_path)
    with target.engine.begin() as connection:
        connection.execute(text("CREATE TABLE somebody_elses (id INTEGER)"))
    for overwrite in (False, True):
        with pytest.raises(NotEmpty, match="something else"):
            restore(target, archive, tmp_path / "anchors.txt", overwrite=overwrite)


def test_a_damaged_archive_or_a_wrong_key_changes_nothing(any_db: Database, tmp_path: Path, anchors: Path) -> None:
    builders.conversation(any_db)
    archive = made(any_db, tmp_path)
    before = everything(any_db)
    stranger = Database(any_db.engine, MasterKey(b"x" * 32), clock=any_db.clock)
    with pytest.raises(WrongKey):
        restore(stranger, archive, anchors, overwrite=True)
    content = bytearray(archive.read_bytes())
    content[-40] ^= 1
    archive.write_bytes(content)
    with pytest.raises(Damaged):
        restore(any_db, archive, anchors, overwrite=True)
    assert everything(any_db) == before
    assert not anchors.exists()


def test_a_key_in_the_database_that_does_not_open_stops_the_restore(
    any_db: Database, tmp_path: Path, anchors: Path
) -> None:
    talk = builders.conversation(any_db)
    with any_db.engine.begin() as connection:
        connection.execute(
            text("UPDATE owner_key SET wrapped = :junk WHERE owner = :o"), {"junk": b"j" * 60, "o": talk}
        )
    archive = made(any_db, tmp_path)
    before = everything(any_db)
    with pytest.raises(Damaged, match="does not open"):
        restore(any_db, archive, anchors, overwrite=True)
    assert everything(any_db) == before


def test_a_backup_of_an_older_version_is_brought_up_to_date(
    any_db: Database, target: Database, tmp_path: Path, anchors: Path
) -> None:
    _, talk = claimed(any_db, worker(any_db))
    any_db.engine.dispose()
    downgrade(any_db.engine.url.render_as_string(hide_password=False), "0014")
    archive = made(any_db, tmp_path)
    restore(target, archive, anchors)
    assert is_current(target.engine.url.render_as_string(hide_password=False))
    assert target.run_sync(lambda uow: len(transcript(uow, talk)), read_only=True) >= 3
    assert target.run_sync(lambda uow: examine(uow, [anchors]), read_only=True).flaws == ()


def test_a_backup_of_a_newer_version_is_refused(any_db: Database, tmp_path: Path, anchors: Path) -> None:
    with any_db.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    archive = made(any_db, tmp_path)
    with pytest.raises(NewerVersion, match="update first"):
        restore(any_db, archive, anchors, overwrite=True)


def test_a_database_without_tables_gives_no_backup(target: Database, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="setup"):
        made(target, tmp_path)


def test_a_missing_ledger_is_said_with_what_it_means(db: Database, tmp_path: Path) -> None:
    with pytest.raises(LedgerMissing, match="comes back"):
        needs_ledger(Ledger(tmp_path / "none.txt"), made(db, tmp_path))


def test_backups_that_were_kept_long_enough_go_and_nothing_else(db: Database, tmp_path: Path) -> None:
    old = made(db, tmp_path)
    note = tmp_path / "catatan.txt"
    note.touch()
    later = db.clock.now() + timedelta(days=15)
    new = back_up(db.engine, db.master, tmp_path, later).path
    assert forget_old_backups(tmp_path, later, timedelta(days=14)) == [old]
    assert sorted(tmp_path.glob("*.backup")) == [new]
    assert note.exists()


def test_key_ledger_and_anchors_are_copied_to_a_place_without_backups(db: Database, tmp_path: Path) -> None:
    key = tmp_path / "master.key"
    key.write_text("rahasia")
    (copy,) = copy_apart(tmp_path / "apart", [key, tmp_path / "not there.txt"])
    assert copy.read_text() == "rahasia"
    assert copy.stat().st_mode & 0o077 == 0
    made(db, tmp_path / "backups")
    with pytest.raises(BackupError, match="together"):
        copy_apart(tmp_path / "backups", [key])


def test_only_its_owner_can_read_an_archive(db: Database, tmp_path: Path) -> None:
    assert made(db, tmp_path).stat().st_mode & 0o077 == 0
    assert list(tmp_path.glob("*.unfinished")) == []
