"""The words of the pages: both languages of everything, and the language that was asked for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.requests import Request

from bot.content import BrokenContent
from bot.web.i18n import FOLDER, LANGS, TextsError, choose_lang, load_texts
from bot.web.shell import TEMPLATES


def _request(query: str = "", accept: str = "") -> Request:
    headers = [(b"accept-language", accept.encode())] if accept else []
    return Request({"type": "http", "query_string": query.encode(), "headers": headers})


@pytest.mark.parametrize(
    ("query", "accept", "lang"),
    [
        ("", "", "id"),
        ("lang=en", "", "en"),
        ("lang=id", "en", "id"),
        ("lang=xx", "en-GB,en;q=0.9", "en"),
        ("", "id-ID,id;q=0.9,en;q=0.8", "id"),
        ("", "in-ID", "id"),
        ("", "jv, en;q=0.5", "en"),
        ("", "fr, de", "id"),
        ("", ";;,,", "id"),
    ],
)
def test_the_language_is_the_asked_one_then_the_browsers_then_indonesian(query: str, accept: str, lang: str) -> None:
    assert choose_lang(_request(query, accept)) == lang


def test_a_text_without_one_of_the_languages_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "area.yml").write_text('greeting: {id: "Halo"}\n')
    with pytest.raises(TextsError, match=r"area\.yml: greeting has no text in en"):
        load_texts(tmp_path)


def test_a_file_that_is_not_yaml_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "area.yml").write_text('greeting: {id: "Halo", en: "Hello"}\nbye: [\n')
    with pytest.raises(BrokenContent, match=r"area\.yml:3: "):
        load_texts(tmp_path)


def test_a_key_that_nobody_wrote_is_an_error_and_no_blank() -> None:
    with pytest.raises(KeyError):
        load_texts()("id", "chat.nothing")


def test_every_key_that_a_page_uses_exists() -> None:
    used = {key for path in TEMPLATES.rglob("*.html") for key in re.findall(r"\bt\('([\w.]+)'[,)]", path.read_text())}
    assert used
    assert used - set(load_texts()) == set()


def test_both_languages_have_the_same_blanks_to_fill() -> None:
    texts = load_texts()
    for key in texts:
        blanks = {lang: sorted(re.findall(r"{\w+}", texts(lang, key))) for lang in LANGS}
        assert blanks["id"] == blanks["en"], key


def test_every_area_has_one_file() -> None:
    assert {path.stem for path in FOLDER.glob("*.yml")} >= {"common", "public", "chat"}
