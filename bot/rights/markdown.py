"""Markdown of articles as safe HTML: no raw HTML goes in, only a short list of elements comes out."""

from __future__ import annotations

from functools import cache

import nh3
from markdown_it import MarkdownIt

TAGS = {"p", "strong", "em", "ul", "ol", "li", "h2", "h3", "h4", "blockquote", "a", "br", "hr"}
TABLE_TAGS = {"table", "thead", "tbody", "tr", "th", "td"}


def to_html(text: str) -> str:
    """Render Markdown; first-level headings become second-level, since the page has its own title."""
    html = _renderer().render(text).replace("<h1>", "<h2>").replace("</h1>", "</h2>")
    return nh3.clean(
        html,
        tags=TAGS | TABLE_TAGS,
        attributes={"a": {"href"}, "*": set()},
        url_schemes={"https", "mailto", "tel"},
        link_rel="noopener noreferrer",
    )


@cache
def _renderer() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "typographer": False}).enable("table")
