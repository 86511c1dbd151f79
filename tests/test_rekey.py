"""Another master key: everything stays readable, everybody is found again, and a kill in the middle loses nothing."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from bot.accounts.store import staff as staff_table
from bot.backup.archive import WrongKey
from bot.backup.service import back_up, check_archive, restore
from bot.config import Settings
from bot.conversation.model import Keeping
from bot.conversation.store import conversation
from bot.doctor import Level, examine
from bot.installation import key_file, open_database
from bot.killpoints import VARIABLE, Point
from bot.rekey import DatabaseInUse, exchange, waiting_file
from bot.storage.encryption import CannotDecrypt, MasterKeyError, load_or_create_master_key
from bot.storage.unit_of_work import Database
from tests.accounts.people import join
from tests.conversation.harness import Script, inbound, receive, runner, said, work_off

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
LOGIN = "rani@contoh.test"


@pytest.fixture
def settings(any_url: str, tmp_path: Path) -> Settings:
    """An installation with a key file of its own."""
    made = Settings(data_dir=tmp_path / "data", database_url=any_url)
    load_or_create_master_key(key_file(made), create=True)
    return made


@pytest.fixture
async def talk(settings: Settings) -> str:
    """What was said before the exchange, by somebody who may be kept; and a worker."""
    with opened(settings) as db:
        join(db, login=LOGIN)
        kept = receive(db, inbound("1", "sebelumnya"))
        db.run_sync(lambda uow: uow.db.execute(conversation.update().values(keeping=Keeping.GIVEN)))
        await work_off(db, runner(db, Script()))
        return kept


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    db = open_database(settings)
    yield db
    db.engine.dispose()


def chats(db: Database) -> int:
    count: int = db.run_sync(lambda uow: uow.db.execute(select(func.count()).select_from(conversation)).scalar_one())
    return count


def is_whole(settings: Settings, talk: str) -> bool:
    """Whether what was said can be read, the person's next message comes to it, and the worker is found."""
    with opened(settings) as db:
        same = receive(db, inbound("2", "sesudahnya")) == talk
        who = db.run_sync(
            lambda uow: uow.db.execute(
                select(staff_table.c.id).where(staff_table.c.login_blind == uow.vault.blind("login", LOGIN))
            ).scalar_one_or_none()
        )
        return same and who is not None and said(db, talk)[0].text == "sebelumnya"


def killed_at(settings: Settings, point: Point) -> None:
    """`pendamping rekey`, ended at this point as by a power cut."""
    told = {"DATA_DIR": str(settings.data_dir), "DATABASE_URL": settings.database_url}
    ended = subprocess.run(
        [sys.executable, "-m", "bot.cli", "rekey"],
        env=os.environ | {f"PENDAMPING_{name}": value for name, value in told.items()} | {VARIABLE: point},
        capture_output=True,
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()


def test_under_another_key_all_is_read_and_everybody_found_again(settings: Settings, talk: str) -> None:
    before = key_file(settings).read_bytes()

    done = exchange(settings, NOW)

    assert done.keys >= 2
    assert key_file(settings).read_bytes() != before
    assert done.old is not None
    assert done.old.read_bytes() == before
    assert not waiting_file(settings).exists()
    assert is_whole(settings, talk)


def test_it_can_be_done_again(settings: Settings, talk: str) -> None:
    exchange(settings, NOW)
    exchange(settings, NOW.replace(hour=10))
    assert is_whole(settings, talk)


def test_the_old_key_opens_nothing_any_more(settings: Settings, talk: str) -> None:
    done = exchange(settings, NOW)
    assert done.old is not None
    done.old.replace(key_file(settings))
    with pytest.raises(MasterKeyError, match="exchanged"):
        open_database(settings)


@pytest.mark.parametrize("point", [Point.REWRAPPED, Point.EXCHANGED])
def test_a_kill_in_the_middle_loses_nothing_and_the_next_run_finishes_it(
    settings: Settings, talk: str, point: Point
) -> None:
    killed_at(settings, point)

    meant = waiting_file(settings).read_bytes()
    exchange(settings, NOW)

    assert key_file(settings).read_bytes() == meant
    assert is_whole(settings, talk)


def test_a_kill_before_the_commit_leaves_the_old_key_in_force(settings: Settings, talk: str) -> None:
    killed_at(settings, Point.REWRAPPED)
    assert is_whole(settings, talk)
    assert any(one.level is Level.STOP and "rekey" in one.fix for one in examine(settings) if one.check == "master key")


def test_while_something_uses_the_database_it_is_refused(settings: Settings, talk: str) -> None:
    with opened(settings) as app, app.unit(read_only=True) as uow:
        uow.db.execute(select(conversation.c.id)).all()
        with pytest.raises(DatabaseInUse, match="stop the app"):
            exchange(settings, NOW)
    assert is_whole(settings, talk)


def test_an_app_that_comes_back_with_the_old_key_seals_nothing_new(settings: Settings, talk: str) -> None:
    with opened(settings) as late:
        late.engine.dispose()  # as one whose connections broke
        exchange(settings, NOW)
        before = chats(late)
        with pytest.raises(CannotDecrypt):
            receive(late, inbound("9", "halo", chat="new"))
        assert chats(late) == before
    assert is_whole(settings, talk)


def test_a_key_in_the_settings_is_exchanged_for_one_in_a_file(settings: Settings, talk: str) -> None:
    held = SecretStr(key_file(settings).read_text())
    by_value = settings.model_copy(update={"master_key": held})

    done = exchange(by_value, NOW)
    again = exchange(by_value, NOW)

    assert (again.keys, again.new) == (0, done.new)
    new = settings.model_copy(update={"master_key": SecretStr(done.new.read_text())})
    assert is_whole(new, talk)
    exchange(new, NOW)  # with the file still there it begins anew
    assert done.new.read_text() != new.master_key.get_secret_value()  # type: ignore[union-attr]  # set above


def test_a_key_that_is_not_the_database_s_exchanges_nothing(settings: Settings, talk: str) -> None:
    right = key_file(settings).read_bytes()
    key_file(settings).write_bytes(base64.b64encode(os.urandom(32)))
    with pytest.raises(MasterKeyError, match="does not open the database"):
        exchange(settings, NOW)
    key_file(settings).write_bytes(right)
    assert is_whole(settings, talk)


def test_an_archive_from_before_wants_the_old_key_and_is_exchanged_after_the_restore(
    settings: Settings, talk: str, tmp_path: Path
) -> None:
    with opened(settings) as db:
        archive = back_up(db.engine, db.master, tmp_path / "archives", NOW).path
    done = exchange(settings, NOW)
    new = load_or_create_master_key(key_file(settings), create=False)
    with pytest.raises(WrongKey):
        check_archive(archive, new)

    assert done.old is not None
    old = settings.model_copy(update={"master_key_file": done.old})
    with opened(settings) as db:
        back = Database(db.engine, load_or_create_master_key(done.old, create=False))
        restore(back, archive, tmp_path / "anchors.txt", overwrite=True)
    exchange(old, NOW)
    assert is_whole(old, talk)
