"""Content files: what is right loads, what is wrong is named with file, line and field."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from bot.content import BrokenContent, read_yaml
from bot.rights.content import load_article, load_articles, load_services
from bot.rights.model import Article, by_theme
from tests.rights.conftest import ARTICLE

SERVICE = """- code: S1
  name: "Layanan"
  kind: hotline
  contact: {tel: "1", wa: null, web: null}
  hours: {id: "24 jam", en: "24 hours"}
  does: {id: "Menolong", en: "Helps"}
  categories: [other]
  always_shown: false
  tested_on: null
  tested_by: null
  expires_after_days: 60
  reports_to_police: "no"
  confidence: A
"""


def line_of(text: str, start: str) -> int:
    return next(n for n, line in enumerate(text.splitlines(), 1) if line.startswith(start))


NEVER_SAID = (
    r"sebaiknya", r"seharusnya", r"anda harus", r"harus anda", r"kamu harus", r"wajib anda", r"segera(?:lah)? lapor",
    r"(?<!tidak bisa )dijamin", r"pasti (?:aman|dihukum|menang)", r"you should", r"you ought", r"recommend",
    r"(?<!cannot be )guarantee[ds]?", r"denda", r"\d+ tahun penjara", r"penjara (?:paling lama )?\d",
    r"fined?", r"years in prison",
)  # fmt: skip
"""Nobody is told what to do or promised anything, and neither prison terms nor fines are named."""

ONE_MESSAGE = 700
"""Characters of a short answer that is read on a phone at a glance; Telegram takes 4096."""


def test_every_article_of_the_repository_is_right() -> None:
    articles = load_articles()
    codes = {article.code for article in articles}
    for article in articles:
        assert article.words["id"].questions
        assert article.words["id"].body
        assert not article.adopted or article.reviewer
        assert article.code not in article.related
        assert article.valid_until > article.compiled_on
        assert set(article.related) <= codes
    assert codes == {f"R{number:02}" for number in range(1, 43)}


def test_what_people_ask_most_is_there_in_english_too() -> None:
    assert sum("en" in article.words for article in load_articles()) >= 15


@pytest.mark.parametrize("article", load_articles(), ids=lambda article: article.code)
def test_an_article_tells_nobody_what_to_do_and_fits_one_message(article: Article) -> None:
    for words in article.words.values():
        assert len(words.short) <= ONE_MESSAGE
        assert 8 <= len(words.questions) <= 12
        told = "\n".join((words.title, words.short, *words.steps, *words.limits, words.body))
        said = [word for word in NEVER_SAID if re.search(rf"(?<!\w){word}(?!\w)", told, re.IGNORECASE)]
        assert said == []


def test_no_question_stands_in_two_articles() -> None:
    asked = Counter(
        question.lower()
        for article in load_articles()
        for words in article.words.values()
        for question in words.questions
    )
    assert [question for question, times in asked.items() if times > 1] == []


def test_every_article_has_a_theme() -> None:
    assert "more" not in by_theme(load_articles())


def test_every_service_of_the_repository_is_right() -> None:
    services = load_services()
    assert {service.tel for service in services if service.always_shown} == {"110", "112", "119"}


def test_an_article_loads_with_all_it_holds(folder: Path) -> None:
    (article,) = load_articles(folder)
    assert (article.code, article.slug, article.words["id"].steps) == ("R90", "a-topic", ("Minta izin.",))
    assert article.words["id"].body == "Zebra adalah hewan yang butuh **izin**."
    assert article.words_in("en").title == article.words["id"].title


@pytest.mark.parametrize(
    ("wrong", "right", "line", "field", "what"),
    [
        ("code: 7", "code: R90", "code", "code", "must be a text"),
        ("slug: Not_A_Slug", "slug: a-topic", "slug", "slug", "must be small letters"),
        ("adopted: perhaps", "adopted: false", "adopted", "adopted", "must be true or false"),
        ("valid_until: soon", "valid_until: 2027-05-01", "valid_until", "valid_until", "must be a date"),
        ("validuntil: 2027-05-01", "valid_until: 2027-05-01", "validuntil", "validuntil", "is not a known field"),
        ("citations: []", None, "citations", "citations", "must name at least one source"),
        ("topics: a-topic", "topics: [a-topic]", "topics", "topics", "must be a list"),
        ("  title: ''", '  title: "Bolehkah saya memelihara zebra?"', "  title", "id.title", "must be a text"),
        ("  step: [x]", '  steps: ["Minta izin."]', "  step", "id.step", "is not a known field"),
        (
            '- {label: {id: "Mengadu"}, within: "6 bulan"}',
            '- {label: {id: "Mengadu", en: "Filing"}, within: "6 bulan", runs_for: client}',
            "- {label",
            "deadlines.0.label.en",
            "is missing",
        ),
    ],
)
def test_a_wrong_article_is_named_with_file_line_field_and_what(
    folder: Path, wrong: str, right: str | None, line: str, field: str, what: str
) -> None:
    if right is None:
        begin = ARTICLE.index("citations:")
        right = ARTICLE[begin : ARTICLE.index("\nid:", begin)]
    text = ARTICLE.replace(right, wrong)
    path = folder / "R90-a-topic.md"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BrokenContent) as raised:
        load_articles(folder)
    error = raised.value
    assert (error.file, error.line, error.field) == (path, line_of(text, line), field)
    assert what in error.what
    assert str(error).startswith(f"{path}:{error.line}: {field}: ")


def test_a_missing_field_is_named(folder: Path) -> None:
    path = folder / "R90-a-topic.md"
    path.write_text(ARTICLE.replace("author: Somebody\n", ""), encoding="utf-8")
    with pytest.raises(BrokenContent, match=r"author: is missing"):
        load_article(path)


def test_an_adopted_article_needs_agency_and_review(folder: Path) -> None:
    path = folder / "R90-a-topic.md"
    path.write_text(ARTICLE.replace("adopted: false", "adopted: true"), encoding="utf-8")
    with pytest.raises(BrokenContent, match="agency: must be filled"):
        load_article(path)


def test_an_article_without_text_is_refused(folder: Path) -> None:
    path = folder / "R90-a-topic.md"
    path.write_text(ARTICLE[: ARTICLE.rindex("Zebra adalah")], encoding="utf-8")
    with pytest.raises(BrokenContent, match="body: is missing"):
        load_article(path)


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("no front matter", 1, "must begin with"),
        ("---\ncode: R90\n", 2, "never closed"),
        ("---\ncode: R90\nslug: [a\n---\nText\n", 4, "expected"),
        ("---\ncode: R90\ncode: R91\n---\nText\n", 3, "is there twice"),
    ],
)
def test_a_file_that_is_not_yaml_is_named_with_its_line(folder: Path, text: str, line: int, what: str) -> None:
    path = folder / "R90-a-topic.md"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BrokenContent) as raised:
        load_articles(folder)
    assert raised.value.line == line
    assert what in raised.value.what


def test_a_code_used_twice_is_refused(folder: Path) -> None:
    (folder / "R91-other.md").write_text(ARTICLE.replace("slug: a-topic", "slug: other"), encoding="utf-8")
    with pytest.raises(BrokenContent, match=r"code: is taken by R90-a-topic\.md"):
        load_articles(folder)


def test_a_file_that_is_not_utf_8_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "x.yml"
    path.write_bytes(b"a: 1\nb: \xff\n")
    with pytest.raises(BrokenContent) as raised:
        read_yaml(path)
    assert (raised.value.line, raised.value.what) == (2, "must be UTF-8")


@pytest.mark.parametrize(
    ("right", "wrong", "field", "what"),
    [
        ("kind: hotline", "kind: oracle", "0.kind", "must be one of"),
        ("expires_after_days: 60", "expires_after_days: 0", "0.expires_after_days", "whole number"),
        ('contact: {tel: "1", wa: null, web: null}', "contact: {fax: 7}", "0.contact.fax", "not a known field"),
        ('reports_to_police: "no"', "reports_to_police: false", "0.reports_to_police", "must be one of"),
    ],
)
def test_a_wrong_service_is_named(tmp_path: Path, right: str, wrong: str, field: str, what: str) -> None:
    text = SERVICE.replace(right, wrong)
    (tmp_path / "national.yml").write_text(text, encoding="utf-8")
    with pytest.raises(BrokenContent) as raised:
        load_services(tmp_path)
    assert raised.value.field == field
    assert raised.value.line == line_of(text, f"  {wrong.split(':')[0]}")
    assert what in raised.value.what
