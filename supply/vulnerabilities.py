"""Asks pip-audit, a tool of its own, for known vulnerabilities of each part, and judges what it says."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from supply.exceptions import KnownPart

PIP_AUDIT = "pip-audit==2.10.1"
SERVICES = ("pypi", "osv")
"""Asked in this order; the first that knows any part is believed."""
PATIENCE = 300.0


@dataclass(frozen=True)
class Vulnerability:
    """One that is known of a part; `mended_in` may be empty."""

    package: str
    version: str
    ids: tuple[str, ...]
    mended_in: tuple[str, ...]

    def __str__(self) -> str:
        mended = f"mended in {', '.join(self.mended_in)}" if self.mended_in else "not mended"
        return f"{self.package} {self.version}: {' '.join(self.ids)} ({mended})"


@dataclass(frozen=True)
class Findings:
    """What was asked and answered. A part that nobody could tell about is not a part without vulnerabilities."""

    audited: int = 0
    unknown: int = 0
    found: tuple[Vulnerability, ...] = ()


def ask(uvx: Path, lock: Path) -> Findings:
    """The findings of the first service that answers; none audited where none does."""
    findings = Findings()
    for service in SERVICES:
        findings = read(_run(uvx, lock, service))
        if findings.audited:
            break
    return findings


def _run(uvx: Path, lock: Path, service: str) -> Mapping[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "audit.json"
        what = ("--requirement", lock, "--require-hashes", "--disable-pip", "--vulnerability-service", service)
        how = ("--format", "json", "--output", out, "--progress-spinner", "off")
        try:
            subprocess.run((uvx, "--quiet", PIP_AUDIT, *what, *how), capture_output=True, timeout=PATIENCE, check=False)
            answer: Mapping[str, Any] = json.loads(out.read_text())
        except (OSError, subprocess.TimeoutExpired, ValueError):
            return {"dependencies": []}
    return answer


def read(answer: Mapping[str, Any]) -> Findings:
    """pip-audit's JSON. What it skipped counts as unknown: its own summary calls that "no known vulnerabilities"."""
    entries = answer["dependencies"]
    told = [entry for entry in entries if "skip_reason" not in entry]
    found = tuple(
        Vulnerability(
            entry["name"],
            entry["version"],
            tuple(dict.fromkeys((one["id"], *one.get("aliases", ())))),
            tuple(one.get("fix_versions", ())),
        )
        for entry in told
        for one in entry.get("vulns", ())
    )
    return Findings(len(told), len(entries) - len(told), found)


def unexcused(found: Iterable[Vulnerability], known: Sequence[KnownPart], today: date) -> list[Vulnerability]:
    """Those for which no exception stands today."""
    standing = [one for one in known if today <= one.until]
    return [
        one
        for one in found
        if not any(one.package == other.package and (other.only_in_rasa or other.id in one.ids) for other in standing)
    ]
