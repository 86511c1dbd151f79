"""The clock is set, forward and back, in the middle of the work: no chat is stuck, nothing happens twice."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from bot.clock import ShiftedClock
from bot.storage.encryption import MasterKey
from bot.storage.engine import make_engine
from bot.storage.migrate import upgrade
from bot.storage.unit_of_work import Database
from tests.conftest import new_postgres_database
from tests.doubles.bot_api import BotApi
from tests.drills import updates
from tests.drills.account import Account

HOUR = 3600.0
JUMPS = (HOUR, -2 * HOUR, 30 * HOUR, -29 * HOUR)
FORWARD = sum(jump > 0 for jump in JUMPS)
"""What was being sent at a jump forward seems to belong to a dead process: it is sent again, flagged."""
SECONDS_BETWEEN = 1.0
FULL, SHORT = 4_000, 400


def run(*, short: bool) -> Iterator[Account]:
    """The same load as for the updates, on both databases, with a clock that is set four times."""
    with tempfile.TemporaryDirectory() as folder:
        for place in (nullcontext(f"sqlite:///{Path(folder) / 'drill.db'}"), new_postgres_database()):
            with place as url, BotApi() as api:
                upgrade(url)
                yield jumping(url, api, SHORT if short else FULL)


def jumping(url: str, api: BotApi, count: int) -> Account:
    """The longest wait can't be told by a clock that jumps: the time of the whole run stands for it."""
    clock, began = ShiftedClock(), time.monotonic()
    db = Database(make_engine(url), MasterKey(b"k" * 32), clock=clock)

    async def jump() -> None:
        for seconds in JUMPS:
            await asyncio.sleep(SECONDS_BETWEEN)
            clock.advance(seconds)

    found = asyncio.run(updates.drill(api, db, count, jump))
    db.engine.dispose()
    what = f"clock set four times, {count:,} updates on {db.engine.dialect.name}"
    return replace(found, what=what, longest_wait_s=round(time.monotonic() - began, 1), most_repeats=FORWARD)
