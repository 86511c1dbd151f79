"""Unit of work: one transaction, rolled back unless it is committed explicitly."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TypeVar

from sqlalchemy import Connection, Engine, text

from bot.clock import Clock, NewId, SystemClock, new_id
from bot.storage.encryption import MasterKey
from bot.storage.keys import Vault
from bot.storage.wakeups import CHANNEL, Wakeups

T = TypeVar("T")


class UnitOfWork:
    """What a use case works with: the connection, the vault, the time, new ids. Nothing lasts without `commit()`."""

    def __init__(self, connection: Connection, vault: Vault, clock: Clock, new_id: NewId) -> None:
        self.db = connection
        self.vault = vault
        self.new_id = new_id
        self.clock = clock
        self.now = clock.now()
        self._topics: set[str] = set()
        self._last: list[Callable[[], None]] = []
        self._commit_asked = False

    def commit(self) -> None:
        """Ask for the commit; it happens when the block ends without an error."""
        self._commit_asked = True

    def before_commit(self, work: Callable[[], None]) -> None:
        """Do this as the last thing of the transaction, if it is committed: for what locks something that all share."""
        self._last.append(work)

    def wake(self, topic: str) -> None:
        """Wake the subscribers of `topic` once this transaction is committed."""
        self._topics.add(topic)

    @property
    def is_sqlite(self) -> bool:
        return self.db.dialect.name == "sqlite"


class Database:
    """Makes units of work. The only thing rooms need of storage besides their tables."""

    def __init__(
        self,
        engine: Engine,
        master: MasterKey,
        *,
        clock: Clock | None = None,
        new_id: NewId = new_id,
        wakeups: Wakeups | None = None,
    ) -> None:
        self.engine = engine
        self.master = master
        self.clock = clock or SystemClock()
        self.wakeups = wakeups or Wakeups()
        self.new_id = new_id
        # SQLite lets a waiting writer try again with growing pauses, and one can be late by seconds; within a process
        # they queue here instead. Other processes still meet at the file's own lock.
        self._writing = threading.RLock()

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def unit(self, *, read_only: bool = False) -> Iterator[UnitOfWork]:
        """One transaction. `read_only` spares SQLite the write lock; a commit is then refused by having no effect."""
        topics: set[str] = set()
        queue = self._writing if self.is_sqlite and not read_only else nullcontext()
        with queue, self.engine.connect() as connection:
            if read_only:
                connection = connection.execution_options(read_only=True)
            with connection.begin() as transaction:
                uow = UnitOfWork(connection, Vault(connection, self.master), self.clock, self.new_id)
                yield uow
                if uow._commit_asked and not read_only:
                    for last in uow._last:
                        last()
                    topics = uow._topics
                    if topics and not self.is_sqlite:
                        notify = text("SELECT pg_notify(:channel, :topic)")
                        for topic in sorted(topics):
                            connection.execute(notify, {"channel": CHANNEL, "topic": topic})
                else:
                    transaction.rollback()
        if topics:
            self.wakeups.signal(topics)

    async def run(self, work: Callable[[UnitOfWork], T], *, read_only: bool = False) -> T:
        """Run `work` in a thread inside one unit and commit it; for the asyncio side of the app."""
        return await asyncio.to_thread(self.run_sync, work, read_only=read_only)

    def run_sync(self, work: Callable[[UnitOfWork], T], *, read_only: bool = False) -> T:
        """Run `work` inside one unit and commit it."""
        with self.unit(read_only=read_only) as uow:
            result = work(uow)
            uow.commit()
        return result
