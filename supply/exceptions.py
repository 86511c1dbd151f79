"""Reads exceptions.yml: what may be found and is known, each with a reason and a day on which it is looked at again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bot.content import Node, read_yaml

FILE = Path(__file__).with_name("exceptions.yml")


@dataclass(frozen=True)
class KnownPart:
    """A part whose vulnerabilities are known: all of them where only the Rasa process loads it, else the one `id`."""

    package: str
    id: str
    reason: str
    until: date

    @property
    def only_in_rasa(self) -> bool:
        return not self.id


@dataclass(frozen=True)
class KnownSecret:
    """A line of a file that looks like a secret and is none."""

    file: str
    rule: str
    reason: str


@dataclass(frozen=True)
class Exceptions:
    """The whole file."""

    parts: tuple[KnownPart, ...]
    secrets: tuple[KnownSecret, ...]


def load_exceptions(file: Path = FILE) -> Exceptions:
    """Raises BrokenContent."""
    root = read_yaml(file)
    root.only({"vulnerabilities", "secrets"})
    return Exceptions(
        tuple(_part(node) for node in root.child("vulnerabilities").each()),
        tuple(_secret(node) for node in root.child("secrets").each()),
    )


def _part(node: Node) -> KnownPart:
    node.only({"package", "only_in", "id", "reason", "until"})
    in_rasa = "only_in" in node.keys() and bool(node.child("only_in").one_of(("rasa",)))  # noqa: SIM118  # no mapping
    return KnownPart(
        package=node.child("package").text(),
        id="" if in_rasa else node.child("id").text(),
        reason=node.child("reason").text(),
        until=date.fromisoformat(node.child("until").text()),
    )


def _secret(node: Node) -> KnownSecret:
    node.only({"file", "rule", "reason"})
    return KnownSecret(node.child("file").text(), node.child("rule").text(), node.child("reason").text())
