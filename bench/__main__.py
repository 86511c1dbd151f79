"""`python -m bench`: measure, show one table, write bench/results/latest.json and docs/bench.md.

With --quick or --only it writes bench/results/partial.json instead.

Fails only when something could not be measured; a missed goal is a result.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from bench import machine, report
from bench.figures import Figures, goals
from bench.measure import FULL, QUICK, Plan, measure
from bench.product import Product
from bench.served import CannotMeasure
from bench.side import Side
from bench.stock import Stock
from bot.config import ROOT

LOG_LINES = 20
RESULTS = ROOT / "bench" / "results"
PAGE = ROOT / "docs" / "bench.md"

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


class Only(StrEnum):
    """One side alone."""

    PRODUCT = "product"
    STOCK = "stock"


def main(
    quick: Annotated[bool, typer.Option("--quick", help="fewer samples; docs/bench.md and latest.json stay")] = False,
    only: Annotated[Only | None, typer.Option(help="measure one side alone")] = None,
) -> None:
    """Compare a turn through the whole product with the bare turn of a stock Rasa assistant."""
    # Beside the real data directory, so that a durable write costs what it costs there.
    (ROOT / "var").mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=ROOT / "var"))
    try:
        result = asyncio.run(_run(folder, QUICK if quick else FULL, only))
    except CannotMeasure as trouble:
        err.print(f"[bold red]bench:[/] could not measure: {trouble}", markup=True)
        for log in sorted(folder.glob("*.log")):
            err.print(f"{log.name} ends:", *log.read_text(errors="replace").splitlines()[-LOG_LINES:], sep="\n")
        sys.exit(1)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    _show(result)
    _write(result, whole=not quick and only is None)


async def _run(folder: Path, plan: Plan, only: Only | None) -> dict[str, Any]:
    described = machine.describe(folder)
    loads = [machine.load()]

    def tell(line: str) -> None:
        loads.append(machine.load())
        err.print(f"[cyan]→[/] {line} [dim](load {loads[-1]:g})[/]")

    product, stock = Product(folder), Stock(folder)
    if only is not Only.STOCK:
        await product.prepare()
    sides: dict[Side, Figures] = {side: Figures() for side in (product, stock) if only in (None, side.name)}
    try:
        await measure(sides, plan, tell)
    finally:
        for side in sides:
            await side.stop()
    loads.append(machine.load())
    summaries = {side.name: figures.summary() for side, figures in sides.items()}
    if "stock" in summaries:
        summaries["stock"]["empty_turns"] = stock.empty
    judged = goals(summaries["product"], summaries.get("stock")) if "product" in summaries else []
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": described,
        "load": {"before": loads[0], "median": median(loads), "highest": max(loads), "after": loads[-1]},
        **summaries,
        "goals": [goal.as_json() for goal in judged],
    }


def _show(result: dict[str, Any]) -> None:
    table = Table(title="A turn through the whole product beside a stock Rasa assistant's bare turn")
    for name in ("measured", "product", "stock", "product / stock"):
        table.add_column(name, justify="left" if name == "measured" else "right")
    for row in report.rows(result):
        table.add_row(*row)
    for goal in result["goals"]:
        mark = "met" if goal["met"] else "missed"
        table.add_row(f"goal: {goal['goal']}", f"{goal['measured']:.2f}×", goal["wanted"], mark)
    out.print(table)


def _write(result: dict[str, Any], *, whole: bool) -> None:
    """The page and latest.json always belong to the same whole run; a part of one goes into partial.json."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / ("latest.json" if whole else "partial.json")
    path.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    written = str(path.relative_to(ROOT))
    if whole:
        PAGE.write_text(report.markdown(result))
        written += f" and {PAGE.relative_to(ROOT)}"
    err.print(f"[cyan]→[/] written: {written}")


if __name__ == "__main__":
    typer.run(main)
