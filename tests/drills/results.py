"""Where drills keep what they found, for docs/guarantees.md."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import machine
from bot.config import ROOT

RESULTS = ROOT / "bench" / "results"


def keep(name: str, found: dict[str, Any], *, short: bool) -> Path | None:
    """Write a file of results; None where a short run would take the place of a full one."""
    path = RESULTS / f"{name}.json"
    if short and path.exists() and json.loads(path.read_text())["mode"] == "full":
        return None
    with tempfile.TemporaryDirectory() as folder:
        where = machine.describe(Path(folder))
    body = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "mode": "short" if short else "full",
        "machine": where,
        **found,
    }
    path.write_text(json.dumps(body, indent=2, ensure_ascii=False) + "\n")
    return path
