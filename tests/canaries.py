"""Words that may not be found anywhere on a machine, and the search for them."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from bot.backup.tables import all_tables
from bot.storage.unit_of_work import Database

PREFIX = "kenarirahasia"
"""How each made word begins: long enough to be looked for in every spelling before the words themselves are."""


class Canaries:
    """A fresh word for each place, and where each was found again."""

    def __init__(self) -> None:
        self.words: dict[str, str] = {}

    def word(self, place: str) -> str:
        """The word of a place: letters only, so that it passes as somebody's word."""
        letters = secrets.token_bytes(5).hex().translate(str.maketrans("0123456789", "ghijklmnop"))
        return self.words.setdefault(place, f"{PREFIX}{letters}")

    def add(self, place: str, word: str) -> str:
        """A word that is given, such as a number."""
        return self.words.setdefault(place, word)

    def found_in(self, name: str, content: bytes) -> list[str]:
        """Which of them are in some bytes, in whatever spelling a program would write them."""
        lower = content.lower()
        some = any(form in (content if how.startswith("base64") else lower) for how, form in _OF_ALL.items())
        return [
            f"{place} in {name} ({how})"
            for place, word in self.words.items()
            if some or not word.startswith(PREFIX)
            for how, form in _spellings(word).items()
            if form in (content if how.startswith("base64") else lower)
        ]

    def found_under(self, *folders: Path) -> list[str]:
        """The same for every file under some folders."""
        hits: list[str] = []
        for file in _files(folders):
            with suppress(FileNotFoundError):  # a running program takes temporary files away again
                hits += self.found_in(str(file), file.read_bytes())
        return hits

    def found_in_rows(self, db: Database) -> list[str]:
        """The same for each value of each row: what PostgreSQL has in its own files."""
        hits = []
        with db.engine.connect() as connection:
            for table in all_tables(connection):
                for row in connection.execute(table.select()).mappings():
                    for column, value in row.items():
                        content = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                        hits += self.found_in(f"{table.name}.{column}", content)
        return hits


def _spellings(word: str) -> Mapping[str, bytes]:
    plain = word.lower().encode()
    # Base64 has three alignments; the first and last letters of each depend on the neighbours.
    shifted = {f"base64 {gap}": base64.b64encode(b"\0" * gap + word.encode())[4:-4] for gap in range(3)}
    return {"plain": plain, "utf-16": word.lower().encode("utf-16-le"), "hex": plain.hex().encode(), **shifted}


_OF_ALL = _spellings(PREFIX)


def _files(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in folder.rglob("*") if path.is_file())
