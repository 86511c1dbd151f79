"""Jobs beside the conversation that keep its promises: the ledger of destroyed keys, the audit's anchors, retention."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import structlog
from sqlalchemy import func, select

from bot.audit.anchor import AnchorUnreadable, note_head
from bot.conversation.store import conversation
from bot.erasing import erase_all, settle
from bot.retention.model import Retention
from bot.retention.service import due, forget_old, still_due
from bot.storage.keys import DESTROYED_TOPIC
from bot.storage.ledger import Ledger
from bot.storage.unit_of_work import Database, UnitOfWork

log = structlog.get_logger()

ANCHOR_SECONDS = 300.0
RETENTION_SECONDS = 3600.0
JUMP = timedelta(hours=1)
"""A clock that moved so much more, or less, than time went by was set: nothing is let go by it until the next start."""
QUIET, SETTLING = timedelta(days=14), timedelta(days=1)
"""After so long a silence the clock may have woken up in a wrong year: it gets a day to be set right."""
LEDGER_SECONDS = 60.0
"""A destroyed key is noted at once; a wake-up that got lost costs no more than this."""


def running_seconds() -> float:
    """Seconds that no clock which is set can change; a machine's sleep counts, where the system can tell."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@dataclass(frozen=True)
class Began:
    """When a job began, by the clock and by what no clock can change."""

    at: datetime
    seconds: float


@dataclass(frozen=True)
class Upkeep:
    """What is kept apart from the database, kept up to date."""

    db: Database
    ledger: Ledger
    anchors: Path
    retention: Retention
    running: Callable[[], float] = running_seconds

    async def begin(self) -> None:
        """Before anybody is answered: what was erased is erased again if a backup brought it back. Raises OSError."""
        returned = await asyncio.to_thread(settle, self.db, self.ledger)
        if returned:
            log.warning("ledger.erased_again", owners=returned)

    async def end(self) -> None:
        """Note what happened until now. Raises OSError."""
        await self.db.run(self.ledger.add, read_only=True)
        await self.note_head()

    def jobs(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """Each of them runs for ever."""
        return {"ledger": self._keep_ledger, "anchors": self._keep_anchors, "retention": self._enforce_retention}

    async def note_head(self) -> None:
        """Note the newest line of the audit trail; what is wrong is logged, and the doctor says it. Raises OSError."""
        try:
            well = await self.db.run(lambda uow: note_head(uow, self.anchors), read_only=True)
        except AnchorUnreadable as trouble:
            log.error("audit.anchor_unreadable", where=str(trouble))
            return
        if not well:
            log.error("audit.contradicts_its_anchor")

    async def let_go(self) -> None:
        """Erase the conversations whose time is over, then everything else that is. Raises OSError."""
        for talk in await self.db.run(lambda uow: due(uow, self.retention), read_only=True):
            await self.db.run(partial(self._erase_if_due, talk))
        gone = await self.db.run(lambda uow: forget_old(uow, self.retention, self.anchors))
        if gone:
            log.info("retention.let_go", **gone)

    def _erase_if_due(self, talk: str, uow: UnitOfWork) -> None:
        if still_due(uow, self.retention, talk):
            # No successor: the chat's address goes as well, and whoever writes again begins anew.
            erase_all(uow, talk, successor=False)

    def began(self) -> Began:
        """Now."""
        return Began(self.db.clock.now(), self.running())

    async def let_go_if_the_clock_is_right(self, began: Began) -> bool:
        """What a wrong clock lets go is gone for ever; returns whether it was believed. Raises OSError."""
        lasted = timedelta(seconds=self.running() - began.seconds)
        if abs(self.db.clock.now() - began.at - lasted) > JUMP:
            log.error("retention.clock_was_set")
            return False
        if lasted < SETTLING and await self.db.run(_was_quiet, read_only=True):
            log.warning("retention.waits_a_day_after_long_silence")
            return False
        await self.let_go()
        return True

    async def _enforce_retention(self) -> None:
        began = self.began()
        while True:
            await self.let_go_if_the_clock_is_right(began)
            await asyncio.sleep(RETENTION_SECONDS)

    async def _keep_ledger(self) -> None:
        async with self.db.wakeups.subscribe(DESTROYED_TOPIC) as destroyed:
            while True:
                await self.db.run(self.ledger.add, read_only=True)
                await destroyed.wait(LEDGER_SECONDS)

    async def _keep_anchors(self) -> None:
        while True:
            await self.note_head()
            await asyncio.sleep(ANCHOR_SECONDS)


def _was_quiet(uow: UnitOfWork) -> bool:
    """Whether nobody has written for long, by this clock."""
    newest: datetime | None = uow.db.execute(select(func.max(conversation.c.last_at))).scalar_one_or_none()
    return newest is not None and uow.now - newest > QUIET
