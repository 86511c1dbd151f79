"""The figures of a run and the goals they are held against. Pure: no clock, no process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import Any

MS = 1000.0


class NoSamples(Exception):
    """A figure was asked for and nothing was measured."""


@dataclass(frozen=True)
class Spread:
    """What many samples of one time come to, in milliseconds."""

    p50: float
    p95: float
    samples: int

    @staticmethod
    def of(seconds: Sequence[float]) -> Spread:
        """Raises NoSamples."""
        if not seconds:
            raise NoSamples
        if len(seconds) == 1:
            return Spread(seconds[0] * MS, seconds[0] * MS, 1)
        return Spread(median(seconds) * MS, quantiles(seconds, n=20, method="inclusive")[-1] * MS, len(seconds))


@dataclass
class Figures:
    """Everything measured of one side; lists keep each round, so that the spread can be seen."""

    train_s: float | None = None
    ready_s: list[float] = field(default_factory=list)
    first_turns_s: list[float] = field(default_factory=list)
    turns_s: list[float] = field(default_factory=list)
    turns_per_s: list[float] = field(default_factory=list)
    cpu_per_turn_s: list[float] = field(default_factory=list)
    early_s: list[float] = field(default_factory=list)
    late_s: list[float] = field(default_factory=list)
    memory_mib: float = 0.0

    def summary(self) -> dict[str, Any]:
        """The figures as they are written down. Raises NoSamples."""
        turn, early, late = Spread.of(self.turns_s), Spread.of(self.early_s), Spread.of(self.late_s)
        return {
            "turn_p50_ms": round(turn.p50, 1),
            "turn_p95_ms": round(turn.p95, 1),
            "turn_samples": turn.samples,
            "turns_per_s": round(median(self.turns_per_s), 1),
            "turns_per_s_rounds": [round(value, 1) for value in self.turns_per_s],
            "cpu_per_turn_ms": round(median(self.cpu_per_turn_s) * MS, 1),
            "turn_5_ms": round(early.p50, 1),
            "turn_400_ms": round(late.p50, 1),
            "turn_400_by_5": round(late.p50 / early.p50, 3),
            "turn_400_samples": late.samples,
            "train_s": None if self.train_s is None else round(self.train_s, 1),
            "ready_s": round(median(self.ready_s), 1),
            "ready_s_rounds": [round(value, 1) for value in self.ready_s],
            "slowest_of_first_turns_ms": round(Spread.of(self.first_turns_s).p50, 1),
            "memory_mib": round(self.memory_mib),
        }


@dataclass(frozen=True)
class Goal:
    """A figure that was promised, and what came out."""

    name: str
    limit: float
    measured: float
    at_most: bool = True

    @property
    def met(self) -> bool:
        return self.measured <= self.limit if self.at_most else self.measured >= self.limit

    @property
    def wanted(self) -> str:
        return f"{'≤' if self.at_most else '≥'} {self.limit:g}×"

    def as_json(self) -> dict[str, Any]:
        return {"goal": self.name, "wanted": self.wanted, "measured": round(self.measured, 3), "met": self.met}


def goals(product: dict[str, Any], stock: dict[str, Any] | None) -> list[Goal]:
    """The goals that can be judged with what was measured."""
    flat = Goal("turn 400 against turn 5 of one conversation", 1.1, product["turn_400_by_5"])
    if stock is None:
        return [flat]
    return [
        Goal("median turn against the stock assistant's", 0.5, product["turn_p50_ms"] / stock["turn_p50_ms"]),
        Goal(
            "turns per second against the stock assistant's",
            4.0,
            product["turns_per_s"] / stock["turns_per_s"],
            at_most=False,
        ),
        flat,
    ]
