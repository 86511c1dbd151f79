"""`python -m tests.drills.soak [--minutes M] [--chats N] [--workers W]`: many people write for long, workers chat.

Five hundred chats, one message each ten seconds, twenty workers, an hour. It measures how long a message waits for its
answer, and whether that, the memory and the processor time of a turn grow.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import func, select

from bot.accounts.model import Role
from bot.conversation.store import inbox
from bot.storage.unit_of_work import Database
from tests.conftest import new_postgres_database
from tests.doubles.bot_api import BotApi
from tests.doubles.phone import User
from tests.drills.results import keep
from tests.e2e.desk import Desk
from tests.e2e.product import Product, eventually

EVERY_SECONDS = 10.0
FIRST_CHAT = 50_000
LOOKS_A_ROUND = 5
STORY = ("halo", "boleh disimpan", "aman", "saya sering bertengkar soal uang", "sudah dua tahun begini", "saya lelah")
ASKS = ("halo", "boleh disimpan", "aman", "saya mau bicara dengan petugas")
GOAL_P95_S = 1.0
GOAL_GROWTH = 1.1
SETTLED_SECONDS = 300.0


@dataclass(frozen=True)
class Soaked:
    """What was measured. Each growth is the last quarter of the time against the second one."""

    minutes: float
    chats: int
    workers: int
    database: str
    turns: int
    answered_p50_s: float
    answered_p95_s: float
    unanswered: int
    fallbacks: int
    log_errors: int
    worker_lines: int
    answer_growth: float
    memory_growth: float
    cpu_growth: float
    memory_mib: float
    cpu_ms_per_turn: float

    @property
    def kept(self) -> bool:
        """Whether nothing went wrong; how fast it was is a figure and no promise of this machine."""
        return not (self.unanswered or self.fallbacks or self.log_errors)

    def as_json(self) -> dict[str, Any]:
        """For the file of results."""
        return {**asdict(self), "kept": self.kept}


class Meter:
    """Looks at the processes now and then."""

    def __init__(self, product: Product) -> None:
        self._app = psutil.Process(product.pid)
        self.samples: list[tuple[float, float, float]] = []
        """When, resident MiB, processor seconds."""

    def look(self) -> None:
        processes = [self._app, *self._app.children(recursive=True)]
        memory = sum(process.memory_info().rss for process in processes) / 2**20
        used = sum(sum(process.cpu_times()[:2]) for process in processes)
        self.samples.append((time.time(), memory, used))


class Worker(threading.Thread):
    """Claims who waits, and writes to them every ten seconds."""

    def __init__(self, product: Product, over: threading.Event) -> None:
        super().__init__(daemon=True)
        self._desk = Desk(product.base_url, product.colleague(Role.WORKER))
        self._over = over
        self.lines = 0

    def run(self) -> None:
        mine = ""
        while not self._over.wait(EVERY_SECONDS):
            self._desk.is_there()
            waiting = self._desk.waiting()
            if not mine and waiting:
                try:
                    self._desk.claim(waiting[0])
                    mine = waiting[0]
                except AssertionError:
                    continue  # a colleague was faster
            if mine:
                self._desk.says(mine, f"Saya di sini, baris {self.lines}.")
                self.lines += 1


def soak(*, minutes: float, chats: int, workers: int, database: str = "sqlite") -> Soaked:
    """Run it."""
    place = new_postgres_database() if database == "postgresql" else nullcontext("")
    with (
        place as url,
        tempfile.TemporaryDirectory() as folder,
        BotApi() as api,
        Product(Path(folder), telegram=api, database_url=url) as product,
    ):
        over, meter = threading.Event(), Meter(product)
        staff = [Worker(product, over) for _ in range(workers)]
        for worker in staff:
            worker.start()
        phones = [api.user(FIRST_CHAT + number) for number in range(chats)]
        messages = _write(phones, workers, minutes * 60, meter)
        eventually(lambda: _answered(product.db) == messages, SETTLED_SECONDS, what="every message is answered")
        over.set()
        meter.look()
        for worker in staff:
            worker.join(60)
        errors = product.log.read_text(errors="replace").count("[error")
        return _measured(
            product.db,
            meter,
            errors,
            minutes=minutes,
            chats=chats,
            workers=workers,
            database=database,
            unanswered=messages - _answered(product.db),
            worker_lines=sum(worker.lines for worker in staff),
        )


def _write(phones: Sequence[User], workers: int, seconds: float, meter: Meter) -> int:
    """Each phone writes every ten seconds, evenly spread; as many ask for a worker as there are. How many messages."""
    began, pause, count = time.monotonic(), EVERY_SECONDS / len(phones), 0
    while time.monotonic() - began < seconds:
        number, round_ = count % len(phones), count // len(phones)
        lines = ASKS if number < workers else STORY
        phones[number].says(lines[round_ % len(lines)] if round_ < len(ASKS) else STORY[3 + round_ % 3])
        count += 1
        if number % max(1, len(phones) // LOOKS_A_ROUND) == 0:
            meter.look()
        time.sleep(max(0.0, began + count * pause - time.monotonic()))
    return count


def _answered(db: Database) -> int:
    with db.unit(read_only=True) as uow:
        query = select(func.count()).select_from(inbox).where(inbox.c.done_at.is_not(None))
        return int(uow.db.execute(query).scalar_one())


def _measured(db: Database, meter: Meter, errors: int, **known: Any) -> Soaked:
    with db.unit(read_only=True) as uow:
        rows = uow.db.execute(
            select(inbox.c.received_at, inbox.c.done_at, inbox.c.outcome).order_by(inbox.c.received_at)
        ).all()
    waits = [(row.done_at - row.received_at).total_seconds() for row in rows]
    cuts = statistics.quantiles(waits, n=20)
    second, last = _quarters([row.received_at.timestamp() for row in rows], waits)
    memory_then, memory_now, cpu_then, cpu_now = _growth(meter, [row.done_at.timestamp() for row in rows])
    used = meter.samples[-1][2] - meter.samples[0][2]
    return Soaked(
        **known,
        turns=len(rows),
        answered_p50_s=round(statistics.median(waits), 3),
        answered_p95_s=round(cuts[-1], 3),
        fallbacks=sum(row.outcome in ("failed", "not_applied") for row in rows),
        log_errors=errors,
        answer_growth=round(last / second, 2),
        memory_growth=round(memory_now / memory_then, 2),
        cpu_growth=round(cpu_now / cpu_then, 2),
        memory_mib=round(meter.samples[-1][1]),
        cpu_ms_per_turn=round(1000 * used / len(rows), 1),
    )


def _quarters(at: Sequence[float], values: Sequence[float]) -> tuple[float, float]:
    """The medians of the second and of the last quarter of the time."""
    quarter = (at[-1] - at[0]) / 4
    second = [value for when, value in zip(at, values, strict=True) if quarter <= when - at[0] < 2 * quarter]
    last = [value for when, value in zip(at, values, strict=True) if when - at[0] >= 3 * quarter]
    return statistics.median(second), statistics.median(last)


def _growth(meter: Meter, done: Sequence[float]) -> tuple[float, float, float, float]:
    """Memory then and now, processor time of a turn then and now."""
    at = [when for when, _, _ in meter.samples]
    memory = _quarters(at, [resident for _, resident, _ in meter.samples])
    quarter = (at[-1] - at[0]) / 4

    def cost(begin: float, end: float) -> float:
        inside = [used for when, _, used in meter.samples if begin <= when <= end]
        return (inside[-1] - inside[0]) / max(1, sum(begin <= when <= end for when in done))

    return (*memory, cost(at[0] + quarter, at[0] + 2 * quarter), cost(at[0] + 3 * quarter, at[-1]))


def main(argv: Sequence[str] | None = None) -> int:
    """Run it, show it, keep it; exit status 1 when something went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--chats", type=int, default=500)
    parser.add_argument("--workers", type=int, default=20)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="postgresql")
    options = parser.parse_args(argv)
    found = soak(**vars(options))
    for name, value in found.as_json().items():
        print(f"{name:16} {value}")
    keep("soak", found.as_json(), short=options.minutes < 60)
    return 0 if found.kept else 1


if __name__ == "__main__":
    sys.exit(main())
