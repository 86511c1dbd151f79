from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import func, select

from bot.storage.keys import owner_key
from bot.storage.unit_of_work import Database


def owners(db: Database) -> int:
    return db.run_sync(lambda uow: uow.db.execute(select(func.count()).select_from(owner_key)).scalar_one())


def test_without_a_commit_nothing_lasts(any_db: Database) -> None:
    with any_db.unit() as uow:
        uow.vault.create_owner("o")
    assert owners(any_db) == 0


def test_an_error_takes_everything_back_even_after_a_commit_was_asked_for(any_db: Database) -> None:
    def fail() -> None:
        with any_db.unit() as uow:
            uow.vault.create_owner("o")
            uow.commit()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert owners(any_db) == 0


def test_a_commit_lasts(any_db: Database) -> None:
    with any_db.unit() as uow:
        uow.vault.create_owner("o")
        uow.commit()
    assert owners(any_db) == 1


async def test_a_wake_up_reaches_who_waits_after_the_commit_and_not_before(any_db: Database) -> None:
    async with any_db.wakeups.subscribe("topic") as woken:
        with any_db.unit() as uow:
            uow.wake("topic")
            uow.commit()
            assert not await woken.wait(0.05)
        assert await woken.wait(2)


async def test_a_wake_up_that_was_rolled_back_reaches_nobody(any_db: Database) -> None:
    async with any_db.wakeups.subscribe("topic") as woken:
        with any_db.unit() as uow:
            uow.wake("topic")
        assert not await woken.wait(0.05)


async def test_on_postgresql_a_wake_up_reaches_another_process(postgres_url: str) -> None:
    from bot.storage.encryption import MasterKey
    from bot.storage.engine import make_engine

    here, there = (Database(make_engine(postgres_url), MasterKey(b"k" * 32)) for _ in range(2))
    listening = asyncio.create_task(there.wakeups.listen(there.engine))
    async with there.wakeups.subscribe("topic") as woken:
        # The listener looks once when it has connected; wait for that look first.
        assert await woken.wait(5)
        with here.unit() as uow:
            uow.wake("topic")
            uow.commit()
        assert await woken.wait(5)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    here.engine.dispose()
    there.engine.dispose()
