"""Article text is inert, whoever wrote it."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from bot.rights.markdown import to_html


class Elements(HTMLParser):
    """Which elements and attributes a browser would see."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes.extend((name, value or "") for name, value in attrs)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html,<script>)",
        "![x](https://tracker.example/x.png)",
        "<a href='x' onclick='y'>z</a>",
        "<style>*{}</style>",
        '[x](https://a.example "\\" onmouseover=alert(1)")',
    ],
)
def test_nothing_active_or_foreign_comes_out(text: str) -> None:
    seen = Elements()
    seen.feed(to_html(text))
    assert not seen.names & {"script", "img", "style", "iframe", "svg"}
    for name, value in seen.attributes:
        assert name in {"href", "rel"}
        assert name != "href" or value.startswith("https://a.example")


def test_headings_lists_and_links_survive() -> None:
    html = to_html("# Judul\n\n- satu\n- [dua](https://contoh.id)\n")
    assert "<h2>Judul</h2>" in html
    assert '<a href="https://contoh.id" rel="noopener noreferrer">dua</a>' in html
