"""The lexicon and the meanings of words: what is wrong is named with file, line and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.content import BrokenContent
from bot.safety.concepts import load_concepts
from bot.safety.features import BLOCKS, load_reader
from bot.safety.model import CATEGORIES, Message
from bot.safety.rules import LEXICON, load_lexicon


def test_every_category_has_rules() -> None:
    assert set(CATEGORIES) <= {rule.category for rule in load_lexicon().rules}


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
    ("word", "concept"),
    [
        ("memukuli", "hit"),
        ("dipukulin", "hit"),
        ("nusuk", "stab"),
        ("nyekik", "strangle"),
        ("obatnya", "pill"),
        ("no", "deny"),
    ],
)
def test_all_forms_of_a_word_have_its_meaning(word: str, concept: str) -> None:
    assert concept in load_concepts().of_word(word).concepts


def test_who_does_it_and_what_is_denied_are_told() -> None:
    senses = load_concepts().senses
    assert "hit+" in senses(["dia", "menendang"])
    assert "hit-" in senses(["aku", "dipukul"])
    assert "hit-!" in senses(["aku", "tidak", "dipukul"])
    assert "hit-" in senses(["tidak", ".", "aku", "dipukul"])


def test_what_a_text_is_about_stands_beside_its_meanings() -> None:
    reader, topics = load_reader(), BLOCKS.index("topics")
    about = reader.read(Message("Bunuh boss terakhir di game itu susah")).blocks[topics]
    assert {"gaming", "gaming&kill"} <= set(about)
    assert reader.read(Message("aku mau mati")).blocks[topics] == ()


def test_a_slip_in_the_meanings_is_named(tmp_path: Path) -> None:
    path = tmp_path / "concepts.yml"
    path.write_text("die:\n  mati die\nhit:\n  - pukul\n", encoding="utf-8")
    with pytest.raises(BrokenContent) as raised:
        load_concepts(path)
    assert raised.value.field == "hit"
