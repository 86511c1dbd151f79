"""Reads content files that people edit; whatever is wrong in one is said with file, line, field and what."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bot.lined import BadYaml, LinedList, LinedMap, load_yaml

LANGS = ("id", "en")


class BrokenContent(Exception):
    """A content file is wrong: `file`, `line`, `field` and `what`, in one line for the person who edits it."""

    def __init__(self, file: Path, line: int, field: str, what: str) -> None:
        super().__init__(f"{file}:{line}: {field}: {what}" if field else f"{file}:{line}: {what}")
        self.file = file
        self.line = line
        self.field = field
        self.what = what


@dataclass(frozen=True)
class Node:
    """A value of a YAML file that knows where it stands (`line` counts from 1, `field` is its dotted path)."""

    file: Path
    line: int
    field: str
    value: Any
    first_line: int = 0

    def broken(self, what: str) -> BrokenContent:
        """The error to raise when this value is wrong."""
        return BrokenContent(self.file, self.line, self.field, what)

    def find(self, key: str) -> Node | None:
        """The value under `key`, or None where it is absent or null."""
        mapping = self._mapping()
        if mapping.get(key) is None:
            return None
        return Node(self.file, self._line_of(mapping, key), self._path(key), mapping[key], self.first_line)

    def child(self, key: str) -> Node:
        """The value under `key`. Raises BrokenContent where it is absent or null."""
        found = self.find(key)
        if found is not None:
            return found
        mapping = self._mapping()
        line = self._line_of(mapping, key) if key in mapping else self.line
        raise BrokenContent(self.file, line, self._path(key), "is missing")

    def keys(self) -> list[str]:
        """The names in this mapping, in the order of the file."""
        return [str(key) for key in self._mapping()]

    def only(self, allowed: Collection[str]) -> None:
        """Raises BrokenContent for the first name that nobody reads, so that a slip of the pen is noticed."""
        mapping = self._mapping()
        for key in mapping:
            if key not in allowed:
                raise BrokenContent(
                    self.file, self._line_of(mapping, key), self._path(str(key)), "is not a known field"
                )

    def each(self) -> Iterator[Node]:
        """The items of this list."""
        if not isinstance(self.value, LinedList):
            raise self.broken("must be a list")
        for index, item in enumerate(self.value):
            line = self.first_line + self.value.lines[index]
            yield Node(self.file, line, self._path(str(index)), item, self.first_line)

    def text(self) -> str:
        """A text that is not empty."""
        if not isinstance(self.value, str) or not self.value.strip():
            raise self.broken("must be a text that is not empty")
        return str(self.value)

    def texts(self) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(item.text() for item in self.each())

    def whole(self) -> int:
        """A whole number above zero."""
        if isinstance(self.value, bool) or not isinstance(self.value, int) or self.value < 1:
            raise self.broken("must be a whole number above zero")
        return int(self.value)

    def yes(self) -> bool:
        """true or false."""
        if not isinstance(self.value, bool):
            raise self.broken("must be true or false")
        return self.value

    def day(self) -> date:
        """A date, written 2026-11-21, in quotation marks or not."""
        if isinstance(self.value, str):
            with suppress(ValueError):
                return date.fromisoformat(self.value)
        if not isinstance(self.value, date):
            raise self.broken("must be a date such as 2026-11-21")
        return self.value

    def one_of(self, allowed: Collection[str]) -> str:
        """One of the allowed texts."""
        if self.value not in allowed:
            raise self.broken(f"must be one of {', '.join(allowed)}")
        return str(self.value)

    def words(self) -> Mapping[str, str]:
        """The same text in every language: {id: …, en: …}."""
        return {lang: self.child(lang).text() for lang in LANGS}

    def _mapping(self) -> LinedMap:
        if not isinstance(self.value, LinedMap):
            raise self.broken("must be a mapping of names to values")
        return self.value

    def _line_of(self, mapping: LinedMap, key: Any) -> int:
        return self.first_line + mapping.lines[key]

    def _path(self, key: str) -> str:
        return f"{self.field}.{key}" if self.field else key


def read_yaml(path: Path) -> Node:
    """A YAML file as a node. Raises BrokenContent."""
    return parse_yaml(path, _read(path))


def read_front_matter(path: Path) -> tuple[Node, str, int]:
    """A Markdown file with YAML between two `---` lines: the YAML, the Markdown, the line where the latter begins."""
    return parse_front_matter(path, _read(path))


def parse_front_matter(path: Path, text: str) -> tuple[Node, str, int]:
    """The same for a text that came with this name. Raises BrokenContent."""
    lines = text.splitlines(keepends=True)
    if not lines or lines[0].strip() != "---":
        raise BrokenContent(path, 1, "", "must begin with a line ---")
    end = next((n for n, line in enumerate(lines[1:], 1) if line.strip() == "---"), None)
    if end is None:
        raise BrokenContent(path, len(lines), "", "the opening --- is never closed")
    return parse_yaml(path, "".join(lines[1:end]), first_line=1), "".join(lines[end + 1 :]).strip(), end + 2


def parse_yaml(path: Path, text: str, *, first_line: int = 0) -> Node:
    """YAML text of `path` that begins after `first_line` lines. Raises BrokenContent."""
    try:
        value = load_yaml(text)
    except BadYaml as error:
        raise BrokenContent(path, first_line + error.line, "", error.what) from None
    if value is None:
        raise BrokenContent(path, first_line + 1, "", "is empty")
    return Node(path, first_line + 1, "", value, first_line)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BrokenContent(path, 1, "", "is not there") from None
    except UnicodeDecodeError as error:
        raise BrokenContent(path, error.object[: error.start].count(b"\n") + 1, "", "must be UTF-8") from None
