"""Service levels: within how many minutes somebody who waits is to be answered, by risk. Read from data/handoff."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

from bot.config import ROOT
from bot.content import read_yaml
from bot.handoff.model import RISKS

LEVELS = ROOT / "data" / "handoff" / "levels.yml"

Levels = Mapping[str, timedelta]
"""By risk, how long somebody may wait before their row is marked as overdue."""


def load_levels(path: Path = LEVELS) -> Levels:
    """One level for each risk; a nearer danger never waits longer. Raises BrokenContent."""
    node = read_yaml(path).child("answer_within_minutes")
    node.only(RISKS)
    levels = {risk: timedelta(minutes=node.child(risk).whole()) for risk in RISKS}
    for calmer, nearer in pairwise(RISKS):
        if levels[nearer] > levels[calmer]:
            raise node.child(nearer).broken(f"must not be longer than {calmer}")
    return levels


@cache
def service_levels() -> Levels:
    """The levels of this installation, read once."""
    return load_levels()
