"""Reads the duties that can be planned as tasks, from data/handoff."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from bot.config import ROOT
from bot.content import Node, read_yaml
from bot.handoff.tasks.model import Duty

DUTIES = ROOT / "data" / "handoff" / "tasks.yml"


def load_duties(path: Path = DUTIES) -> Mapping[str, Duty]:
    """The duties by their code, in the order of the file. Raises BrokenContent."""
    node, found = read_yaml(path).child("duties"), dict[str, Duty]()
    for item in node.each():
        duty = _duty(item)
        if duty.code in found:
            raise item.child("code").broken("stands there twice")
        found[duty.code] = duty
    if not found:
        raise node.broken("names no duty")
    return found


def _duty(item: Node) -> Duty:
    item.only(("code", "law", "label"))
    return Duty(item.child("code").text(), item.child("law").text(), item.child("label").words())


@cache
def duties() -> Mapping[str, Duty]:
    """The duties of this installation, read once."""
    return load_duties()
