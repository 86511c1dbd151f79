"""Wake-ups without busy polling: an in-process condition, carried to other processes by LISTEN/NOTIFY on PostgreSQL.

A wake-up is a hint and never the data: whoever is woken reads the database. Only what lasts no longer than the hint
itself, such as that somebody is typing right now, is told by its topic alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator

import psycopg
import structlog
from sqlalchemy import Engine

from bot.storage.engine import LINE

log = structlog.get_logger()

CHANNEL = "pendamping"


class Subscription:
    """Waits for the topics it was made for; wake-ups between two waits are not lost."""

    def __init__(self, hub: Wakeups, topics: frozenset[str]) -> None:
        self._hub = hub
        self.topics = topics
        self._event = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._heard: set[str] = set()

    def wake(self, topics: frozenset[str]) -> None:
        self._loop.call_soon_threadsafe(self._hear, topics)

    def _hear(self, topics: frozenset[str]) -> None:
        self._heard |= topics
        self._event.set()

    def heard(self) -> frozenset[str]:
        """The topics that were signalled since this was last asked."""
        heard = frozenset(self._heard)
        self._heard.clear()
        return heard

    async def wait(self, timeout: float) -> bool:
        """True when woken, False when `timeout` seconds passed first."""
        try:
            # Not wait_for: when a wake-up and a cancellation meet, it swallows the cancellation, and a stop never ends.
            async with asyncio.timeout(timeout):
                await self._event.wait()
        except TimeoutError:
            return False
        self._event.clear()
        return True


class Wakeups:
    """Hands wake-ups from committed transactions to whoever waits, in this process or another."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._subscriptions: dict[str, set[Subscription]] = {}

    def signal(self, topics: set[str]) -> None:
        """Wake the subscribers of this process."""
        with self._lock:
            woken = {sub for topic in topics for sub in self._subscriptions.get(topic, ())}
        for subscription in woken:
            _wake(subscription, subscription.topics & topics)

    def wake_all(self) -> None:
        """Everybody looks once; no topic was heard."""
        with self._lock:
            woken = {sub for subscriptions in self._subscriptions.values() for sub in subscriptions}
        for subscription in woken:
            _wake(subscription, frozenset())

    @contextlib.asynccontextmanager
    async def subscribe(self, *topics: str) -> AsyncIterator[Subscription]:
        subscription = Subscription(self, frozenset(topics))
        with self._lock:
            for topic in topics:
                self._subscriptions.setdefault(topic, set()).add(subscription)
        try:
            yield subscription
        finally:
            with self._lock:
                for topic in topics:
                    waiting = self._subscriptions[topic]
                    waiting.discard(subscription)
                    if not waiting:
                        del self._subscriptions[topic]

    async def listen(self, engine: Engine) -> None:
        """Carry wake-ups of other processes in, for ever (PostgreSQL). Reconnects by itself."""
        url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        while True:
            try:
                connection = await psycopg.AsyncConnection.connect(url, autocommit=True, **LINE)
                async with connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    # Whatever happened while nobody listened: everyone looks once.
                    self.wake_all()
                    async for notice in connection.notifies():
                        self.signal({notice.payload})
            except psycopg.Error as error:
                log.warning("wakeups.reconnect", error=type(error).__name__)
                await asyncio.sleep(1)


def _wake(subscription: Subscription, topics: frozenset[str]) -> None:
    with contextlib.suppress(RuntimeError):  # its event loop is closed: nobody is waiting any more
        subscription.wake(topics)
