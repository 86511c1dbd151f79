"""Articles given on: feeds, the sitemap, addresses and posters that name no topic."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree as ET

import pytest
from fastapi.testclient import TestClient

from bot.clock import ManualClock
from bot.rights.content import load_articles, load_titles
from bot.rights.feeds import ATOM, SITEMAP
from bot.rights.service import LONGEST_TITLE, neutral_title
from bot.rights.sharing import MOST_ENTRIES
from tests.counselling.test_wording import BLAME, DIRECTIVE, STIGMA, Line, hits
from tests.rights.test_pages import DAY, client

__all__ = ["client"]

BASE = "http://127.0.0.1:8080"
ARTICLES = load_articles()


def head(page: str) -> str:
    return page[: page.index("</head>")]


def test_the_feeds_hold_what_is_published_with_who_answers_for_it(client: TestClient) -> None:
    for lang in ("id", "en"):
        atom = ET.fromstring(client.get(f"/hak/feed.atom?lang={lang}").content)
        items = json.loads(client.get(f"/hak/feed.json?lang={lang}").content)["items"]
        urls = [entry.findtext(f"{{{ATOM}}}id") for entry in atom.findall(f"{{{ATOM}}}entry")]
        assert urls == [item["id"] for item in items]
        assert len(urls) == min(MOST_ENTRIES, len(ARTICLES))
        assert {item["authors"][0]["name"] for item in items} <= {
            "belum ditinjau lembaga",
            "not yet reviewed by an agency",
        }
        by_url = {item["url"]: item for item in items}
        for article in ARTICLES:
            item = by_url[f"{BASE}/hak/{article.slug}?lang={lang}"]
            assert (item["title"], item["content_text"]) == (
                article.words_in(lang).title,
                article.words_in(lang).short,
            )
            assert (article.open_question or "¤") not in json.dumps(item, ensure_ascii=False)


def test_the_list_says_where_its_feeds_are(client: TestClient) -> None:
    page = head(client.get("/hak?lang=en").text)
    assert 'type="application/atom+xml"' in page
    for address in re.findall(r'rel="alternate"[^>]+href="([^"]+)"', page):
        assert client.get(address).status_code == 200


def test_the_sitemap_names_every_article_and_nothing_that_hides_its_topic(client: TestClient) -> None:
    root = ET.fromstring(client.get("/sitemap.xml").content)
    found = {url.findtext(f"{{{SITEMAP}}}loc") for url in root.findall(f"{{{SITEMAP}}}url")}
    assert found == {f"{BASE}/hak", *(f"{BASE}/hak/{article.slug}" for article in ARTICLES)}
    assert client.get("/robots.txt").text.endswith(f"Sitemap: {BASE}/sitemap.xml\n")


@pytest.mark.parametrize("lang", ["id", "en"])
def test_the_neutral_page_holds_the_article_and_its_address_title_and_preview_say_nothing_of_it(
    client: TestClient, lang: str
) -> None:
    heads = set()
    for article in ARTICLES:
        address = f"/i/{article.code}?lang={lang}"
        answer = client.get(address)
        page, words = answer.text, article.words_in(lang)
        assert answer.status_code == 200
        assert str(answer.url).endswith(address), "nothing leads on to an address that names the topic"
        assert answer.headers["x-robots-tag"] == "noindex"
        assert f"<li>{words.steps[0]}" in page.replace("&#39;", "'").replace("&#34;", '"').replace("&amp;", "&")
        assert f"/hak/{article.slug}" not in page
        assert "og:image" not in page
        assert 'id="exit"' in page
        heads.add(head(page))
    assert len(heads) == 1, "the head of the page is the same for each topic"


def test_the_article_page_offers_the_neutral_address_the_code_and_the_poster(client: TestClient) -> None:
    page = client.get("/hak/visum?lang=id").text
    assert f"{BASE}/i/R08?lang=id" in page
    for address in re.findall(r'href="(/i/R08[^"]*)"', page):
        assert client.get(address).status_code == 200


def test_the_code_is_an_svg_without_scripts_that_holds_the_neutral_address(client: TestClient) -> None:
    answer = client.get("/i/R08/qr.svg?lang=en")
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert ET.fromstring(answer.content).tag.endswith("svg")
    assert b"script" not in answer.content
    assert answer.content != client.get("/i/R14/qr.svg?lang=en").content


def test_the_poster_is_one_sheet_with_the_code_the_address_and_who_answers_for_it(client: TestClient) -> None:
    page = client.get("/i/R08/poster?lang=id").text
    assert "<title>Informasi</title>" in page
    assert "Apa itu visum? Apakah gratis?" in page
    assert 'src="/i/R08/qr.svg?lang=id"' in page
    assert f">{BASE}/i/R08?lang=id<" in page
    assert "belum ditinjau lembaga" in page


def test_an_expired_article_is_in_no_feed_on_no_map_and_on_no_poster(client: TestClient, clock: ManualClock) -> None:
    clock.advance(400 * DAY)
    assert json.loads(client.get("/hak/feed.json").content)["items"] == []
    assert b"/hak/visum" not in client.get("/sitemap.xml").content
    for path in ("/i/R08/poster", "/i/R08/qr.svg"):
        assert client.get(path).status_code == 404
    page = client.get("/i/R08?lang=id").text
    assert ARTICLES[7].words["id"].short not in page
    assert "lewat" in page


@pytest.mark.parametrize("path", ["/i/R99", "/i/visum", "/i/x'--", "/i/R99/poster", "/i/R99/qr.svg"])
def test_an_unknown_code_is_a_friendly_404(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "<h1" in answer.text


def test_every_starter_has_a_neutral_title_that_fits_on_a_button_and_accuses_nobody() -> None:
    titles = load_titles()
    assert titles.keys() == {article.code for article in ARTICLES}
    for article in ARTICLES:
        for lang in ("id", "en"):
            title = neutral_title(article, lang)
            assert title == titles[article.code][lang]
            assert len(title) <= LONGEST_TITLE
            assert "?" not in title
            line = Line("", "", 1, lang, title, (), {})
            assert not [word for words in (BLAME, DIRECTIVE, STIGMA) for word in hits(line, words)]
            assert not re.search(r"\b(saya|aku|my|me)\b", title, re.IGNORECASE)
    assert len({pair["id"] for pair in titles.values()}) == len(titles)
