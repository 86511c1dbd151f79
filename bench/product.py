"""The whole product: `pendamping start` with its Rasa process, spoken to through the web chat as a browser does.

The web chat has the least around a turn: Telegram's pace of one message a second and a stand-in for its server would
both be measured along. A message is POSTed (stored durably before the answer) and its reply is read from the page's
event stream, which shows nothing that is not committed.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import shutil
import sys
import time
import uuid
from collections import deque
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp

from bench.served import CannotMeasure, Served, environment, free_port
from bench.side import OPENING, place_in_script
from bot.assistant.training import ModelTrainingFailed, ensure_model
from bot.channels.web.model import BURST, BURST_WINDOW
from bot.channels.web.session import COOKIE
from bot.config import ROOT

READY_SECONDS = 300.0
REPLY_SECONDS = 30.0
# A little longer than the window: the server counts by its own clock.
WINDOW_SECONDS = BURST_WINDOW.total_seconds() + 0.2

OPENING_LINES = ("/greet", "/consent_give", "/consent_give")
LINES = (
    "suami saya sering marah-marah sejak dia kehilangan pekerjaan",
    "sudah dua tahun begini",
    "/ask_rights",
    "saya merasa sedih",
    "terima kasih",
)
"""Ordinary messages and one press of a menu button; each is answered by the assistant, none is about danger."""


class Product:
    """Runs on a data directory of its own, on SQLite, with the settings that it comes with."""

    name = "product"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._data = folder / "data"
        self._served: Served | None = None
        self._http: aiohttp.ClientSession | None = None
        self._base = ""
        self._people = itertools.count()

    def train(self) -> float:
        """As `make train` on a fresh checkout: the same sources in a folder where no model is."""
        tree = self._folder / "tree"
        for name in ("bot", "actions", "data"):
            shutil.copytree(ROOT / name, tree / name)
        for name in ("config.yml", "domain.yml"):
            shutil.copy(ROOT / name, tree / name)
        began = time.perf_counter()
        try:
            ensure_model(tree, say=lambda _: None)
        except ModelTrainingFailed as error:
            raise CannotMeasure(f"product: {error}") from None
        return time.perf_counter() - began

    async def prepare(self) -> None:
        """Key, database, starter content: what `make run` does once. Raises CannotMeasure."""
        self._folder.mkdir(parents=True, exist_ok=True)
        setup = await asyncio.create_subprocess_exec(
            _command(), "setup", cwd=self._folder, env=self._environment(0), stderr=asyncio.subprocess.PIPE
        )
        _, said = await setup.communicate()
        if setup.returncode != 0:
            raise CannotMeasure(f"pendamping setup failed:\n{said.decode(errors='replace')}")

    async def start(self) -> float:
        """Until /readyz says that database and assistant are there."""
        port = free_port()
        self._base = f"http://127.0.0.1:{port}"
        self._served = Served(
            [_command(), "start"],
            cwd=self._folder,
            env=self._environment(port),
            log=self._folder / "product.log",
        )
        ready = await self._served.wait(f"{self._base}/readyz", READY_SECONDS)
        self._http = aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(), timeout=aiohttp.ClientTimeout(total=None)
        )
        return ready

    async def stop(self) -> None:
        """End the app; its Rasa process ends with it."""
        if self._http is not None:
            await self._http.close()
            self._http = None
        if self._served is not None:
            await asyncio.to_thread(self._served.stop)

    def memory_mib(self) -> float:
        """The app's process and its Rasa process."""
        assert self._served is not None
        return self._served.memory_mib()

    def cpu_seconds(self) -> float:
        """Of the same processes."""
        assert self._served is not None
        return self._served.cpu_seconds()

    async def talk(self) -> ProductTalk:
        """A new browser session, each from an address of its own as behind a proxy."""
        assert self._http is not None
        number = next(self._people)
        headers = {"X-Forwarded-For": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"}
        async with self._http.get(f"{self._base}/chat", headers=headers) as page:
            if COOKIE not in page.cookies:
                raise CannotMeasure(f"the web chat gave no session (status {page.status})")
            headers["Cookie"] = f"{COOKIE}={page.cookies[COOKIE].value}"
        return ProductTalk(self._http, f"{self._base}/chat", headers)

    def _environment(self, port: int) -> dict[str, str]:
        own = {"PENDAMPING_DATA_DIR": str(self._data)}
        return environment(**own, **({"PENDAMPING_PORT": str(port)} if port else {}))


class ProductTalk:
    """One browser session with its open event stream."""

    def __init__(self, http: aiohttp.ClientSession, url: str, headers: dict[str, str]) -> None:
        self.turns = 0
        self._http = http
        self._url = url
        self._headers = headers
        self._stream: aiohttp.ClientResponse | None = None
        self._events: AsyncIterator[dict[str, Any]] | None = None
        self._sent: deque[float] = deque(maxlen=BURST)

    async def turn(self) -> float:
        """Seconds from sending the message until the first line of its reply came over the stream."""
        await self._keep_the_limit()
        self.turns += 1
        line = line_of(self.turns)
        ref = str(uuid.uuid4())
        fields = {"id": ref, "open": "1" if self._stream else "", ("payload" if line.startswith("/") else "text"): line}
        began = time.perf_counter()
        self._sent.append(began)
        try:
            async with asyncio.timeout(REPLY_SECONDS):
                await self._send(fields)
                await self._reply_to(ref)
        except (TimeoutError, aiohttp.ClientError) as error:
            raise CannotMeasure(f"product: turn {self.turns} had no reply ({type(error).__name__})") from None
        return time.perf_counter() - began

    async def close(self) -> None:
        """Close the stream."""
        if self._stream is not None:
            self._stream.close()

    async def _keep_the_limit(self) -> None:
        """Wait, outside of the measured time, until the web chat's own limit allows one more message."""
        if len(self._sent) == BURST:
            await asyncio.sleep(max(0.0, self._sent[0] + WINDOW_SECONDS - time.perf_counter()))

    async def _send(self, fields: dict[str, str]) -> None:
        async with self._http.post(f"{self._url}/messages", json=fields, headers=self._headers) as response:
            if response.status != 200:
                raise CannotMeasure(f"the web chat refused turn {self.turns} with {response.status}")
            await response.read()

    async def _reply_to(self, ref: str) -> None:
        if self._events is None:
            # There is nothing to follow before the first message is stored.
            self._stream = await self._http.get(f"{self._url}/events", headers=self._headers)
            self._events = _lines(self._stream)
        heard = False
        async for line in self._events:
            heard = heard or line["ref"] == ref
            if heard and line["kind"] == "bot":
                return
            if heard and line["kind"] == "system":
                raise CannotMeasure(f"product: the assistant did not answer turn {self.turns}")
        raise CannotMeasure("product: the event stream ended")


async def _lines(stream: aiohttp.ClientResponse) -> AsyncIterator[dict[str, Any]]:
    """The chat's lines out of server-sent events."""
    async for raw in stream.content:
        if raw.startswith(b"data: {"):
            data = json.loads(raw[6:])
            if "kind" in data:
                yield data


def line_of(turn: int) -> str:
    """What turn number `turn` says, from 1."""
    return OPENING_LINES[turn - 1] if turn <= OPENING else LINES[place_in_script(turn)]


def _command() -> str:
    return str(Path(sys.executable).with_name("pendamping"))
