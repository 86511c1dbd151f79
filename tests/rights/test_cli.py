"""`pendamping rights search`, as its contract says."""

from __future__ import annotations

import io
import json

from bot.rights.cli import search_lines, search_once
from bot.storage.unit_of_work import Database


def test_one_question_gives_one_object_with_the_agreed_fields(db: Database) -> None:
    out = io.StringIO()
    search_once(db, "visum gratis ga", "id", None, out)
    answer = json.loads(out.getvalue())
    assert answer["none"] is False
    first = answer["results"][0]
    assert first["code"] == "R08"
    assert {"code", "slug", "title", "score", "citation", "agency", "reviewed_on"} <= first.keys()


def test_each_line_gives_exactly_one_line_and_bad_ones_an_error(db: Database) -> None:
    lines = [
        json.dumps({"text": "visum"}),
        "{broken",
        "[]",
        json.dumps({"text": 7}),
        json.dumps({"text": "visum", "lang": "xx"}),
        json.dumps({"text": "can my sister come with me to the police", "lang": "en"}),
        "",
        json.dumps({"text": "resep opor ayam", "region": "ID-AC"}),
    ]
    out = io.StringIO()
    assert search_lines(db, lines, out) is False
    answers = [json.loads(line) for line in out.getvalue().splitlines()]
    assert len(answers) == len(lines)
    assert ["error" in answer for answer in answers] == [False, True, True, True, True, False, True, False]
    assert answers[-1] == {"results": [], "none": True, "asks": False}


def test_good_lines_alone_are_a_success(db: Database) -> None:
    assert search_lines(db, [json.dumps({"text": "visum"})], io.StringIO()) is True
