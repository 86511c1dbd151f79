"""Wake-ups: heard once committed, kept between two waits, and never in the way of a stop."""

from __future__ import annotations

import asyncio

import pytest

from bot.storage.unit_of_work import Database
from bot.storage.wakeups import Wakeups


async def test_a_wake_up_of_a_committed_unit_is_heard(db: Database) -> None:
    async with db.wakeups.subscribe("turn") as woken:
        await db.run(lambda uow: uow.wake("turn"))
        assert await woken.wait(5)
        assert not await woken.wait(0.01)


async def test_a_wake_up_between_two_waits_is_not_lost() -> None:
    hub = Wakeups()
    async with hub.subscribe("turn") as woken:
        hub.signal({"turn"})
        await asyncio.sleep(0.01)
        assert await woken.wait(0.01)


async def test_a_topic_that_nobody_waits_for_is_forgotten() -> None:
    hub = Wakeups()
    async with hub.subscribe("turn"):
        pass
    hub.signal({"turn"})
    assert hub._subscriptions == {}


@pytest.mark.parametrize("ticks", range(5))
async def test_a_stop_that_meets_a_wake_up_is_not_swallowed(ticks: int) -> None:
    hub = Wakeups()

    async def works_for_ever() -> None:
        async with hub.subscribe("turn") as woken:
            while True:
                await woken.wait(30)

    working = asyncio.create_task(works_for_ever())
    await asyncio.sleep(0.01)
    hub.signal({"turn"})
    for _ in range(ticks):
        await asyncio.sleep(0)
    working.cancel()
    done, _ = await asyncio.wait({working}, timeout=1)
    working.cancel()
    assert done == {working}
