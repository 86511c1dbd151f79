"""Keeps one Rasa process alive: starts it, watches it, starts it again, ends it with the app."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from bot.clock import Clock, SystemClock
from bot.config import ROOT

log = logging.getLogger(__name__)

# Seven seconds on an idle machine; ending a start on a busy one would only make it begin again, for ever.
START_SECONDS = 180.0
STOP_SECONDS = 5.0
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
# A process that lived this long was well; the next pause starts from the shortest again.
HEALTHY_SECONDS = 60.0

StateName = Literal["starting", "ready", "restarting", "failed", "stopped"]


class RasaDidNotStart(Exception):
    """The Rasa process was not ready in time; the message says what it reported last."""


@dataclass(frozen=True)
class RasaState:
    """For the health pages: the state, since when, how many restarts so far."""

    name: StateName
    since: datetime
    restarts: int


class RasaProcess:
    """Supervisor of `python -m bot.assistant.rasa_side.server` on a free loopback port.

    `state.name` is `starting` until the first `ready`; `restarting` from a death to the next `ready`; `failed` when
    a start took longer than `start_timeout` or ended early (it is tried again); `stopped` after `stop()`.
    """

    def __init__(
        self,
        model: Path,
        actions_url: str,
        secret: str,
        *,
        clock: Clock | None = None,
        start_timeout: float = START_SECONDS,
        first_pause: float = FIRST_PAUSE,
        command: Sequence[str] | None = None,
    ) -> None:
        self._clock = clock or SystemClock()
        self._start_timeout = start_timeout
        self._first_pause = first_pause
        self._environment = {
            "PENDAMPING_ACTIONS_URL": actions_url,
            "PENDAMPING_RASA_SECRET": secret,
            # Rasa's dependencies greet with a page of deprecations that nobody here can act on.
            "PYTHONWARNINGS": "ignore",
        }
        server = [sys.executable, "-m", "bot.assistant.rasa_side.server", "--model", str(model)]
        self._command = [*(command or server), "--parent", str(os.getpid())]
        self._state = RasaState("stopped", self._clock.now(), 0)
        self._changed = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self._port: int | None = None
        self._last_line = ""

    @property
    def state(self) -> RasaState:
        """Where it stands now."""
        return self._state

    @property
    def url(self) -> str | None:
        """Base address while it is ready, else None. For `AssistantClient(url=lambda: process.url, …)`."""
        return f"http://127.0.0.1:{self._port}" if self._port is not None else None

    @property
    def pid(self) -> int | None:
        """Process id while one runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(self) -> None:
        """Begin; returns at once. Wait with `wait_ready()`."""
        if self._supervisor is None:
            self._set("starting")
            self._supervisor = asyncio.create_task(self._supervise(), name="rasa-supervisor")

    async def wait_ready(self) -> None:
        """Return when it answers. Raises RasaDidNotStart when the present attempt fails or takes too long."""
        while self._state.name != "ready":
            if self._state.name in ("failed", "stopped"):
                raise RasaDidNotStart(f"the Rasa process did not start: {self._last_line or 'no output'}")
            await self._changed.wait()

    async def stop(self) -> None:
        """End it: ask first, then kill. Nothing is left running."""
        if self._supervisor is not None:
            self._supervisor.cancel()
            with suppress(asyncio.CancelledError):
                await self._supervisor
            self._supervisor = None
        await self._end()
        self._set("stopped")

    async def _supervise(self) -> None:
        pause, restarts = self._first_pause, 0
        while True:
            lived = await self._one_life()
            pause = self._first_pause if lived >= HEALTHY_SECONDS else pause
            log.warning("the Rasa process ended; next start in %.0f s", pause)
            await asyncio.sleep(pause)
            pause, restarts = min(pause * 2, LONGEST_PAUSE), restarts + 1
            self._set("restarting", restarts)

    async def _one_life(self) -> float:
        """Start it, report it ready, wait for its end. Seconds that it was ready."""
        try:
            async with asyncio.timeout(self._start_timeout):
                self._port = await self._launch()
        except (TimeoutError, RasaDidNotStart) as error:
            self._last_line = str(error) or f"not ready within {self._start_timeout:.0f} s"
            log.error("the Rasa process did not start: %s", self._last_line)
            self._set("failed", self._state.restarts)
            await self._end()
            return 0.0
        began = self._clock.now()
        self._set("ready", self._state.restarts)
        assert self._process is not None
        await self._drain()
        await self._process.wait()
        self._port = None
        self._set("restarting", self._state.restarts)
        return (self._clock.now() - began).total_seconds()

    async def _launch(self) -> int:
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
            env={**_without_secrets(), **self._environment},
        )
        assert self._process.stdout is not None
        async for raw in self._process.stdout:
            line = raw.decode(errors="replace").strip()
            if line.startswith("ready "):
                return int(line.removeprefix("ready "))
        status = await self._process.wait()
        raise RasaDidNotStart(f"it ended with status {status}; its own message stands above in the log")

    async def _drain(self) -> None:
        # Rasa prints nothing of interest after its start, but a full pipe would stop it.
        assert self._process is not None
        assert self._process.stdout is not None
        while await self._process.stdout.read(65536):
            pass

    async def _end(self) -> None:
        self._port = None
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    def _set(self, name: StateName, restarts: int = 0) -> None:
        self._state = RasaState(name, self._clock.now(), restarts)
        self._changed.set()
        self._changed = asyncio.Event()


def _without_secrets() -> dict[str, str]:
    # The Rasa process needs neither the master key nor the database nor the bot's token: it must not have them.
    return {name: value for name, value in os.environ.items() if not name.startswith("PENDAMPING_")}
