"""One real Rasa process for all tests that need one: a tiny project, trained once, with its actions in this process."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from bot.assistant.actions_api import ACTIONS_PATH, actions_router
from bot.assistant.client import SECRET_HEADER, AssistantClient
from bot.assistant.rasa_process import RasaProcess
from bot.config import ROOT

SECRET = "rahasia-uji"
TINY = Path(__file__).parent / "tiny_project"
T = TypeVar("T")


@dataclass
class Background:
    """An event loop in a thread of its own, for things that must outlive a test."""

    loop: asyncio.AbstractEventLoop

    def run(self, work: Coroutine[Any, Any, T], timeout: float = 90) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout)


@dataclass
class TinyRasa:
    """The running process and ways to talk to it."""

    background: Background
    process: RasaProcess
    log: Path

    def post(self, body: Any, *, secret: str = SECRET) -> httpx.Response:
        content = body if isinstance(body, bytes) else None
        return httpx.post(
            f"{self.process.url}/webhooks/pendamping/turn",
            content=content,
            json=None if content is not None else body,
            headers={SECRET_HEADER: secret},
            timeout=20,
            trust_env=False,
        )

    def client(self) -> AssistantClient:
        return AssistantClient(lambda: (self.process.url,) if self.process.url else (), SECRET)


@pytest.fixture(scope="session")
def background() -> Iterator[Background]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield Background(loop)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny project, trained (about 10 s)."""
    folder = tmp_path_factory.mktemp("tiny")
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "rasa",
        "train",
        "--fixed-model-name",
        "tiny",
        "--out",
        str(folder),
    ]
    command += [
        "--config",
        str(TINY / "config.yml"),
        "--domain",
        str(TINY / "domain.yml"),
        "--data",
        str(TINY / "data.yml"),
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "RASA_TELEMETRY_ENABLED": "false"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder / "tiny.tar.gz"


@pytest.fixture(scope="session")
def actions_url(background: Background) -> Iterator[str]:
    """The tiny project's actions, served as the app serves its own."""
    app = FastAPI()
    app.include_router(actions_router(SECRET, "tests.assistant.tiny_actions"))
    # uvicorn's automatic choice imports a part of websockets that Rasa's older pin does not have.
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", ws="none"))
    running = asyncio.run_coroutine_threadsafe(server.serve(), background.loop)
    while not server.started:
        assert not running.done(), running.exception()
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}{ACTIONS_PATH}"
    server.should_exit = True
    with contextlib.suppress(TimeoutError):
        running.result(5)


@pytest.fixture(scope="session")
def tiny_rasa(
    background: Background, tiny_model: Path, actions_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TinyRasa]:
    """The Rasa process, ready; what it logs goes to a file that tests can search."""
    log = tmp_path_factory.mktemp("log") / "rasa.log"
    # A shell puts its standard error into the file; `exec` keeps the process id, so that it still dies with its parent.
    server = f'exec "{sys.executable}" -m bot.assistant.rasa_side.server --model "{tiny_model}" "$@" 2>"{log}"'
    process = RasaProcess(tiny_model, actions_url, SECRET, command=["sh", "-c", server, "sh"])
    background.run(process.start())
    background.run(process.wait_ready())
    yield TinyRasa(background, process, log)
    background.run(process.stop())
