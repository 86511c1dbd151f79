"""The lexicon and the examples: what is wrong is named with file, line and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.content import BrokenContent
from bot.safety.learned import load_examples
from bot.safety.model import CATEGORIES, Risk
from bot.safety.rules import LEXICON, load_lexicon

LINE = '{"text": "aku mau mati", "risk": "high", "category": "suicide_intent", "lang": "id"}'


def test_every_category_has_rules_and_examples() -> None:
    ruled = {rule.category for rule in load_lexicon().rules}
    shown = {example.category for example in load_examples()}
    assert set(CATEGORIES) <= ruled
    assert set(CATEGORIES) <= shown


def test_half_of_the_examples_are_harmless() -> None:
    examples = load_examples()
    assert len(examples) >= 500
    assert 0.4 <= sum(example.risk is Risk.NONE for example in examples) / len(examples) <= 0.6


@pytest.mark.parametrize(
    ("right", "wrong", "field", "what"),
    [
        (
            "risk: high, category: suicide_intent, patterns",
            "risk: huge, category: suicide_intent, patterns",
            "risk",
            "one of",
        ),
        ("id: suicide.word, risk: elevated", "id: suicide.word, risk: none", "category", "must be none when"),
        ("id: suicide.word,", "id: suicide.want_die,", "id", "used twice"),
        ('"bunuh diri", "@kill_self", "suicide"', '"@nothing"', "patterns.0", "there is no set 'nothing'"),
        ('"bunuh diri", "@kill_self", "suicide"', '"mati? lagi?"', "patterns.0", "at least one word"),
        ('"bunuh diri", "@kill_self", "suicide"', '"mati (sendiri"', "patterns.0", "is not understood"),
        ('bare: true, patterns: ["bunuh diri"', 'bear: true, patterns: ["bunuh diri"', "bear", "not a known field"),
    ],
)
def test_a_slip_in_the_lexicon_is_named(tmp_path: Path, right: str, wrong: str, field: str, what: str) -> None:
    text = LEXICON.read_text(encoding="utf-8")
    assert right in text
    at = text.index(right)
    path = tmp_path / "lexicon.yml"
    path.write_text(text[:at] + wrong + text[at + len(right) :], encoding="utf-8")
    with pytest.raises(BrokenContent) as raised:
        load_lexicon(path)
    assert raised.value.field.endswith(field)
    assert raised.value.line == text[:at].count("\n") + 1
    assert what in raised.value.what


@pytest.mark.parametrize(
    ("line", "field", "what"),
    [
        ("not json", "", "JSON object"),
        ("[1]", "", "JSON object"),
        (LINE.replace("high", "huge"), "risk", "must be one of"),
        (LINE.replace("suicide_intent", "none"), "category", "must be none when"),
        (LINE.replace('"aku mau mati"', '""'), "text", "not empty"),
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
