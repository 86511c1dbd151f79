"""The note as the desk shows it: each value with its words, its status and the message it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

DIMENSIONS = "dimensions"
BESIDE = {"address": "wants", "idea": "options", "plan": "options", "contact_rules": "contact"}
"""What the person said beside the six dimensions, and under which heading a worker looks for it."""


@dataclass(frozen=True)
class Item:
    """One line of the note. `number` is the message to jump to, with the span of the words in it.

    `closed`: there is such a message, and no consent opens it.
    """

    label: str
    words: str = ""
    status: str = ""
    origin: str = ""
    number: int | None = None
    start: int = 0
    end: int = 0
    closed: bool = False


@dataclass(frozen=True)
class Section:
    """A part of the note, by the name of its heading."""

    name: str
    items: tuple[Item, ...]


class NoteReader:
    """Reads the note's data; knows which messages are open, so that no link leads nowhere."""

    def __init__(self, lang: str, *, numbers: Mapping[str, int] = MappingProxyType({}), opens_after: int = 0) -> None:
        self._lang = lang
        self._numbers = numbers
        self._opens_after = opens_after

    def sections(self, note: Mapping[str, Any]) -> list[Section]:
        """The parts in the order in which a worker needs them; what the note lacks is left out."""
        told = [*_dicts([note.get("wants")]), *_dicts(note.get("dimensions"))]
        labels = {item.get("name"): self._text(item.get("label")) for item in told}
        said: dict[str, list[Mapping[str, Any]]] = {part: [] for part in (*BESIDE.values(), DIMENSIONS)}
        for entry in _dicts(note.get("dimensions")):
            said[BESIDE.get(str(entry.get("name")), DIMENSIONS)].append(entry)
        found = [
            Section("safe", self._items(note.get("safe"))),
            Section("contact", self._items(said["contact"])),
            Section("do_not_ask", tuple(Item(labels.get(name, str(name))) for name in note.get("do_not_ask") or ())),
            Section("wants", (*self._items(said["wants"]), *self._items(note.get("wants")))),
            Section(DIMENSIONS, self._items(said[DIMENSIONS])),
            Section("options", (*self._options(note.get("options")), *self._items(said["options"]))),
            Section("consents", self._items(note.get("consents"))),
        ]
        return [section for section in found if section.items]

    def _items(self, value: Any) -> tuple[Item, ...]:
        if value is None or value == "":
            return ()
        if isinstance(value, Mapping) and not {"status", "words", "label", "to"} & set(value):
            return tuple(Item(str(name), status=str(inner)) for name, inner in value.items() if inner is not None)
        entries = value if isinstance(value, list | tuple) else [value]
        return tuple(self._item(entry) for entry in entries)

    def _options(self, value: Any) -> tuple[Item, ...]:
        """Options as a list of entries, or as the codes that were shown, declined and chosen."""
        if not isinstance(value, Mapping) or "shown" not in value:
            return self._items(value)
        chosen, declined = value.get("chosen"), set(value.get("declined") or ())
        codes = dict.fromkeys([*value["shown"], *declined, *([chosen] if chosen else [])])
        return tuple(
            Item(
                str(code).replace("_", " "),
                status="chosen" if code == chosen else "rejected" if code in declined else "shown",
            )
            for code in codes
        )

    def _item(self, entry: Any) -> Item:
        if not isinstance(entry, Mapping):
            return Item("", status=str(entry))
        origin = entry.get("origin")
        origin = origin if isinstance(origin, Mapping) else {}
        kind = str(origin.get("kind") or "client_words")
        words = entry.get("words")
        number = self._numbers.get(str(origin.get("message") or ""))
        closed = number is not None and number <= self._opens_after
        return Item(
            label=self._text(entry.get("label") or entry.get("to") or ""),
            words=self._text(words or entry.get("purpose") or ""),
            status=str(entry.get("status") or entry.get("until") or ""),
            origin=kind if words else "",
            number=None if closed else number,
            start=int(origin.get("start") or 0),
            end=int(origin.get("end") or 0),
            closed=closed,
        )

    def _text(self, value: Any) -> str:
        if isinstance(value, Mapping):
            return str(value.get(self._lang) or value.get("id") or "")
        return "" if value is None else str(value)


def _dicts(value: Any) -> list[Mapping[str, Any]]:
    return [entry for entry in value or () if isinstance(entry, Mapping)]


def origins_of(value: Any) -> Iterator[str]:
    """The ids of the messages that the values of a note come from."""
    if isinstance(value, Mapping):
        origin = value.get("origin")
        if isinstance(origin, Mapping) and origin.get("message"):
            yield str(origin["message"])
        for inner in value.values():
            yield from origins_of(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from origins_of(inner)
