"""The measuring itself, on answers whose scores are known."""

from __future__ import annotations

from typing import Any

import pytest

from tests.nlu.score import nearness, read_rows, report, score

ROWS: list[dict[str, Any]] = [
    {
        "text": "suami pukul saya 2 tahun",
        "act": "tell_problem",
        "dims": {"type": "suami pukul saya", "duration": "2 tahun"},
        "problem_type": "kdrt_fisik",
        "topic": None,
        "lang": "id",
    },
    {
        "text": "tidak ada yang membantu",
        "act": "add_detail",
        "dims": {"strengths": "none"},
        "problem_type": None,
        "topic": None,
        "lang": "id",
    },
    {"text": "what is the law", "act": "ask_rights", "dims": {}, "problem_type": None, "topic": "R01", "lang": "en"},
    {"text": "resep soto dong", "act": "out_of_scope", "dims": {}, "problem_type": None, "topic": None, "lang": "id"},
]
PERFECT: list[dict[str, Any]] = [
    {**row, "fallback": False, "topic": "kdrt-what" if row["topic"] else None} for row in ROWS
]


def changed(index: int, **values: Any) -> list[dict[str, Any]]:
    return [{**answer, **values} if place == index else answer for place, answer in enumerate(PERFECT)]


def test_perfect_answers_score_one() -> None:
    scores = score(ROWS, PERFECT, {"R01": "kdrt-what"})

    assert (scores.acts.value, scores.macro_f1, scores.topic.value, scores.problem_type.value) == (1, 1, 1, 1)
    assert (scores.dims_precision.value, scores.dims_recall.value, scores.invented_per_100) == (1, 1, 0)
    assert (scores.language.value, scores.lost_to_fallback.value, scores.out_of_scope_recall.value) == (1, 0, 1)
    assert "| Acts: accuracy | 1.000 (4 of 4) |" in report(scores, "m", 4)


@pytest.mark.parametrize(
    ("dims", "hits", "said", "invented"),
    [
        ({"type": "pukul", "duration": "tahun"}, 2 + 1, 3, 0),
        ({"type": "2 tahun"}, 0 + 1, 2, 0),
        ({"cause": "suami"}, 0 + 1, 2, 1),
        ({"type": "none"}, 0 + 1, 2, 0),
        ({}, 0 + 1, 1, 0),
    ],
)
def test_spans_count_by_key_and_overlap(dims: dict[str, str], hits: int, said: int, invented: int) -> None:
    scores = score(ROWS, changed(0, dims=dims), {})

    assert (scores.dims_precision.count, scores.dims_precision.total, scores.dims_recall.total) == (hits, said, 3)
    assert scores.invented_per_100 == 100 * invented / 2


def test_words_that_are_not_the_clients_are_counted() -> None:
    assert score(ROWS, changed(0, dims={"type": "kekerasan"}), {}).not_their_words == 1


def test_losses_to_fallback_are_counted_in_scope_only() -> None:
    assert score(ROWS, changed(2, fallback=True), {}).lost_to_fallback.count == 1
    assert score(ROWS, changed(3, fallback=True, act="greet"), {}).out_of_scope_or_fallback.value == 1


def test_topics_without_a_label_are_set_apart() -> None:
    scores = score(ROWS, PERFECT, {})

    assert (scores.topic.total, scores.topics_unknown) == (0, 1)


def test_the_nearest_training_line_is_found() -> None:
    near, far = nearness(["suami saya memukul", "xyz"], ["suami saya memukul", "halo"])

    assert near == pytest.approx(1)
    assert far < 0.2


def test_the_test_set_is_well_formed() -> None:
    rows = read_rows()

    assert len(rows) >= 400
    for row in rows:
        assert all(value in ("none", "unknown") or value in row["text"] for value in row["dims"].values())
        assert row["lang"] in ("id", "en", "mixed")
