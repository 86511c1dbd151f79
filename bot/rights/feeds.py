"""What machines read of the published articles: Atom (RFC 4287), JSON Feed 1.1, sitemap, robots.txt. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.etree import ElementTree as ET

ATOM = "http://www.w3.org/2005/Atom"
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
XHTML = "http://www.w3.org/1999/xhtml"
CLOSED = ("/chat", "/desk", "/publish", "/note", "/i/", "/internal", "/telegram")
"""What a search engine has no business in: people's own pages, the staff's, and addresses that name no topic."""

_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Entry:
    """One published article; `mark`: the agency that answers for it, or that none does yet."""

    url: str
    title: str
    short: str
    mark: str
    lang: str
    changed_at: datetime


@dataclass(frozen=True)
class Feed:
    """The head of a feed: its own address, the page that it follows, words in its language."""

    url: str
    page: str
    title: str
    lang: str


def atom(feed: Feed, entries: Sequence[Entry], made_at: datetime) -> bytes:
    """The feed as Atom; `made_at` stands for the newest change where there is no entry."""
    ET.register_namespace("", ATOM)
    root = ET.Element(f"{{{ATOM}}}feed", {"{http://www.w3.org/XML/1998/namespace}lang": feed.lang})
    _add(root, ATOM, "id", feed.page)
    _add(root, ATOM, "title", feed.title)
    _add(root, ATOM, "updated", _moment(max((entry.changed_at for entry in entries), default=made_at)))
    ET.SubElement(root, f"{{{ATOM}}}link", {"rel": "self", "href": feed.url})
    ET.SubElement(root, f"{{{ATOM}}}link", {"href": feed.page})
    for entry in entries:
        item = ET.SubElement(root, f"{{{ATOM}}}entry", {"{http://www.w3.org/XML/1998/namespace}lang": entry.lang})
        _add(item, ATOM, "id", entry.url)
        _add(item, ATOM, "title", entry.title)
        _add(item, ATOM, "updated", _moment(entry.changed_at))
        _add(ET.SubElement(item, f"{{{ATOM}}}author"), ATOM, "name", entry.mark)
        ET.SubElement(item, f"{{{ATOM}}}link", {"href": entry.url})
        _add(item, ATOM, "summary", entry.short)
    return _xml(root)


def json_feed(feed: Feed, entries: Sequence[Entry]) -> bytes:
    """The same as JSON Feed."""
    return json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": feed.title,
            "home_page_url": feed.page,
            "feed_url": feed.url,
            "language": feed.lang,
            "items": [
                {
                    "id": entry.url,
                    "url": entry.url,
                    "title": entry.title,
                    "content_text": entry.short,
                    "date_modified": _moment(entry.changed_at),
                    "authors": [{"name": entry.mark}],
                    "language": entry.lang,
                }
                for entry in entries
            ],
        },
        ensure_ascii=False,
    ).encode()


def sitemap(pages: Iterable[tuple[str, datetime | None]], langs: Sequence[str]) -> bytes:
    """Addresses with the time of their last change; each page is there in each language."""
    ET.register_namespace("", SITEMAP)
    ET.register_namespace("xhtml", XHTML)
    root = ET.Element(f"{{{SITEMAP}}}urlset")
    for address, changed_at in pages:
        url = ET.SubElement(root, f"{{{SITEMAP}}}url")
        _add(url, SITEMAP, "loc", address)
        if changed_at is not None:
            _add(url, SITEMAP, "lastmod", _moment(changed_at))
        for lang in langs:
            other = {"rel": "alternate", "hreflang": lang, "href": f"{address}?lang={lang}"}
            ET.SubElement(url, f"{{{XHTML}}}link", other)
    return _xml(root)


def robots(base_url: str) -> str:
    """What search engines may read."""
    closed = "\n".join(f"Disallow: {path}" for path in CLOSED)
    return f"User-agent: *\n{closed}\n\nSitemap: {base_url}/sitemap.xml\n"


def _add(parent: ET.Element, space: str, name: str, text: str) -> None:
    # What XML can't hold would make the whole feed unreadable.
    ET.SubElement(parent, f"{{{space}}}{name}").text = _NOT_IN_XML.sub("", text)


def _xml(root: ET.Element) -> bytes:
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
