"""Use cases: make a backup while everything runs, put one back, copy what belongs apart from the data."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, Engine, delete, or_, select, text, update

from bot.accounts import audit
from bot.accounts.store import half_sign_in, staff_session
from bot.audit.anchor import write as write_anchor
from bot.audit.chain import Event
from bot.backup.archive import (
    SUFFIX,
    BackupError,
    Damaged,
    Header,
    new_header,
    read_archive,
    read_header,
    write_archive,
)
from bot.backup.tables import VERSION_TABLE, BadLines, all_tables, check_lines, clear, from_lines, is_empty, to_lines
from bot.channels.web.store import note_link
from bot.conversation.store import outbox
from bot.storage.encryption import CannotDecrypt, MasterKey
from bot.storage.keys import owner_key
from bot.storage.ledger import Ledger
from bot.storage.migrate import knows_revision, revision_of, upgrade_within
from bot.storage.unit_of_work import Database, UnitOfWork


class NotEmpty(BackupError):
    """There is data where the backup should go."""


class NewerVersion(BackupError):
    """The backup was made by a version that this one does not know."""


class LedgerMissing(BackupError):
    """Nobody can say which keys were destroyed since the backup was made."""


@dataclass(frozen=True)
class Made:
    """A finished backup."""

    path: Path
    rows: int


def back_up(engine: Engine, master: MasterKey, folder: Path, now: datetime) -> Made:
    """Write one consistent snapshot into `folder` and read it back to be sure. Raises BackupError.

    The app may go on meanwhile: the snapshot is one read transaction. A file of the final name is whole.
    """
    with _snapshot(engine) as connection:
        revision = revision_of(connection)
        if revision is None:
            raise BackupError("the database has no tables yet: run `pendamping setup`")
        header = new_header(master, now, revision)
        path = folder / f"pendamping-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}{SUFFIX}"
        unfinished = path.with_suffix(".unfinished")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                write_archive(file, header, master, to_lines(connection))
                file.flush()
                os.fsync(file.fileno())
            rows = sum(check_archive(unfinished, master).values())
            unfinished.replace(path)
        except OSError as error:
            unfinished.unlink(missing_ok=True)
            raise BackupError(f"the backup can't be written to {folder}: {error.strerror}") from None
    return Made(path, rows)


def check_archive(path: Path, master: MasterKey) -> dict[str, int]:
    """Read a whole archive: the number of rows by table. Raises BackupError."""
    try:
        return check_lines(read_archive(path, master))
    except BadLines as trouble:
        raise Damaged(f"{path} is damaged: {trouble}") from None


def restore(db: Database, path: Path, anchors: Path, *, overwrite: bool = False) -> Header:
    """Put a backup in place of what is in the database, in one transaction. Raises BackupError, OSError.

    Nothing is written before the archive has proven to be whole. Sessions and links of the backup's day open nothing
    any more; a message that was on its way then may come twice, and is marked. What the ledger names has to be erased
    afterwards (`bot.erasing.settle`).
    """
    header = read_header(path)
    if not knows_revision(header.revision):
        raise NewerVersion(f"{path} was made by a newer version (migration {header.revision}): update first")
    check_archive(path, db.master)
    with db.unit() as uow:
        if revision_of(uow.db) is None and all_tables(uow.db):
            raise NotEmpty("the database holds tables of something else: give Pendamping one of its own")
        if not overwrite and not is_empty(uow.db):
            raise NotEmpty("there is data in the database already: --overwrite puts the backup in its place")
        _empty(uow.db)
        upgrade_within(uow.db, header.revision)
        clear(uow.db)
        try:
            from_lines(uow.db, read_archive(path, db.master))
        except BadLines as trouble:
            raise Damaged(f"{path} does not fit: {trouble}") from None
        upgrade_within(uow.db)
        _open_each_key(uow, db.master)
        _end_what_was_open(uow)
        _record(uow, anchors)
        uow.commit()
    return header


def needs_ledger(ledger: Ledger, path: Path) -> None:
    """Raises LedgerMissing where no ledger is in place."""
    if not ledger.path.is_file():
        raise LedgerMissing(
            f"no ledger of destroyed keys at {ledger.path}: put the copy there that was kept with the key. "
            f"--without-ledger goes on, and what people deleted after {read_header(path).made_at} comes back"
        )


def forget_old_backups(folder: Path, now: datetime, keep: timedelta) -> list[Path]:
    """Delete the backups of this folder that are older; a person who deleted their data was promised that."""
    old = [path for path in sorted(folder.glob(f"*{SUFFIX}")) if read_header(path).moment < now - keep]
    for path in old:
        path.unlink()
    return old


def copy_apart(folder: Path, files: list[Path]) -> list[Path]:
    """Copy what belongs with the key into a folder without backups. Returns the copies. Raises BackupError."""
    if any(folder.glob(f"*{SUFFIX}")):
        raise BackupError(f"{folder} holds backups: whoever finds key and data together can read everything")
    copies = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in files:
            if file.is_file():
                copy = folder / file.name
                with os.fdopen(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as target:
                    with file.open("rb") as source:
                        shutil.copyfileobj(source, target)
                    target.flush()
                    os.fsync(target.fileno())
                copies.append(copy)
    except OSError as error:
        raise BackupError(f"{folder} can't be written: {error.strerror}") from None
    return copies


@contextmanager
def _snapshot(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees one moment, whatever is written meanwhile."""
    options = {"read_only": True} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    with engine.connect() as plain:
        connection = plain.execution_options(**options)
        with connection.begin() as transaction:
            yield connection
            transaction.rollback()


def _empty(connection: Connection) -> None:
    """Take away every table, those first that refer to others."""
    for table in reversed(all_tables(connection)):
        table.drop(connection)
    connection.execute(text(f"DROP TABLE IF EXISTS {VERSION_TABLE}"))


def _open_each_key(uow: UnitOfWork, master: MasterKey) -> None:
    """A backup whose keys do not open is no use, and better known now."""
    for row in uow.db.execute(select(owner_key)):
        try:
            master.unwrap(row.owner, row.wrapped)
        except CannotDecrypt:
            raise Damaged("a key in the backup does not open: use another backup") from None


def _end_what_was_open(uow: UnitOfWork) -> None:
    for table in (staff_session, half_sign_in, note_link):
        uow.db.execute(delete(table))
    on_its_way = or_(outbox.c.state == "pending", outbox.c.state == "sending")
    uow.db.execute(update(outbox).where(on_its_way).values(maybe_repeated=True))


def _record(uow: UnitOfWork, anchors: Path) -> None:
    """The trail goes on from the backup's newest line; the anchors say so, before anything lasts."""
    head = audit.newest(uow)
    if head is not None:
        write_anchor(anchors, uow.now, Event.RESTORED, head)
    audit.record(uow, None, "backup.restore", "installation", "")
