"""The search must not get worse than it was measured to be; the figures come from `python -m tests.rights.score`."""

from __future__ import annotations

import pytest

from bot.rights.content import load_articles
from bot.rights.service import search
from bot.storage.unit_of_work import Database
from tests.rights.score import measure, read_lines


def test_the_search_stays_as_good_as_measured() -> None:
    score = measure()
    assert score.asked >= 250
    assert score.top1 >= 0.85
    assert score.top3 >= 0.95
    assert score.wrong <= 0.03
    assert score.none_recall >= 0.95
    assert score.none_precision >= 0.90
    assert score.asked_back <= 0.15


def test_other_ways_to_ask_find_their_article_or_nothing() -> None:
    score = measure("paraphrases.jsonl")
    assert score.top1 >= 0.88
    assert score.wrong <= 0.04
    assert score.none_recall >= 0.90


def test_every_article_is_asked_for_in_other_words() -> None:
    asked = {line["expected"] for line in read_lines("paraphrases.jsonl")}
    assert asked >= {article.code for article in load_articles()}


@pytest.mark.parametrize(
    "text", ["anak perempuan dapat hak waris juga kan", "suami boleh ambil hp sy ga", "motor ditarik leasing"]
)
def test_a_question_without_a_topic_gets_no_other_topic(library: Database, text: str) -> None:
    assert library.run_sync(lambda uow: search(uow, text)).none


def test_unpaid_wages_of_a_domestic_worker_are_no_husbands_maintenance(library: Database) -> None:
    result = library.run_sync(lambda uow: search(uow, "gaji pembantu 5 bulan ga dibayar majikan"))
    codes = [found.article.code for found in result.results]
    assert codes[0] == "R35"
    assert "R22" not in codes
