"""Reads data/retention.yml; a wrong one is named with file, line and field."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from bot.config import ROOT
from bot.content import Node, read_yaml
from bot.retention.model import Kind, Retention, Rule, Stays

FILE = ROOT / "data" / "retention.yml"


def load_retention(path: Path = FILE) -> Retention:
    """The rules. Raises BrokenContent, also where a kind is missing or a table stands twice."""
    node = read_yaml(path)
    node.only(("kinds", "stays"))
    kinds = node.child("kinds")
    kinds.only(list(Kind))
    seen: set[str] = set()
    rules = {kind: _rule(kinds.child(kind), seen) for kind in Kind}
    stays = tuple(_stays(item, seen) for item in node.child("stays").each())
    return Retention(rules, stays)


def _rule(node: Node, seen: set[str]) -> Rule:
    node.only(("days", "after", "why", "tables"))
    return Rule(
        keep=timedelta(days=node.child("days").whole()),
        after=node.child("after").text(),
        why=node.child("why").text(),
        tables=_tables(node.child("tables"), seen),
    )


def _stays(node: Node, seen: set[str]) -> Stays:
    node.only(("tables", "why"))
    return Stays(_tables(node.child("tables"), seen), node.child("why").text())


def _tables(node: Node, seen: set[str]) -> tuple[str, ...]:
    names = node.texts()
    for item, name in zip(node.each(), names, strict=True):
        if name in seen:
            raise item.broken(f"{name} stands somewhere else already")
        seen.add(name)
    return names
