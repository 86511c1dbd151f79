"""Reads what a chat page shows, like somebody who looks at it."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class SeenLine:
    """One line of the page; `buttons` are pairs of title and payload."""

    kind: str
    text: str = ""
    who: str = ""
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[SeenLine] = []
        self._into = ""
        self._payload = ""
        self._in_template = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        marks = dict(attrs)
        classes = (marks.get("class") or "").split()
        if tag == "template":
            self._in_template = True
        if self._in_template:
            return
        kinds = [
            name.removeprefix("line--") for name in classes if name.startswith("line--") and name != "line--unkept"
        ]
        if tag == "li" and kinds:
            self.lines.append(SeenLine(kinds[0]))
        self._into = next((name for name in ("bubble", "line__who", "answer") if name in classes), "")
        if self._into == "answer":
            self._payload = marks["value"] or ""

    def handle_endtag(self, tag: str) -> None:
        self._into = ""
        if tag == "template":
            self._in_template = False

    def handle_data(self, data: str) -> None:
        if self._into == "bubble":
            self.lines[-1].text += data
        elif self._into == "line__who":
            self.lines[-1].who += data
        elif self._into == "answer":
            self.lines[-1].buttons.append((data, self._payload))


def lines_of(html: str) -> list[SeenLine]:
    """The lines of a chat page, oldest first."""
    reader = _Reader()
    reader.feed(html)
    return reader.lines
