"""The supervisor: starts, restarts, gives up clearly, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest

from bot.assistant.client import SECRET_HEADER
from bot.assistant.rasa_process import RasaDidNotStart, RasaProcess
from bot.config import ROOT
from tests.assistant.conftest import SECRET, TinyRasa

# A stand-in that says "ready" and waits; `--parent` is taken and not used.
READY = "import sys, time; print('chatter'); print('ready 4711', flush=True); time.sleep(60)"
SHORT_LIVED = "print('ready 4711', flush=True)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {READY}"


def supervisor(program: str, **options: float) -> RasaProcess:
    command = [sys.executable, "-c", program]
    return RasaProcess(Path("none"), "http://127.0.0.1:1", "s", command=command, **options)  # type: ignore[arg-type]


def test_it_becomes_ready_and_stops_cleanly() -> None:
    async def run() -> None:
        process = supervisor(READY)
        assert (process.state.name, process.url) == ("stopped", None)
        await process.start()
        assert process.state.name == "starting"
        await process.wait_ready()
        assert (process.state.name, process.state.restarts) == ("ready", 0)
        assert process.url == "http://127.0.0.1:4711"
        pid = process.pid
        await process.stop()
        assert (process.state.name, process.url, process.pid) == ("stopped", None, None)
        assert pid is not None
        assert not psutil.pid_exists(pid)

    asyncio.run(run())


def test_a_dead_process_is_started_again() -> None:
    async def run() -> None:
        process = supervisor(READY, first_pause=0.01)
        await process.start()
        await process.wait_ready()
        first = process.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        while process.state.name == "ready":
            await asyncio.sleep(0.01)
        assert process.url is None
        await process.wait_ready()
        assert process.pid != first
        assert process.state.restarts == 1
        await process.stop()

    asyncio.run(run())


def test_the_pauses_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    sleep = asyncio.sleep

    async def remember(seconds: float) -> None:
        # The patch reaches every user of asyncio in this process; only the supervisor sleeps this long.
        if seconds >= 1:
            pauses.append(seconds)
        await sleep(0 if seconds >= 1 else seconds)

    async def run() -> None:
        process = supervisor(SHORT_LIVED)
        monkeypatch.setattr("bot.assistant.rasa_process.asyncio.sleep", remember)
        await process.start()
        while len(pauses) < 7:
            await sleep(0.02)
        await process.stop()

    asyncio.run(run())
    assert pauses[:7] == [1, 2, 4, 8, 16, 30, 30]


def test_a_start_that_takes_too_long_is_a_clear_error() -> None:
    async def run() -> None:
        process = supervisor("import time; time.sleep(60)", start_timeout=0.2)
        await process.start()
        with pytest.raises(RasaDidNotStart, match=r"not ready within"):
            await process.wait_ready()
        assert process.state.name == "failed"
        await process.stop()

    asyncio.run(run())


def test_a_start_that_ends_at_once_is_a_clear_error() -> None:
    async def run() -> None:
        process = supervisor("raise SystemExit(3)")
        await process.start()
        with pytest.raises(RasaDidNotStart, match="status 3"):
            await process.wait_ready()
        await process.stop()

    asyncio.run(run())


def test_one_that_does_not_listen_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.assistant.rasa_process.STOP_SECONDS", 0.3)

    async def run() -> None:
        process = supervisor(STUBBORN)
        await process.start()
        await process.wait_ready()
        pid = process.pid
        await process.stop()
        assert pid is not None
        assert not psutil.pid_exists(pid)

    asyncio.run(run())


def test_it_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    """SIGKILL leaves the app no time to stop its child: the kernel does it."""
    child = tmp_path / "pid"
    server = (
        "import os, sys, time; from bot.assistant.rasa_side.lifeline import die_with_parent; "
        f"die_with_parent(int(sys.argv[-1])); open({str(child)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    )
    parent = (
        f"import os, subprocess, sys; subprocess.Popen([sys.executable, '-c', {server!r}, str(os.getpid())]).wait()"
    )
    app = subprocess.Popen([sys.executable, "-c", parent], cwd=ROOT)
    _until(lambda: child.exists() and child.read_text() != "")
    pid = int(child.read_text())
    assert psutil.pid_exists(pid)

    app.kill()
    app.wait()

    _until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)


def test_secrets_of_the_app_are_not_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENDAMPING_MASTER_KEY", "geheim")
    monkeypatch.setenv("PENDAMPING_DATABASE_URL", "postgresql://x")
    program = (
        "import os, time; ours = sorted(n for n in os.environ if n.startswith('PENDAMPING_'));"
        "assert ours == ['PENDAMPING_ACTIONS_URL', 'PENDAMPING_RASA_SECRET'], ours; print('ready 1', flush=True);"
        "time.sleep(60)"
    )

    async def run() -> None:
        process = supervisor(program)
        await process.start()
        await process.wait_ready()
        await process.stop()

    asyncio.run(run())


def test_the_real_process_listens_on_loopback_only(tiny_rasa: TinyRasa) -> None:
    assert tiny_rasa.process.pid is not None
    listening = [c for c in psutil.Process(tiny_rasa.process.pid).net_connections() if c.status == psutil.CONN_LISTEN]

    assert {c.laddr.ip for c in listening} == {"127.0.0.1"}
    assert httpx.get(f"{tiny_rasa.process.url}/webhooks/pendamping/health", trust_env=False).json() == {"ready": True}
    told = httpx.get(
        f"{tiny_rasa.process.url}/webhooks/pendamping/health", headers={SECRET_HEADER: SECRET}, trust_env=False
    ).json()
    assert told["model"].endswith(".tar.gz")
    # Rasa's own API, with conversations and models, is not served.
    assert httpx.get(f"{tiny_rasa.process.url}/status", trust_env=False).status_code == 404


@pytest.mark.parametrize(
    ("environment", "status"),
    [({}, 4), ({"PENDAMPING_RASA_SECRET": SECRET, "PENDAMPING_ACTIONS_URL": "http://127.0.0.1:1"}, 3)],
)
def test_the_real_process_says_why_it_does_not_start(environment: dict[str, str], status: int, tmp_path: Path) -> None:
    broken = tmp_path / "broken.tar.gz"
    broken.write_bytes(b"no archive")
    command = [sys.executable, "-m", "bot.assistant.rasa_side.server", "--model", str(broken)]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PENDAMPING_")}

    done = subprocess.run(command, cwd=ROOT, env={**clean, **environment}, capture_output=True, text=True, timeout=60)

    assert done.returncode == status
    assert ("PENDAMPING_RASA_SECRET" if status == 4 else "broken.tar.gz") in done.stderr


def _until(true: object, seconds: float = 60) -> None:
    assert callable(true)
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
