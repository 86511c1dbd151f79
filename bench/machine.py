"""The machine that a figure belongs to."""

from __future__ import annotations

import os
import platform
import sqlite3
import time
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import psutil

PACKAGES = ("rasa", "tensorflow", "scikit-learn", "fastapi", "uvicorn", "sqlalchemy")
WRITES = 30


def describe(folder: Path) -> dict[str, Any]:
    """Cores, memory, versions and how long a small durable write takes in `folder`."""
    return {
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "processor": _processor(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "durable_write_ms": round(_durable_write_ms(folder), 2),
        "packages": {name: version(name) for name in PACKAGES},
    }


def load() -> float:
    """Processes that wanted a core, averaged over the last minute."""
    return round(os.getloadavg()[0], 1)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "unknown"


def _durable_write_ms(folder: Path) -> float:
    path = folder / "durable-write"
    times = []
    with path.open("wb") as file:
        for _ in range(WRITES):
            began = time.perf_counter()
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())
            times.append((time.perf_counter() - began) * 1000)
    path.unlink()
    return median(times)
