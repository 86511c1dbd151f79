"""The public rights pages."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from bot.clock import ManualClock
from bot.config import Settings
from bot.rights.content import load_articles
from bot.rights.pages import rights_router
from bot.storage.unit_of_work import Database
from bot.web.shell import make_web

DAY = 86_400


@pytest.fixture
def client(library: Database) -> Iterator[TestClient]:
    settings = Settings(_env_file=None)
    web = make_web(settings)
    app = FastAPI()
    app.include_router(rights_router(library, web, settings))
    web.install(app)
    with TestClient(app, headers={"accept": "text/html", "accept-language": "id"}) as client:
        yield client


def test_the_list_names_every_article_under_a_theme(client: TestClient) -> None:
    page = client.get("/hak").text
    for article in load_articles():
        assert f'href="/hak/{article.slug}?lang=id"' in page
    assert "Kekerasan di rumah" in page
    assert 'id="exit"' in page


def test_the_search_works_by_a_plain_form(client: TestClient) -> None:
    page = client.get("/hak", params={"q": "visum bayar ga"}).text
    assert page.index("/hak/visum?") < page.index("Semua topik")
    assert 'value="visum bayar ga"' in page


def test_a_search_without_an_answer_says_so_and_offers_the_chat(client: TestClient) -> None:
    page = client.get("/hak", params={"q": "resep opor ayam"}).text
    assert "Belum ada jawaban" in page
    assert 'href="/chat?lang=id"' in page


def test_what_was_asked_is_shown_as_text_only(client: TestClient) -> None:
    page = client.get("/hak", params={"q": '"><script>alert(1)</script>'}).text
    assert "<script>alert" not in page


@pytest.mark.parametrize("lang", ["id", "en"])
def test_every_article_page_holds_what_a_reader_needs(client: TestClient, lang: str) -> None:
    for article in load_articles():
        answer = client.get(f"/hak/{article.slug}", params={"lang": lang})
        page = answer.text
        words = article.words_in(lang)
        assert answer.status_code == 200
        assert len(answer.content) < 100_000
        assert f'<html lang="{lang}">' in page
        for citation in article.citations:
            assert citation.law in page
        assert ("Belum ditinjau lembaga" if lang == "id" else "Not yet reviewed by an agency") in page
        assert page.count("<li>") >= len(words.steps) + len(words.limits) + len(words.who)
        assert (article.open_question or "¤") not in page


def test_pages_ask_nobody_else_for_anything(client: TestClient) -> None:
    for path in ("/hak", "/hak/visum"):
        page = client.get(path).text
        loaded = re.findall(r'<(?:script|link|img|iframe|form)[^>]+(?:src|href|action)="([^"]+)"', page)
        assert loaded
        assert all(address.startswith("/") for address in loaded)
        assert not [inline for inline in ("<style", " style=", "<script>") if inline in page]


def test_deadlines_are_given_in_the_language_of_the_page(client: TestClient) -> None:
    assert "<dd>6 bulan</dd>" in client.get("/hak/withdraw-complaint?lang=id").text
    assert "<dd>6 months</dd>" in client.get("/hak/withdraw-complaint?lang=en").text


def test_a_step_that_cannot_be_undone_is_marked(client: TestClient) -> None:
    for slug in ("withdraw-complaint", "pregnancy-from-rape"):
        assert "tidak bisa ditarik kembali" in client.get(f"/hak/{slug}").text
    assert "tidak bisa ditarik kembali" not in client.get("/hak/visum").text


def test_an_expired_article_shows_only_the_referral(client: TestClient, clock: ManualClock) -> None:
    visum = next(article for article in load_articles() if article.slug == "visum")
    clock.advance(400 * DAY)
    page = client.get("/hak/visum").text
    assert visum.words["id"].short not in page
    assert visum.words["id"].steps[0] not in page
    assert visum.words["id"].who[0] in page
    assert "lewat" in page
    assert "menunggu pembaruan" in client.get("/hak").text


def test_an_unknown_article_is_a_friendly_404(client: TestClient) -> None:
    answer = client.get("/hak/no-such-thing")
    assert answer.status_code == 404
    assert "<h1" in answer.text


def test_an_article_without_translation_says_so_and_marks_its_language(client: TestClient) -> None:
    article = next(article for article in load_articles() if "en" not in article.words)
    page = client.get(f"/hak/{article.slug}?lang=en").text
    assert "only available in Indonesian" in page
    assert '<h1 lang="id">' in page
    assert '<ol lang="id">' in page
