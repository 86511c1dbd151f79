"""After a quick exit: take off the person's screen what the channel still allows, and say honestly what stays.

It comes after the exit and never instead of it: the neutral words are out already, whatever the channel says here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import delete, func, insert, select, update

from bot.channels.port import PushChannel, RetryLater, SweepingChannel, Undeliverable
from bot.conversation.model import Reply, Sender
from bot.conversation.store import conversation, inbox, message, outbox, sweep
from bot.conversation.transcript import PULL_CHANNELS, desk_topic, load, post
from bot.storage.unit_of_work import Database, UnitOfWork

log = structlog.get_logger()

SWEEP_TOPIC = "sweep"
MAX_ATTEMPTS = 5
LONGEST_WAIT = timedelta(seconds=60)
WAIT_FOR_THE_LAST = timedelta(seconds=2)
"""What is on its way to the phone at the moment of the exit arrives first, and is then taken off, too."""

Words = Callable[[str, str, dict[str, Any]], Reply]


@dataclass(frozen=True)
class Screen:
    """What is to be taken off one person's screen: newest first, and how many are too old for that."""

    conversation_id: str
    account: str
    chat: str
    lang: str
    refs: tuple[str, ...]
    too_old: int
    attempts: int


def ask(uow: UnitOfWork, conversation_id: str) -> None:
    """A quick exit: nothing more of the assistant's arrives, and what was said is taken off the screen soon."""
    who = load(uow, conversation_id)
    if who.channel in PULL_CHANNELS:
        return
    bots = select(message.c.id).where(message.c.conversation_id == conversation_id, message.c.sender != Sender.WORKER)
    uow.db.execute(
        update(outbox)
        .where(
            outbox.c.conversation_id == conversation_id,
            outbox.c.state == "pending",
            outbox.c.message_id.in_(bots),
        )
        .values(state="dropped")
    )
    uow.db.execute(delete(sweep).where(sweep.c.conversation_id == conversation_id))
    uow.db.execute(
        insert(sweep).values(
            id=uow.new_id(),
            conversation_id=conversation_id,
            asked_at=uow.now,
            up_to=who.last_number,
            next_at=uow.now + WAIT_FOR_THE_LAST,
            attempts=0,
        )
    )
    uow.wake(SWEEP_TOPIC)
    uow.wake(desk_topic(conversation_id))


class Sweeper:
    """Works off what quick exits asked for, one chat after the other."""

    def __init__(self, db: Database, channels: Mapping[str, PushChannel], words: Words) -> None:
        self._db = db
        self._channels = channels
        self._words = words

    async def run(self) -> None:
        """For ever: what is due, then wait to be woken. A sweep that was cut off is done again: gone is gone."""
        async with self._db.wakeups.subscribe(SWEEP_TOPIC) as woken:
            while True:
                while await self.once():
                    pass
                await woken.wait(await self._pause())

    async def once(self) -> bool:
        """One due sweep; False when there is none."""
        screen = await self._db.run(self._take)
        if screen is None:
            return False
        channel = self._channels.get(screen.account)
        try:
            stay = list(screen.refs)
            if isinstance(channel, SweepingChannel) and screen.refs:
                stay = list(await channel.sweep(screen.chat, screen.refs))
            await self._db.run(lambda uow: self._done(uow, screen, stay))
        except RetryLater as later:
            seconds = later.seconds
            await self._db.run(lambda uow: self._later(uow, screen, seconds))
        except Undeliverable:
            # The person blocked the bot, or the chat is gone: there is nobody to tell what stays.
            await self._db.run(lambda uow: self._forget(uow, screen))
        except Exception as error:
            log.error("sweep.failed", error=type(error).__name__)
            await self._db.run(lambda uow: self._later(uow, screen, 5.0))
        return True

    def _take(self, uow: UnitOfWork) -> Screen | None:
        row = uow.db.execute(
            select(sweep)
            .where(sweep.c.next_at <= uow.now)
            .order_by(sweep.c.next_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).first()
        if row is None:
            return None
        # Whoever dies over it leaves it to be done again.
        uow.db.execute(
            update(sweep)
            .where(sweep.c.id == row.id)
            .values(attempts=sweep.c.attempts + 1, next_at=uow.now + LONGEST_WAIT)
        )
        who = uow.db.execute(select(conversation).where(conversation.c.id == row.conversation_id)).one()
        chat = uow.vault.open(who.id, "conversation", "chat", who.id, who.chat)
        channel = self._channels.get(who.account)
        reach = channel.sweep_reaches if isinstance(channel, SweepingChannel) else timedelta()
        seen = _on_screen(uow, who.id, row.asked_at, row.up_to)
        fresh = [ref for ref, at in seen.items() if at > uow.now - reach]
        return Screen(who.id, who.account, chat, who.lang, tuple(fresh), len(seen) - len(fresh), row.attempts)

    def _done(self, uow: UnitOfWork, screen: Screen, stay: list[str]) -> None:
        gone = set(screen.refs) - set(stay)
        for table, where in ((inbox, inbox.c.ref.in_(gone)), (outbox, outbox.c.ref.is_not(None))):
            rows = uow.db.execute(
                select(table.c.id, table.c.ref).where(table.c.conversation_id == screen.conversation_id, where)
            ).all()
            done = [row.id for row in rows if set(row.ref.split(",")) <= gone]
            uow.db.execute(update(table).where(table.c.id.in_(done)).values(ref=None))
        self._forget(uow, screen)
        left = len(stay) + screen.too_old
        if left:
            said = self._words("utter_exit_left", screen.lang, {"count": str(left)})
            post(uow, screen.conversation_id, said, sender=Sender.SYSTEM)

    def _later(self, uow: UnitOfWork, screen: Screen, seconds: float) -> None:
        if screen.attempts + 1 >= MAX_ATTEMPTS:
            self._done(uow, screen, list(screen.refs))
            return
        wait = uow.now + timedelta(seconds=seconds)
        uow.db.execute(update(sweep).where(sweep.c.conversation_id == screen.conversation_id).values(next_at=wait))

    def _forget(self, uow: UnitOfWork, screen: Screen) -> None:
        uow.db.execute(delete(sweep).where(sweep.c.conversation_id == screen.conversation_id))

    async def _pause(self) -> float:
        due: datetime | None = await self._db.run(
            lambda uow: uow.db.execute(select(func.min(sweep.c.next_at))).scalar_one_or_none(), read_only=True
        )
        return 30.0 if due is None else min(30.0, max(0.05, (due - self._db.clock.now()).total_seconds()))


def _on_screen(uow: UnitOfWork, conversation_id: str, until: datetime, up_to: int) -> dict[str, datetime]:
    """The channel's numbers of what both sides wrote until then, newest first; the exit's own neutral words stay."""
    theirs = uow.db.execute(
        select(inbox.c.ref, inbox.c.received_at.label("at")).where(
            inbox.c.conversation_id == conversation_id, inbox.c.ref.is_not(None), inbox.c.received_at <= until
        )
    ).all()
    ours = uow.db.execute(
        select(outbox.c.ref, outbox.c.sent_at.label("at"))
        .join(message, message.c.id == outbox.c.message_id)
        .where(outbox.c.conversation_id == conversation_id, outbox.c.ref.is_not(None), message.c.number <= up_to)
    ).all()
    found = [(ref, row.at) for row in (*theirs, *ours) for ref in row.ref.split(",") if ref.isdecimal()]
    return dict(sorted(found, key=lambda one: int(one[0]), reverse=True))
