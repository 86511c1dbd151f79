"""`python -m supply`: known vulnerabilities, bill of materials, secrets; what nobody could tell is named too.

Exit code 0: nothing stands open. 1: a secret without an exception. 2: a vulnerability without one. 3: no service could
be asked.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from supply import sbom, secrets, vulnerabilities
from supply.exceptions import Exceptions, load_exceptions
from supply.lock import FILE, load_parts

LEAKED, VULNERABLE, NOT_ASKED = 1, 2, 3


def main() -> int:
    """Everything once; the exit code."""
    parser = argparse.ArgumentParser(prog="supply")
    parser.add_argument("--uvx", type=Path, default=Path(".uv/bin/uvx"), help="runs pip-audit as a tool of its own")
    parser.add_argument("--sbom", type=Path, default=Path("results/sbom.cdx.json"), help="where the bill is written")
    chosen = parser.parse_args()
    known = load_exceptions()
    write_bill(chosen.sbom)
    leaked = tell_secrets(known)
    open_ones = tell_vulnerabilities(chosen.uvx, known)
    return leaked or open_ones


def write_bill(target: Path) -> None:
    """Write the bill of materials and say where."""
    parts = load_parts()
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(sbom.bill(parts, version("pendamping")), indent=1) + "\n")
    tell(f"materials: {len(parts)} parts, written to {target}")


def tell_secrets(known: Exceptions) -> int:
    """Name each line that looks like a secret and has no exception."""
    names = secrets.tracked()
    found = secrets.unexcused(secrets.leaks(names), known.secrets)
    for leak in found:
        tell(f"SECRET {leak}")
    tell(f"secrets: {len(found)} in {len(names)} tracked files, {len(known.secrets)} known exceptions")
    return LEAKED if found else 0


def tell_vulnerabilities(uvx: Path, known: Exceptions) -> int:
    """Name each vulnerability without an exception, and how many parts nobody could tell about."""
    findings = vulnerabilities.ask(uvx, FILE)
    if not findings.audited:
        tell("vulnerabilities: NOT ASKED, no service knew any part (no network, or a mirror without this knowledge)")
        return NOT_ASKED
    open_ones = vulnerabilities.unexcused(findings.found, known.parts, datetime.now(UTC).date())
    for one in open_ones:
        tell(f"VULNERABLE {one}")
    excused, told = len(findings.found) - len(open_ones), f"{findings.audited} parts, {findings.unknown} unknown"
    tell(f"vulnerabilities: {len(open_ones)} open, {excused} excused, in {told}")
    return VULNERABLE if open_ones else 0


def tell(line: str) -> None:
    sys.stdout.write(f"→ {line}\n")


if __name__ == "__main__":
    sys.exit(main())
