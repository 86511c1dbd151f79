"""The sender: in order per conversation, under the channel's limits, and never a bot's words over a human's.

Telegram has no idempotency key: a crash between sending and marking may repeat one message. The row is marked
"sending" first, so that such a repeat is known and shown at the desk.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, func, select, update

from bot.channels.port import MaybeArrived, PushChannel, RetryLater, Undeliverable
from bot.conversation.model import Button
from bot.conversation.store import conversation, message, outbox
from bot.conversation.transcript import AWAY, HELD, OUTBOX_TOPIC, desk_topic
from bot.killpoints import Point, reached
from bot.storage.unit_of_work import Database, UnitOfWork

log = structlog.get_logger()

SENDING_LASTS = timedelta(seconds=60)
"""A row that was being sent for longer belonged to a process that died."""
LONGEST_WAIT = timedelta(minutes=10)
"""Whatever a channel asks for, it is asked again by then; what is further away, a clock that ran ahead has written."""
PER_CHAT_SECONDS = 1.0
OVERALL_PER_SECOND = 30
STOP_SECONDS = 5.0
_STANDING = (conversation.c.epoch.label("now_epoch"), conversation.c.covert_at, conversation.c.covert_from)
"""Who holds the chat now, and whether somebody reads along."""


@dataclass(frozen=True)
class Parcel:
    """One message on its way."""

    row: str
    attempt: int
    conversation: str
    account: str
    chat: str
    text: str
    buttons: tuple[Button, ...]
    lang: str


class OutboxSender:
    """Delivers for push channels; several chats at once, one chat strictly in order."""

    def __init__(
        self,
        db: Database,
        channels: Mapping[str, PushChannel],
        *,
        per_chat_seconds: float = PER_CHAT_SECONDS,
        overall_per_second: int = OVERALL_PER_SECOND,
        parallel: int = 16,
    ) -> None:
        self._db = db
        self._channels = channels
        self._per_chat = timedelta(seconds=per_chat_seconds)
        self._slots = asyncio.Semaphore(parallel)
        self._gate = _Pace(overall_per_second)
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """For ever: take what is due, deliver, wait to be woken. Cancel to stop; what is on its way arrives first."""
        try:
            await self._take_and_deliver()
        finally:
            # A message cut off between sending and marking would be sent again by the next start.
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=STOP_SECONDS)

    async def _take_and_deliver(self) -> None:
        async with self._db.wakeups.subscribe(OUTBOX_TOPIC) as woken:
            while True:
                await self._slots.acquire()
                parcel = None
                try:
                    parcel = await self._db.run(self._take)
                except Exception as error:
                    log.error("outbox.take_failed", error=type(error).__name__)
                    await asyncio.sleep(1)
                if parcel is None:
                    self._slots.release()
                    await woken.wait(await self._pause())
                    continue
                task = asyncio.create_task(self._deliver(parcel))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    def _take(self, uow: UnitOfWork) -> Parcel | None:
        """The most urgent message that is due and first of its chat; stale bot replies are dropped on the way."""
        if not self._channels:
            return None
        earlier, later = outbox.alias(), outbox.alias()
        first_of_chat = ~(
            select(earlier.c.id)
            .where(
                earlier.c.conversation_id == outbox.c.conversation_id,
                earlier.c.number < outbox.c.number,
                earlier.c.state.in_(("pending", "sending", AWAY)),
            )
            .exists()
        )
        something_follows = (
            select(later.c.id)
            .where(
                later.c.conversation_id == outbox.c.conversation_id,
                later.c.number > outbox.c.number,
                later.c.state == "pending",
            )
            .exists()
        )
        dead, far = uow.now - SENDING_LASTS, uow.now + LONGEST_WAIT
        due = (
            ((outbox.c.state == "pending") & ((outbox.c.next_at <= uow.now) | (outbox.c.next_at > far)))
            | ((outbox.c.state == "sending") & ((outbox.c.started_at < dead) | (outbox.c.started_at > far)))
            | ((outbox.c.state == AWAY) & something_follows)
        )
        while True:
            row = uow.db.execute(
                select(outbox, *_STANDING, conversation.c.account, conversation.c.chat)
                .join(conversation, conversation.c.id == outbox.c.conversation_id)
                .where(due, first_of_chat, conversation.c.account.in_(list(self._channels)))
                .order_by(outbox.c.urgent.desc(), outbox.c.next_at)
                .limit(1)
                .with_for_update(of=outbox, skip_locked=True)
            ).first()
            if row is None:
                return None
            stays = _stays(row)
            if stays is not None:
                uow.db.execute(update(outbox).where(outbox.c.id == row.id).values(state=stays))
                uow.wake(desk_topic(row.conversation_id))
                continue
            uow.db.execute(
                update(outbox)
                .where(outbox.c.id == row.id)
                .values(
                    state="sending",
                    started_at=uow.now,
                    attempts=outbox.c.attempts + 1,
                    maybe_repeated=outbox.c.maybe_repeated | (row.state == "sending"),
                )
            )
            said = uow.db.execute(select(message).where(message.c.id == row.message_id)).one()
            body = json.loads(uow.vault.open(row.conversation_id, "message", "body", said.id, said.body))
            return Parcel(
                row=row.id,
                attempt=row.attempts + 1,
                conversation=row.conversation_id,
                account=row.account,
                chat=uow.vault.open(row.conversation_id, "conversation", "chat", row.conversation_id, row.chat),
                text=body["text"],
                buttons=tuple(Button(*pair) for pair in body["buttons"]),
                lang=said.lang,
            )

    async def _deliver(self, parcel: Parcel) -> None:
        try:
            await self._gate.wait()
            stays = await self._db.run(lambda uow: self._stays(uow, parcel), read_only=True)
            if stays is not None:
                await self._db.run(lambda uow: self._mark(uow, parcel, stays))
                return
            ref = await self._channels[parcel.account].send(parcel.chat, parcel.text, parcel.buttons, parcel.lang)
            reached(Point.SENT)
            await self._db.run(lambda uow: self._mark(uow, parcel, "sent", ref))
            reached(Point.MARKED)
        except RetryLater as later:
            seconds = later.seconds
            unsure = isinstance(later, MaybeArrived)
            await self._db.run(lambda uow: self._again(uow, parcel, seconds, maybe_arrived=unsure))
        except Undeliverable:
            await self._db.run(lambda uow: self._mark(uow, parcel, "failed"))
        except Exception as error:
            # Unknown whether it arrived: it stays "sending" and is repeated, flagged, when its time is over.
            log.error("outbox.delivery_failed", error=type(error).__name__)
        finally:
            self._slots.release()

    def _stays(self, uow: UnitOfWork, parcel: Parcel) -> str | None:
        """Somebody took the chat, erased it, or began to read along, since the message was taken out."""
        row = uow.db.execute(
            select(outbox.c.epoch, outbox.c.number, *_STANDING)
            .join(conversation, conversation.c.id == outbox.c.conversation_id)
            .where(outbox.c.id == parcel.row)
        ).first()
        return "dropped" if row is None else _stays(row)

    def _mark(self, uow: UnitOfWork, parcel: Parcel, state: str, ref: str = "") -> None:
        uow.db.execute(
            update(outbox).where(*_still_on_its_way(parcel)).values(state=state, sent_at=uow.now, ref=ref or None)
        )
        # The next message of the same chat waits its turn under the channel's limit.
        uow.db.execute(
            update(outbox)
            .where(
                outbox.c.conversation_id == parcel.conversation,
                outbox.c.state == "pending",
                outbox.c.urgent.is_(False),
                outbox.c.next_at < uow.now + self._per_chat,
            )
            .values(next_at=uow.now + self._per_chat)
        )
        uow.wake(OUTBOX_TOPIC)
        uow.wake(desk_topic(parcel.conversation))

    def _again(self, uow: UnitOfWork, parcel: Parcel, seconds: float, *, maybe_arrived: bool) -> None:
        """The channel asked to wait or broke off: the whole chat waits, others go on."""
        uow.db.execute(
            update(outbox)
            .where(*_still_on_its_way(parcel))
            .values(
                state="pending",
                started_at=None,
                next_at=uow.now + min(timedelta(seconds=seconds), LONGEST_WAIT),
                maybe_repeated=outbox.c.maybe_repeated | maybe_arrived,
            )
        )
        uow.wake(desk_topic(parcel.conversation))

    async def _pause(self) -> float:
        due = await self._db.run(next_due, read_only=True)
        if due is None:
            return 30.0
        return min(30.0, max(0.05, (due - self._db.clock.now()).total_seconds()))

    async def typing(self, conversation_id: str) -> None:
        """Show the person that an answer is coming, where the channel can."""

        def address(uow: UnitOfWork) -> tuple[str, str] | None:
            row = uow.db.execute(
                select(conversation.c.account, conversation.c.chat).where(conversation.c.id == conversation_id)
            ).one()
            if row.account not in self._channels or row.chat is None:
                return None
            return row.account, uow.vault.open(conversation_id, "conversation", "chat", conversation_id, row.chat)

        found = await self._db.run(address, read_only=True)
        if found is not None:
            await self._channels[found[0]].typing(found[1])


def _still_on_its_way(parcel: Parcel) -> tuple[ColumnElement[bool], ...]:
    """A sender that was cut off for long finds that another one has sent its message: it has no say in it any more."""
    return outbox.c.id == parcel.row, outbox.c.state == "sending", outbox.c.attempts == parcel.attempt


def _stays(row: Any) -> str | None:
    """The state of a message that is not sent now; None for one that is."""
    if row.epoch is not None and row.epoch != row.now_epoch:
        return "dropped"
    return HELD if row.covert_at is not None and row.number <= row.covert_from else None


class _Pace:
    """At most so many passages a second, evenly spread."""

    def __init__(self, per_second: int) -> None:
        self._interval = 1 / per_second
        self._next = 0.0

    async def wait(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        self._next = max(self._next, now) + self._interval
        await asyncio.sleep(self._next - self._interval - now)


def next_due(uow: UnitOfWork) -> datetime | None:
    """When the next message wants to be sent."""
    found: datetime | None = uow.db.execute(
        select(func.min(outbox.c.next_at)).where(outbox.c.state == "pending")
    ).scalar_one_or_none()
    return found


def undelivered(uow: UnitOfWork) -> int:
    """How many messages wait for delivery: for the health page."""
    return uow.db.execute(
        select(func.count()).select_from(outbox).where(outbox.c.state.in_(("pending", "sending")))
    ).scalar_one()
