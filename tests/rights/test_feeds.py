"""Feeds and the sitemap as machines read them, also of awkward texts."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from bot.rights.feeds import ATOM, SITEMAP, Entry, Feed, atom, json_feed, robots, sitemap

AT = datetime(2026, 11, 30, 23, 5, 1, tzinfo=UTC)
FEED = Feed("https://contoh.id/hak/feed.atom?lang=id", "https://contoh.id/hak?lang=id", "Hak", "id")
AWKWARD = "<script>&amp;\"'\x00\x0b\ud800 🙂 ]]>"
ENTRY = Entry("https://contoh.id/hak/visum?lang=id", AWKWARD, AWKWARD, "UPTD <PPA>", "id", AT)


def test_awkward_text_is_text_in_atom_and_what_xml_cannot_hold_is_left_out() -> None:
    (entry,) = ET.fromstring(atom(FEED, [ENTRY], AT)).findall(f"{{{ATOM}}}entry")
    kept = "<script>&amp;\"' 🙂 ]]>"
    assert entry.findtext(f"{{{ATOM}}}title") == kept
    assert entry.findtext(f"{{{ATOM}}}summary") == kept
    assert entry.findtext(f"{{{ATOM}}}author/{{{ATOM}}}name") == "UPTD <PPA>"
    assert entry.findtext(f"{{{ATOM}}}updated") == "2026-11-30T23:05:01Z"


def test_a_feed_without_articles_is_still_a_feed() -> None:
    root = ET.fromstring(atom(FEED, [], AT))
    assert root.findtext(f"{{{ATOM}}}updated") == "2026-11-30T23:05:01Z"
    assert root.findall(f"{{{ATOM}}}entry") == []
    assert json.loads(json_feed(FEED, []))["items"] == []


def test_json_feed_holds_the_same() -> None:
    entry = Entry(ENTRY.url, "Visum", "Laporan dokter.", "UPTD PPA", "id", AT)
    feed = json.loads(json_feed(FEED, [entry]))
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["items"] == [
        {
            "id": ENTRY.url,
            "url": ENTRY.url,
            "title": "Visum",
            "content_text": "Laporan dokter.",
            "date_modified": "2026-11-30T23:05:01Z",
            "authors": [{"name": "UPTD PPA"}],
            "language": "id",
        }
    ]


def test_the_sitemap_names_each_page_once_with_its_languages() -> None:
    root = ET.fromstring(sitemap([("https://contoh.id/hak", None), ("https://contoh.id/hak/visum", AT)], ("id", "en")))
    urls = root.findall(f"{{{SITEMAP}}}url")
    assert [url.findtext(f"{{{SITEMAP}}}loc") for url in urls] == [
        "https://contoh.id/hak",
        "https://contoh.id/hak/visum",
    ]
    assert [url.findtext(f"{{{SITEMAP}}}lastmod") for url in urls] == [None, "2026-11-30T23:05:01Z"]
    assert [link.get("hreflang") for link in urls[1][2:]] == ["id", "en"]


def test_robots_are_kept_out_of_chats_the_desk_and_addresses_that_hide_a_topic() -> None:
    text = robots("https://contoh.id")
    for path in ("/chat", "/desk", "/publish", "/note", "/i/"):
        assert f"Disallow: {path}\n" in text
    assert "Disallow: /hak" not in text
    assert text.endswith("Sitemap: https://contoh.id/sitemap.xml\n")
