"""Questions that teach the search: readable, about articles that exist, and none that the search is measured with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.content import BrokenContent
from bot.rights.asked import load_asked
from bot.rights.content import load_articles
from bot.safety.model import Message
from tests.rights.score import read_lines
from tests.safety.near import near_pairs

LINE = {"text": "visum bayar?", "topic": "R08", "lang": "id", "writer": "w"}


def test_every_article_is_asked_about_by_several_writers_and_many_questions_have_no_answer() -> None:
    asked = load_asked()
    assert len(asked) >= 3_000
    for article in load_articles():
        own = [question for question in asked if question.topic == article.code]
        assert len(own) >= 40, article.code
        assert len({question.writer for question in own}) >= 3, article.code
    assert sum(question.topic is None for question in asked) >= 400
    assert {question.topic for question in asked} - {None} == {article.code for article in load_articles()}


def test_no_question_teaches_what_the_search_is_measured_with() -> None:
    asked = [Message(question.text) for question in load_asked()]
    measured = [Message(line["text"]) for line in read_lines("questions.jsonl")]
    pairs = near_pairs([*asked, *measured])
    assert [other for one, other in pairs if one >= len(asked) > other] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [({"text": " "}, "text"), ({"topic": 8}, "topic"), ({"lang": "jv"}, "lang"), ({"code": "R08"}, "code")],
)
def test_a_wrong_question_is_named_with_its_line(tmp_path: Path, change: dict[str, object], field: str) -> None:
    (tmp_path / "w.jsonl").write_text(f"{json.dumps(LINE)}\n{json.dumps({**LINE, **change})}\n", encoding="utf-8")
    with pytest.raises(BrokenContent) as raised:
        load_asked(tmp_path)
    assert (raised.value.line, raised.value.field) == (2, field)


def test_a_line_that_is_no_object_is_named(tmp_path: Path) -> None:
    (tmp_path / "w.jsonl").write_text("visum bayar?\n", encoding="utf-8")
    with pytest.raises(BrokenContent, match="one JSON object a line"):
        load_asked(tmp_path)
