"""The emergency numbers that every client page can show, read from the services data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.config import ROOT
from bot.content import read_yaml

SERVICES = ROOT / "data" / "services" / "national.yml"


@dataclass(frozen=True)
class Contact:
    """An emergency number with what it is for, per language."""

    number: str
    does: Mapping[str, str]


def load_contacts(path: Path = SERVICES) -> tuple[Contact, ...]:
    """The services marked `always_shown`, in the order of the file. Raises BrokenContent."""
    entries = read_yaml(path).value
    return tuple(Contact(entry["contact"]["tel"], entry["does"]) for entry in entries if entry["always_shown"])
