"""`python -m bench.alerts`: how long from a message's receipt until its alert is committed; --write keeps the page.

In this process, with the real detector, guard, turns and lookout on an SQLite file whose writes are durable. Rasa is
played by a pause. A figure is never a test: it says what this machine did on that day.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bench import machine
from bot.assistant.catalogue import Catalogue, load_catalogue
from bot.config import ROOT
from bot.conversation import intake
from bot.conversation.lookout import Lookout
from bot.conversation.model import Conversation, DialogueMemory, Inbound, Kind, Pending
from bot.conversation.ports import Thought
from bot.conversation.turn import TurnRunner
from bot.guard import DangerGuard
from bot.logs import configure_logs
from bot.safety.service import ALERT_TOPIC
from bot.safeword.service import SafeWord
from bot.storage.encryption import MasterKey
from bot.storage.engine import make_engine
from bot.storage.migrate import upgrade
from bot.storage.unit_of_work import Database

PAGE = ROOT / "docs" / "alert-speed.md"
GOAL_MS = 200
DANGERS = (
    "dia di depan pintu bawa pisau",
    "saya sudah siapkan semuanya, malam ini saya mau mengakhiri hidup saya",
    "suami saya sedang memukuli saya sekarang",
    "he is breaking the door down right now and he has a knife",
)
STORIES = ("saya sering bertengkar dengan suami soal uang", "sudah dua tahun begini", "saya lelah dan bingung")
THINKS_SECONDS = 0.03
HANGS_SECONDS = 8.0
TALKERS = 10
FLOOD = 1000

out = Console(highlight=False)


class Bench:
    """One database and the parts that an alert passes through."""

    def __init__(self, folder: Path) -> None:
        url = f"sqlite:///{folder / 'alerts.db'}"
        upgrade(url)
        self.db = Database(make_engine(url), MasterKey(b"b" * 32))
        self.catalogue: Catalogue = load_catalogue()
        self.guard = DangerGuard(self.catalogue.say, production=False)
        self.cover = SafeWord(self.catalogue.say)
        self.seconds = THINKS_SECONDS
        self._number = 0

    async def think(self, who: Conversation, pending: Pending, memory: DialogueMemory) -> Thought:
        """Rasa's place: a pause and an answer."""
        await asyncio.sleep(self.seconds)
        return Thought((self.catalogue.say("utter_ok", "id", {}),), (), {"v": 1}, None)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Turns and lookout, as in the app."""
        turns = TurnRunner(
            self.db,
            think=self.think,
            guard=self.guard,
            cover=self.cover,
            matters=(),
            effects={},
            word=self.catalogue.say,
            contacts=lambda lang, region: "110",
        )
        tasks = [asyncio.create_task(job) for job in (turns.run(), Lookout(self.db, self.guard, self.cover).run())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def says(self, chat: str, words: str) -> None:
        """Received, as a channel does it."""
        self._number += 1
        said = Inbound("web", "web", str(self._number), chat, Kind.TEXT, text=words)
        await self.db.run(lambda uow: intake.receive(uow, said))

    async def alert_ms(self, chat: str, words: str) -> float:
        """From the receipt until the alert is committed and wakes the desk."""
        async with self.db.wakeups.subscribe(ALERT_TOPIC) as woken:
            began = time.perf_counter()
            await self.says(chat, words)
            if not await woken.wait(60):
                raise RuntimeError("no alert within a minute")
            return (time.perf_counter() - began) * 1000

    async def quiet(self, count: int) -> list[float]:
        """Nobody else is there."""
        return [await self.alert_ms(f"q{n}", DANGERS[n % len(DANGERS)]) for n in range(count)]

    async def busy(self, count: int) -> list[float]:
        """Ten others talk without a pause."""
        talking = [asyncio.create_task(self._talk(f"t{number}")) for number in range(TALKERS)]
        try:
            return [await self.alert_ms(f"b{n}", DANGERS[n % len(DANGERS)]) for n in range(count)]
        finally:
            for task in talking:
                task.cancel()
            await asyncio.gather(*talking, return_exceptions=True)

    async def _talk(self, chat: str) -> None:
        while True:
            await self.says(chat, STORIES[self._number % len(STORIES)])
            await asyncio.sleep(0.2)

    async def hanging(self, count: int) -> list[float]:
        """Rasa hangs, and every runner waits for it."""
        self.seconds = HANGS_SECONDS
        try:
            for number in range(TALKERS):
                await self.says(f"h{number}", STORIES[0])
            await asyncio.sleep(0.3)
            return [await self.alert_ms(f"x{n}", DANGERS[n % len(DANGERS)]) for n in range(count)]
        finally:
            self.seconds = THINKS_SECONDS

    async def flooded(self, count: int) -> list[float]:
        """The person's own message is one of a thousand that come as fast as they can be stored."""
        return [await self._one_flood(f"f{number}") for number in range(count)]

    async def _one_flood(self, chat: str) -> float:
        for number in range(FLOOD // 2):
            await self.says(chat, f"halo lagi {number}")
        measured = await self.alert_ms(chat, DANGERS[0])
        for number in range(FLOOD // 2):
            await self.says(chat, f"halo lagi {number}")
        return measured


def p(values: Sequence[float], share: float) -> float:
    """The value below which this share lies."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def main(
    write: Annotated[bool, typer.Option("--write", help="keep the figures in docs/alert-speed.md")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="fewer samples")] = False,
) -> None:
    """Measure and show; with --write also keep."""
    configure_logs("CRITICAL")
    (ROOT / "var").mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="alerts-", dir=ROOT / "var"))
    try:
        where, rows = machine.describe(folder), asyncio.run(_measure(folder, quick))
    finally:
        shutil.rmtree(folder)
    table = Table("situation", "alerts", "p50 ms", "p95 ms", "slowest ms")
    for row in rows:
        table.add_row(*row)
    out.print(table)
    if write:
        PAGE.write_text(_page(rows, where), encoding="utf-8")


async def _measure(folder: Path, quick: bool) -> list[tuple[str, ...]]:
    bench = Bench(folder)
    many, few = (20, 1) if quick else (200, 5)
    found: dict[str, list[float]] = {}
    async with bench.running():
        await asyncio.to_thread(bench.guard.assess, "halo", (), None)
        found["nobody else is there"] = await bench.quiet(many)
        found[f"{TALKERS} others talk"] = await bench.busy(many)
        found["Rasa hangs, every runner waits for it"] = await bench.hanging(min(many, 50))
    async with bench.running():
        found[f"in the middle of {FLOOD:,} messages of the same person"] = await bench.flooded(few)
    bench.db.engine.dispose()
    return [
        (name, str(len(values)), f"{p(values, 0.5):.0f}", f"{p(values, 0.95):.0f}", f"{max(values):.0f}")
        for name, values in found.items()
    ]


def _page(rows: Sequence[tuple[str, ...]], where: dict[str, object]) -> str:
    lines = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"""# How fast an alert is

Written by `.venv/bin/python -m bench.alerts --write` on {datetime.now(UTC):%d %B %Y}. Measured in one process, from the
moment a channel hands a message over until its alert is committed and the desk is woken, on SQLite with durable writes;
Rasa is played by a pause. The goal is {GOAL_MS} ms for 95 of 100.

| situation | alerts | p50 ms | p95 ms | slowest ms |
|---|---|---|---|---|
{lines}

The machine: {where["cores"]} cores ({where["processor"]}), {where["memory_gib"]} GiB, Python {where["python"]}.
A durable write of 4 KiB took {where["durable_write_ms"]} ms. Other work ran at the time (load {machine.load()}).
"""


if __name__ == "__main__":
    typer.run(main)
