"""How a run is shown: rows of a table, and docs/bench.md. Pure: a result in, text out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

TEMPLATE = (Path(__file__).parent / "page.md").read_text()

Result = dict[str, Any]

ROWS = (
    ("turn, median (ms)", "turn_p50_ms"),
    ("turn, 95th percentile (ms)", "turn_p95_ms"),
    ("turns per second, 10 conversations at once", "turns_per_s"),
    ("processor time of a turn, all processes (ms)", "cpu_per_turn_ms"),
    ("turns 5–9 of a conversation, median (ms)", "turn_5_ms"),
    ("turns 400 and on of a conversation, median (ms)", "turn_400_ms"),
    ("turn 400 / turn 5", "turn_400_by_5"),
    ("training (s)", "train_s"),
    ("start until ready (s)", "ready_s"),
    ("slowest of the first four turns after a start (ms)", "slowest_of_first_turns_ms"),
    ("memory of all processes, resident (MiB)", "memory_mib"),
)
NO_RATIO = frozenset({"turn_400_by_5"})


def rows(result: Result) -> list[tuple[str, str, str, str]]:
    """What was measured, the product, the stock assistant, product / stock; "–" where one is missing."""
    product, stock = result.get("product") or {}, result.get("stock") or {}
    return [
        (words, _number(product.get(key)), _number(stock.get(key)), _ratio(key, product.get(key), stock.get(key)))
        for words, key in ROWS
    ]


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.2f}" if value < 10 else f"{value:,.1f}" if value < 1000 else f"{value:,.0f}"


def _ratio(key: str, product: float | None, stock: float | None) -> str:
    if key in NO_RATIO or product is None or not stock:
        return "–"
    return f"{product / stock:.2f}×"


def shortfalls(result: Result) -> list[str]:
    """One sentence for each goal that was missed."""
    return [
        f"{goal['goal'].capitalize()}: wanted {goal['wanted']}, measured {goal['measured']:.2f}×."
        for goal in result["goals"]
        if not goal["met"]
    ]


def markdown(result: Result) -> str:
    """docs/bench.md."""
    return TEMPLATE.format(
        date=result["date"][:10],
        machine=_machine(result["machine"], result["load"]),
        table=_table(("measured", "product", "stock Rasa", "product / stock"), rows(result)),
        goals=_table(
            ("goal", "wanted", "measured", "met"),
            [
                (g["goal"], g["wanted"], f"{g['measured']:.2f}×", "yes" if g["met"] else "**no**")
                for g in result["goals"]
            ],
        ),
        short="\n".join(f"- {line}" for line in shortfalls(result)) or "Every goal was met in this run.",
        samples=result["product"]["turn_samples"],
        rounds=len(result["product"]["turns_per_s_rounds"]),
        late=result["product"]["turn_400_samples"],
        starts=len(result["product"]["ready_s_rounds"]),
        empty=result["stock"]["empty_turns"],
    )


def _goal(goal: Result) -> tuple[str, str, str, str]:
    return goal["goal"], goal["wanted"], f"{goal['measured']:.2f}×", "yes" if goal["met"] else "**no**"


def _machine(machine: Result, load: Result) -> str:
    packages = ", ".join(f"{name} {number}" for name, number in machine["packages"].items())
    loads = ", ".join(f"{when} {value:g}" for when, value in load.items())
    return (
        f"{machine['cores']} cores ({machine['processor']}), {machine['memory_gib']:g} GiB of memory, "
        f"{machine['system']}; "
        f"Python {machine['python']}, SQLite {machine['sqlite']}, {packages}. "
        f"A durable write of 4 KiB took {machine['durable_write_ms']:g} ms. "
        f"Processes wanting a core (one-minute load): {loads}."
    )


def _table(head: tuple[str, ...], body: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
