"""The peer: what `rasa init --no-prompt` makes, untouched, answering over its REST channel from memory."""

from __future__ import annotations

import asyncio
import itertools
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bench.served import CannotMeasure, Served, environment, free_port
from bench.side import OPENING, place_in_script

TRAIN_SECONDS = 1800.0
READY_SECONDS = 600.0
REPLY_SECONDS = 60.0

OPENING_LINES = ("hello", "I am feeling very sad", "yes")
LINES = ("are you a bot?", "bye", "hello", "I am feeling very sad", "yes")
"""Its own training examples, along one of its own stories."""


class Stock:
    """A project made and trained in a temporary folder."""

    name = "stock"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._project = folder / "stock"
        self._served: Served | None = None
        self._http: aiohttp.ClientSession | None = None
        self._base = ""
        self._people = itertools.count()
        self._empty = Empty()

    @property
    def empty(self) -> int:
        """Turns that it answered with nothing; they count as turns all the same."""
        return self._empty.count

    def train(self) -> float:
        """`rasa init --no-prompt`: writes the project's few files and trains it."""
        self._project.mkdir(parents=True)
        began = time.perf_counter()
        try:
            made = subprocess.run(
                [sys.executable, "-m", "rasa", "init", "--no-prompt", "--init-dir", str(self._project)],
                cwd=self._project,
                env=environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=TRAIN_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise CannotMeasure(f"rasa init took longer than {TRAIN_SECONDS:.0f} s") from None
        seconds = time.perf_counter() - began
        if made.returncode != 0 or not list(self._project.glob("models/*.tar.gz")):
            raise CannotMeasure(f"rasa init failed:\n{made.stdout[-1000:]}\n{made.stderr[-1000:]}")
        return seconds

    async def start(self) -> float:
        """Until it answers; Rasa loads the model before it begins to listen."""
        port = free_port()
        self._base = f"http://127.0.0.1:{port}"
        self._served = Served(
            [sys.executable, "-m", "rasa", "run", "--interface", "127.0.0.1", "--port", str(port)],
            cwd=self._project,
            env=environment(),
            log=self._folder / "stock.log",
        )
        ready = await self._served.wait(self._base, READY_SECONDS)
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=REPLY_SECONDS))
        return ready

    async def stop(self) -> None:
        """End it."""
        if self._http is not None:
            await self._http.close()
            self._http = None
        if self._served is not None:
            await asyncio.to_thread(self._served.stop)

    def memory_mib(self) -> float:
        """Its one process."""
        assert self._served is not None
        return self._served.memory_mib()

    def cpu_seconds(self) -> float:
        """Of the same processes."""
        assert self._served is not None
        return self._served.cpu_seconds()

    async def talk(self) -> StockTalk:
        """A sender that it has not met."""
        assert self._http is not None
        return StockTalk(self._http, f"{self._base}/webhooks/rest/webhook", f"bench-{next(self._people)}", self._empty)


@dataclass
class Empty:
    """How often there was no reply at all."""

    count: int = 0


class StockTalk:
    """One sender id."""

    def __init__(self, http: aiohttp.ClientSession, url: str, sender: str, empty: Empty) -> None:
        self.turns = 0
        self._http = http
        self._url = url
        self._sender = sender
        self._empty = empty

    async def turn(self) -> float:
        """Seconds from sending the message until the replies were read."""
        self.turns += 1
        body = {"sender": self._sender, "message": line_of(self.turns)}
        began = time.perf_counter()
        try:
            async with self._http.post(self._url, json=body) as response:
                response.raise_for_status()
                replies = await response.json()
        except (TimeoutError, aiohttp.ClientError) as error:
            raise CannotMeasure(f"stock: turn {self.turns} had no reply ({type(error).__name__})") from None
        seconds = time.perf_counter() - began
        self._empty.count += not replies
        return seconds

    async def close(self) -> None:
        """There is nothing to let go of."""


def line_of(turn: int) -> str:
    """What turn number `turn` says, from 1."""
    return OPENING_LINES[turn - 1] if turn <= OPENING else LINES[place_in_script(turn)]
