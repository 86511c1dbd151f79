"""What is said about an article's words: what stops it, what could be plainer, and what changed between versions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from starlette.datastructures import FormData

from bot.rights.content import load_articles
from bot.rights.model import Article, Deadline
from bot.rights.publishing.checks import problems
from bot.rights.publishing.diff import changes
from bot.rights.publishing.files import read_article
from bot.rights.publishing.forms import BadForm, read_form
from bot.rights.publishing.plain import forbidden, harder_than_needed, plain_rules
from tests.rights.conftest import ARTICLE

TODAY = date(2026, 11, 21)
RULES = plain_rules()


@pytest.fixture
def article() -> Article:
    return replace(read_article("x.md", ARTICLE.encode()).article, deadlines=())


def told(article: Article, **words: object) -> Article:
    return replace(article, words={"id": replace(article.words["id"], **words)})


def rules_of(article: Article) -> list[tuple[str, str]]:
    return [(found.rule, found.words) for found in harder_than_needed(article, RULES)]


def test_a_long_sentence_is_marked_and_citations_do_not_count(article: Article) -> None:
    long = "Anda boleh " + "sekali " * 24 + "saja."
    assert [rule for rule, _ in rules_of(told(article, short=long))] == ["long"]
    cited = "Anda boleh meminta (UU 1/2000 Pasal 1 ayat (1), Pasal 2 " + "dan Pasal 3 " * 20 + ")."
    assert rules_of(told(article, short=cited)) == []


def test_passive_after_passive_is_marked_with_the_verbs(article: Article) -> None:
    found = harder_than_needed(told(article, short="Laporan diterima, diperiksa, lalu diteruskan."), RULES)
    assert [(item.rule, item.instead) for item in found] == [("passive", "diterima, diperiksa, diteruskan")]
    assert rules_of(told(article, short="Dia di dinas sosial; dirinya diam di dinding.")) == []


def test_jargon_comes_with_other_words(article: Article) -> None:
    found = harder_than_needed(told(article, body="Restitusinya diajukan; restitusi lagi."), RULES)
    assert [(item.field, item.words, item.instead) for item in found] == [
        ("id.body", "Restitusinya", "ganti kerugian dari pelaku")
    ]


def test_a_deadline_of_the_client_that_the_short_answer_leaves_out_is_marked(article: Article) -> None:
    months, hours = Deadline({"id": "Lapor", "en": "Report"}, "6 bulan"), Deadline({"id": "IGD", "en": "ER"}, "72 jam")
    agency = Deadline({"id": "Polisi", "en": "Police"}, "7 hari", "agency")
    hurried = replace(told(article, short="Anda boleh mengadu dalam 6 bulan."), deadlines=(months, hours, agency))
    assert rules_of(hurried) == [("deadline", "72 jam")]


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("Sebaiknya lapor.", "directive"),
        ("You should report.", "directive"),
        ("Anda pasti aman.", "promise"),
        ("Pelaku dipenjara 5 tahun penjara.", "punishment"),
        ("Ada denda.", "punishment"),
    ],
)
def test_directives_promises_and_punishments_stop_an_article(article: Article, words: str, rule: str) -> None:
    for field in ("title", "short", "body"):
        assert [found.rule for found in forbidden(told(article, **{field: words}), RULES)] == [rule]


def test_no_starter_is_stopped() -> None:
    stopped = {article.code: problems(article, TODAY, RULES) for article in load_articles()}
    assert {code: found for code, found in stopped.items() if found} == {}


def test_what_is_missing_is_named(article: Article) -> None:
    bare = replace(told(article, title="", questions=(), steps=(), body="", short="x" * 701), citations=())
    found = {(item.field, item.rule) for item in problems(replace(bare, valid_until=TODAY), TODAY, RULES)}
    assert found == {
        *(("citations", "missing"), ("valid_until", "over"), ("id.title", "missing"), ("id.steps", "missing")),
        *(("id.questions", "few"), ("id.short", "too_long"), ("id.body", "missing")),
    }
    far = replace(article, valid_until=TODAY + timedelta(days=800), regions=("Aceh",))
    assert {(item.field, item.rule) for item in problems(far, TODAY, RULES)} >= {
        ("valid_until", "too_far"),
        ("regions", "no_region"),
    }


def test_a_diff_shows_words_that_came_and_went(article: Article) -> None:
    later = replace(told(article, short="Zebra tidak boleh dipelihara tanpa izin."), valid_until=date(2027, 6, 1))
    found = {
        changed.field: [(piece.kind, piece.text) for piece in changed.pieces] for changed in changes(article, later)
    }
    assert set(found) == {"id.short", "valid_until"}
    assert ("in", "tidak ") in found["id.short"] or ("in", " tidak") in found["id.short"]
    assert ("out", "dengan") in found["id.short"]


def test_a_text_that_was_written_anew_is_shown_beside_the_old_one(article: Article) -> None:
    (changed,) = changes(article, told(article, short="Kuda nil adalah urusan lain."))
    assert [piece.kind for piece in changed.pieces] == ["out", "in"]


def test_a_diff_puts_both_texts_together_again(article: Article) -> None:
    articles = load_articles()
    for one, other in zip(articles[::9], articles[1::9], strict=False):
        for changed in changes(one, other):
            older = "".join(piece.text for piece in changed.pieces if piece.kind != "in")
            newer = "".join(piece.text for piece in changed.pieces if piece.kind != "out")
            if changed.field == "id.body":
                assert (older, newer) == (one.words["id"].body, other.words["id"].body)


def test_a_form_becomes_the_article_that_it_shows(article: Article) -> None:
    plain = {
        **{"id_title": " Judul \r\n baru ", "id_questions": "satu\r\n\r\n dua  kata \r\ntiga", "id_short": "Singkat."},
        **{"id_body": "Baris\r\n\r\nlain\x00\u202e", "valid_until": "2027-05-01", "audience": "child"},
        "regions": "id-ac, ID-JT",
    }
    citations = [("UU 1/2000", "Pasal 2", "ayat (1)", "berlaku", "??"), ("", "", "", "berlaku", "V")]
    names = ("law", "article", "paragraph", "state", "confidence")
    rows = [(f"citation_{name}", row[at]) for row in citations for at, name in enumerate(names)]
    rows += [("deadline_within", "3x24 jam"), ("deadline_id", "Visum"), ("deadline_en", "Visum")]
    form = FormData([*plain.items(), *rows, ("deadline_runs_for", "client")])
    read = read_form(form, article)
    words = read.words["id"]
    assert (words.title, words.questions, words.body) == ("Judul baru", ("satu", "dua kata", "tiga"), "Baris\n\nlain")
    assert (read.audience, read.regions, set(read.words)) == ("child", ("ID-AC", "ID-JT"), {"id"})
    assert [(item.source, item.confidence) for item in read.citations] == [("UU 1/2000 Pasal 2 ayat (1)", "M")]
    assert read.deadlines[0].within == "3×24 jam"
    assert read.deadlines[0].lasts == timedelta(days=3)
    assert (read.code, read.topics) == (article.code, article.topics)


@pytest.mark.parametrize(
    ("fields", "field", "rule"),
    [
        ([("valid_until", "besok")], "valid_until", "no_day"),
        ([("valid_until", "2027-05-01"), ("id_short", "x" * 4001)], "id.short", "too_long"),
        ([("valid_until", "2027-05-01"), ("citation_law", "UU")], "citations", "unreadable"),
        ([("valid_until", "2027-05-01"), *[("deadline_within", "x")] * 41], "deadlines", "unreadable"),
    ],
)
def test_a_form_that_cannot_be_read_names_its_field(
    article: Article, fields: list[tuple[str, str]], field: str, rule: str
) -> None:
    with pytest.raises(BadForm) as raised:
        read_form(FormData(fields), article)
    assert (raised.value.field, raised.value.rule) == (field, rule)


def test_the_shortest_deadline_of_the_client_comes_first() -> None:
    for article in load_articles():
        order = [(deadline.runs_for != "client", deadline.lasts) for deadline in article.by_urgency]
        assert order == sorted(order)
        assert all(deadline.lasts < timedelta.max for deadline in article.deadlines)
