"""`python -m bench.guarantees`: makes docs/guarantees.md out of bench/guarantees.yml and the files of results."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from bot.config import ROOT

PROMISES = ROOT / "bench" / "guarantees.yml"
RESULTS = ROOT / "bench" / "results"
PAGE = ROOT / "docs" / "guarantees.md"
HEAD = """# What is promised, and what was measured

Written by `make guarantees` from `bench/guarantees.yml` and from the files that `make drills`, `make soak` and
`make bench` leave in `bench/results/`; each figure is of the last run. A test compares this page with those files.
**Nothing here was measured with real clients or a real load.**
"""


def promises() -> list[dict[str, Any]]:
    """The chapters, with their promises."""
    return list(yaml.safe_load(PROMISES.read_text(encoding="utf-8")))


def markdown(results: Path = RESULTS) -> str:
    """The page."""
    return "\n".join([HEAD, *(line for chapter in promises() for line in _chapter(chapter, results))]) + "\n"


def _chapter(chapter: dict[str, Any], results: Path) -> Iterator[str]:
    yield f"## {chapter['title']}\n"
    for promise in chapter["promises"]:
        yield f"**{promise['text']}**\n"
        yield f"Proof: {', '.join(f'`{path}`' for path in promise['proofs'])}\n"
        yield from _measured(promise, results)
        if "short" in promise:
            yield f"Where it falls short: {promise['short']}\n"


def _measured(promise: dict[str, Any], results: Path) -> Iterator[str]:
    if "see" in promise:
        yield f"Figures: {promise['see']}\n"
    name = promise.get("rows") or promise.get("figure")
    if not name:
        return
    path = results / f"{name}.json"
    if not path.exists():
        yield "Measured: **not yet**; no run has left its results.\n"
        return
    found = json.loads(path.read_text(encoding="utf-8"))
    mode = ", short mode" if found.get("mode") == "short" else ""
    where = f"{found['machine']['cores']} cores ({found['machine']['processor']})"
    yield f"Measured on {found['date'][:10]}{mode}, {where}:\n"
    if "figure" in promise:
        yield promise["says"].format(**found) + "\n"
    else:
        yield from _table(found["rows"])


def _table(rows: list[dict[str, Any]]) -> Iterator[str]:
    if "turns_per_s" in rows[0]:
        yield "| turn runners | turns a second |\n|---|---|"
        yield from (f"| {row['runners']} | {row['turns_per_s']:.1f} |" for row in rows)
    else:
        yield "| what happened | messages | lost | twice | out of order | sent again, flagged | longest wait | kept |"
        yield "|---|---|---|---|---|---|---|---|"
        for row in rows:
            lost = row["unanswered"] + row["unheard"]
            kept = "yes" if row["kept"] else "**no**"
            yield (
                f"| {row['what']} | {row['messages']:,} | {lost} | {row['doubled'] + row['unflagged']} | "
                f"{row['out_of_order']} | {row['repeated']} | {row['longest_wait_s']:.1f} s | {kept} |"
            )
    yield ""


if __name__ == "__main__":
    PAGE.write_text(markdown(), encoding="utf-8")
