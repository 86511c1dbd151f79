"""The examples: enough, of many kinds, none twice, and none that is tested with."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.content import BrokenContent
from bot.safety.examples import FORMS, load_examples
from bot.safety.model import CATEGORIES, Message, Risk
from tests.safety.near import near_pairs
from tests.safety.score import INDEPENDENT, SAME_AUTHOR, held_out

LINE = '{"text": "aku mau mati", "risk": "high", "category": "suicide_intent", "lang": "id"}'


def test_there_are_six_thousand_at_least_half_harmless_and_most_indonesian() -> None:
    examples = load_examples()
    assert len(examples) >= 6_000
    assert 0.50 <= sum(example.risk is Risk.NONE for example in examples) / len(examples) <= 0.70
    assert sum(example.lang != "en" for example in examples) / len(examples) >= 0.7


def test_every_form_is_there_with_danger_and_without() -> None:
    for form in set(FORMS) - {"unsorted"}:
        risks = {example.risk is Risk.NONE for example in load_examples() if example.form == form}
        assert risks == {True, False}, form


def test_every_category_has_a_hundred_examples_and_every_line_its_writer() -> None:
    for category in CATEGORIES:
        assert sum(example.category is category for example in load_examples()) >= 100, category
    assert all(example.writer for example in load_examples())


def test_no_two_examples_say_nearly_the_same() -> None:
    examples = load_examples()
    pairs = near_pairs([example.message for example in examples])
    assert [(examples[one].text, examples[other].text) for one, other in pairs] == []


def test_no_example_is_nearly_a_line_that_is_tested_with() -> None:
    examples = [example.message for example in load_examples()]
    tested = [example.message for name in (*INDEPENDENT, SAME_AUTHOR) for example in held_out(name)]
    pairs = near_pairs([*examples, *tested])
    assert [other for one, other in pairs if one >= len(examples) > other] == []


def test_near_duplicates_are_found_and_the_same_answer_to_another_question_is_none() -> None:
    messages = [
        Message("suami saya memukul saya tiap malam"),
        Message("Suami saya memukuli saya, tiap malam!"),
        Message("iya", asked="danger"),
        Message("iya", asked="safe"),
        Message("dia pulang jam tujuh"),
    ]
    assert near_pairs(messages) == [(1, 0)]


@pytest.mark.parametrize(
    ("line", "field", "what"),
    [
        ("not json", "", "JSON object"),
        ("[1]", "", "JSON object"),
        (LINE.replace("high", "huge"), "risk", "must be one of"),
        (LINE.replace("suicide_intent", "none"), "category", "must be none when"),
        (LINE.replace('"aku mau mati"', '""'), "text", "not empty"),
        (LINE.replace("}", ', "context": "a"}'), "context", "list of texts"),
        (LINE.replace("}", ', "asked": 1}'), "asked", "name of a question"),
        (LINE.replace("}", ', "form": "song"}'), "form", "must be one of"),
        (LINE, "text", "twice"),
    ],
)
def test_a_wrong_example_is_named_with_its_line(tmp_path: Path, line: str, field: str, what: str) -> None:
    path = tmp_path / "examples.jsonl"
    path.write_text(f"{LINE}\n{line}\n", encoding="utf-8")
    with pytest.raises(BrokenContent) as raised:
        load_examples(path)
    assert (raised.value.line, raised.value.field) == (2, field)
    assert what in raised.value.what
