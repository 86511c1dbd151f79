"""Calls people outside of the desk, each way on its own: one that hangs holds up neither the other nor any chat."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

import httpx
import structlog

from bot.channels.port import MaybeArrived, PushChannel, RetryLater, Undeliverable
from bot.oncall import service
from bot.oncall.model import Call, Way, line
from bot.safety.service import ALERT_TOPIC
from bot.storage.unit_of_work import Database, UnitOfWork

log = structlog.get_logger()

SEND_SECONDS = 5.0
"""A way that takes longer is taken for blocked."""
LONGEST_PAUSE, SHORTEST_PAUSE = 30.0, 0.05

Send = Callable[[Call, str], Awaitable[None]]
"""Sends a line. Raises RetryLater, Undeliverable."""


class OnCallSender:
    """Sends a line for each new alert and each wait at an empty desk, and again while nobody answers."""

    def __init__(
        self, db: Database, ways: Mapping[Way, Send], *, again: timedelta, desk: str, seconds: float = SEND_SECONDS
    ) -> None:
        self._db = db
        self._ways = ways
        self._again = again
        self._desk = desk
        self._seconds = seconds
        self._problems: dict[Way, str] = {}

    @property
    def problem(self) -> str | None:
        """Which ways are blocked and why, None when all is well; holds no secrets."""
        return ", ".join(f"{way}: {why}" for way, why in sorted(self._problems.items())) or None

    @property
    def ways(self) -> tuple[Way, ...]:
        """The ways that are set."""
        return tuple(self._ways)

    async def run(self) -> None:
        """For ever: plan, send, wait to be woken. Cancel to stop; what was on its way is sent again by the next."""
        await asyncio.gather(*(self._serve(way) for way in self._ways))

    async def _serve(self, way: Way) -> None:
        async with self._db.wakeups.subscribe(ALERT_TOPIC) as woken:
            while True:
                try:
                    call, due = await self._db.run(lambda uow: self._next(uow, way))
                    if call is not None:
                        await self._call(way, call)
                        continue
                    pause = self._pause(due)
                except Exception as error:
                    log.error("oncall.failed", way=way, error=type(error).__name__)
                    pause = 1.0
                await woken.wait(pause)

    def _next(self, uow: UnitOfWork, way: Way) -> tuple[Call | None, datetime | None]:
        again_at = service.plan(uow, way, self._again)
        call = service.take(uow, way)
        dues = [at for at in (again_at, service.next_due(uow, way)) if at is not None]
        return call, min(dues, default=None)

    def _pause(self, due: datetime | None) -> float:
        if due is None:
            return LONGEST_PAUSE
        return min(LONGEST_PAUSE, max(SHORTEST_PAUSE, (due - self._db.clock.now()).total_seconds()))

    async def _call(self, way: Way, call: Call) -> None:
        waited = self._db.clock.now() - call.since
        text = line(waited, call.round, self._desk, danger=call.danger, covert=call.covert)
        wait, why, unsure = 0.0, "", False
        try:
            # The library's own time-outs start anew with every byte: a server that drips would hang for ever.
            async with asyncio.timeout(self._seconds):
                await self._ways[way](call, text)
        except RetryLater as later:
            wait, why, unsure = later.seconds, later.reason, isinstance(later, MaybeArrived)
        except Undeliverable as error:
            why = str(error)
        except TimeoutError:
            why, unsure = "no answer", True
        if not why:
            self._problems.pop(way, None)
            await self._db.run(lambda uow: service.mark_sent(uow, call.id))
            return
        # Nobody would know otherwise that nobody was called.
        log.error("oncall.not_sent", way=way, reason=why)
        self._problems[way] = why
        await self._db.run(
            lambda uow: service.put_off(uow, call.id, at_least=timedelta(seconds=wait), maybe_arrived=unsure)
        )


def telegram_way(channel: PushChannel, chat: str) -> Send:
    """Into a Telegram group of the staff, by the bot that talks to clients."""

    async def send(call: Call, text: str) -> None:
        await channel.send(chat, text, (), "id")

    return send


class Webhook:
    """Posts a line as JSON to an address: `text` for chat systems, the rest for programs."""

    def __init__(self, url: str, desk: str) -> None:
        self._url = url
        self._desk = desk
        # Without the environment's proxies, and never on to where an answer points.
        self._http = httpx.AsyncClient(timeout=SEND_SECONDS, follow_redirects=False, trust_env=False)

    async def __call__(self, call: Call, text: str) -> None:
        """Raises RetryLater unless the other side says 2xx. `id` stays the same when a line is repeated."""
        body = {"text": text, "url": self._desk, "id": call.id, "round": call.round}
        try:
            answer = await self._http.post(self._url, json=body)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise RetryLater(0, type(error).__name__) from None
        except httpx.HTTPError as error:  # its text would hold the address, which is a secret
            raise MaybeArrived(0, type(error).__name__) from None
        if not answer.is_success:
            raise RetryLater(0, f"status {answer.status_code}")

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()
