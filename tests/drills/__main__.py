"""`python -m tests.drills [NAME …] [--short]`: run drills, say what each found, keep it in bench/results.

Exit status 1 when one of them broke its promise. A short run never takes the place of a full one's results.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence

from tests.drills import clock, database, disk, kill, machines, telegram, updates
from tests.drills.account import Account
from tests.drills.results import keep

Drill = Callable[..., Iterator[Account]]

DRILLS: dict[str, Drill] = {
    "updates": updates.run,
    "database": database.run,
    "disk": disk.run,
    "telegram": telegram.run,
    "clock": clock.run,
    "machines": machines.run,
    "kill": kill.run,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run what is named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*DRILLS, []], metavar="NAME", help=", ".join(DRILLS))
    parser.add_argument("--short", action="store_true", help="minutes instead of an hour")
    options = parser.parse_args(argv)
    kept = True
    for name in options.names or DRILLS:
        accounts = []
        for account in DRILLS[name](short=options.short):
            accounts.append(account)
            print(f"{name:10} {account}", flush=True)
        keep(f"drill-{name}", {"rows": [one.as_json() for one in accounts]}, short=options.short)
        kept = kept and all(one.kept for one in accounts)
    if "machines" in (options.names or DRILLS) and not options.short:
        machines.scaling()
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
