"""A server in a process of its own: started, waited for, weighed, ended."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import aiohttp
import psutil

STOP_SECONDS = 20.0
LOOK_SECONDS = 0.1
LAST_LINES = 12


class CannotMeasure(Exception):
    """Something that a figure needs did not work; the message says what."""


class Served:
    """A command that serves HTTP on loopback. Its output goes to `log`."""

    def __init__(self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str], log: Path) -> None:
        self._log = log
        self._began = time.perf_counter()
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command, cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )

    async def wait(self, url: str, seconds: float) -> float:
        """Seconds from the start until `url` answers 200. Raises CannotMeasure."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as http:
            while True:
                if self._process.poll() is not None:
                    raise CannotMeasure(f"it ended while it started:\n{self.last_lines()}")
                if await _answers(http, url):
                    return time.perf_counter() - self._began
                if time.perf_counter() - self._began > seconds:
                    raise CannotMeasure(f"not ready after {seconds:.0f} s:\n{self.last_lines()}")
                await asyncio.sleep(LOOK_SECONDS)

    def memory_mib(self) -> float:
        """Resident memory of the process and all its children, added up."""
        process = psutil.Process(self._process.pid)
        return float(sum(each.memory_info().rss for each in (process, *process.children(recursive=True)))) / 2**20

    def cpu_seconds(self) -> float:
        """Processor time that the process and its living children have used so far."""
        process = psutil.Process(self._process.pid)
        times = [each.cpu_times() for each in (process, *process.children(recursive=True))]
        return float(sum(each.user + each.system for each in times))

    def last_lines(self) -> str:
        """The end of what it said."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-LAST_LINES:])

    def stop(self) -> None:
        """Ask it to end, then end it."""
        if self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


async def _answers(http: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with http.get(url) as response:
            return response.status == 200
    except (aiohttp.ClientError, TimeoutError):
        return False


def free_port() -> int:
    """A port on loopback that nobody has at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**more: str) -> dict[str, str]:
    """Ours without the settings of an installation on this machine, and without telemetry."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("PENDAMPING_")}
    return {**own, "RASA_TELEMETRY_ENABLED": "false", "PYTHONWARNINGS": "ignore", "TF_CPP_MIN_LOG_LEVEL": "3", **more}
