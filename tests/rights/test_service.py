"""Importing the starter articles, searching them, answering in the chat; the same on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.clock import ManualClock
from bot.content import BrokenContent
from bot.rights import service
from bot.rights.content import load_articles
from bot.storage.unit_of_work import Database
from tests.rights.conftest import ARTICLE

DAY = 86_400


def test_importing_twice_changes_nothing_the_second_time(any_db: Database) -> None:
    assert any_db.run_sync(service.import_starters) == len(load_articles())
    assert any_db.run_sync(service.import_starters) == 0
    assert any_db.run_sync(service.articles) == load_articles()


def test_a_changed_file_changes_its_article_and_the_search(any_db: Database, folder: Path) -> None:
    any_db.run_sync(lambda uow: service.import_starters(uow, folder))
    assert not any_db.run_sync(lambda uow: service.search(uow, "izin memelihara zebra")).none
    (folder / "R90-a-topic.md").write_text(ARTICLE.replace("zebra", "kuda").replace("Zebra", "Kuda"), encoding="utf-8")
    assert any_db.run_sync(lambda uow: service.import_starters(uow, folder)) == 1
    found = any_db.run_sync(lambda uow: service.search(uow, "izin memelihara kuda"))
    assert found.results[0].article.words["id"].title == "Bolehkah saya memelihara kuda?"


def test_an_article_whose_file_is_gone_goes_too(db: Database, folder: Path) -> None:
    db.run_sync(lambda uow: service.import_starters(uow, folder))
    (folder / "R90-a-topic.md").rename(folder / "R91-renamed.md")
    text = ARTICLE.replace("code: R90", "code: R91")
    (folder / "R91-renamed.md").write_text(text, encoding="utf-8")
    assert db.run_sync(lambda uow: service.import_starters(uow, folder)) == 2
    assert [article.code for article in db.run_sync(service.articles)] == ["R91"]


def test_a_broken_file_changes_nothing(library: Database, folder: Path) -> None:
    (folder / "R91-broken.md").write_text("nothing", encoding="utf-8")
    with pytest.raises(BrokenContent):
        library.run_sync(lambda uow: service.import_starters(uow, folder))
    assert library.run_sync(service.articles) == load_articles()


def test_search_gives_the_same_on_both_databases(any_db: Database) -> None:
    any_db.run_sync(service.import_starters)
    result = any_db.run_sync(lambda uow: service.search(uow, "visum itu bayar ga"))
    assert result.results[0].article.code == "R08"
    assert [found.score for found in result.results] == sorted((f.score for f in result.results), reverse=True)


@pytest.mark.parametrize("text", ["viusm", "visummm", "VISUM", "vísum"])
def test_search_forgives_spelling(library: Database, text: str) -> None:
    result = library.run_sync(lambda uow: service.search(uow, f"surat {text} dari dokter"))
    assert result.results[0].article.code == "R08"


def test_english_questions_find_the_same_articles(library: Database) -> None:
    result = library.run_sync(lambda uow: service.search(uow, "is there a safe house for me", "en"))
    assert result.results[0].article.code == "R14"


@pytest.mark.parametrize("text", ["", "   ", "?!", "apa itu", "qwxz zzkk", "resep opor ayam", "x" * 5000])
def test_nothing_is_shown_where_nothing_fits(library: Database, text: str) -> None:
    result = library.run_sync(lambda uow: service.search(uow, text))
    assert (result.none, result.results) == (True, ())


def test_a_regional_article_is_found_only_there(db: Database, folder: Path) -> None:
    regional = ARTICLE.replace("jurisdiction: ID", "jurisdiction: ID-AC")
    (folder / "R90-a-topic.md").write_text(regional, encoding="utf-8")
    db.run_sync(lambda uow: service.import_starters(uow, folder))
    assert db.run_sync(lambda uow: service.search(uow, "izin zebra", "id", None)).none
    assert not db.run_sync(lambda uow: service.search(uow, "izin zebra", "id", "ID-AC-01")).none


def test_an_answer_carries_the_words_the_source_and_the_mark(library: Database) -> None:
    answer = library.run_sync(lambda uow: service.answer(uow, "visum", "id", base_url="https://contoh.id"))
    assert answer is not None
    assert (answer["code"], answer["expired"], answer["mark"]) == ("R08", "", "belum ditinjau lembaga")
    assert answer["short"]
    assert "Pasal" in answer["citation"]
    assert answer["steps"].startswith("1. ")
    assert answer["url"] == "https://contoh.id/i/R08?lang=id"
    assert answer["date"] == "1 Nov 2026"


def test_an_answer_is_found_by_words_too_and_in_english(library: Database) -> None:
    answer = library.run_sync(lambda uow: service.answer(uow, "where can I get a free lawyer", "en"))
    assert answer is not None
    assert (answer["code"], answer["mark"]) == ("R16", "not yet reviewed by an agency")
    assert "UU 16/2011 Articles 4–5" in answer["citation"]
    assert "Pasal" not in answer["citation"]


def test_no_answer_is_better_than_a_guess(library: Database) -> None:
    assert library.run_sync(lambda uow: service.answer(uow, "resep opor ayam")) is None


def test_an_expired_answer_names_only_who_can_help(library: Database, clock: ManualClock) -> None:
    clock.advance(400 * DAY)
    answer = library.run_sync(lambda uow: service.answer(uow, "visum"))
    assert answer is not None
    assert answer["expired"] == "yes"
    assert answer["who"]
    assert {answer[part] for part in ("short", "steps", "limits", "citation")} == {""}
