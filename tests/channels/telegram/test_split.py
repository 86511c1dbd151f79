"""Splitting: nothing lost, nothing broken."""

from __future__ import annotations

import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.telegram.split import LIMIT, is_boundary, split, units

CLUSTERS = [
    "a", " ", "\n", "\r\n", ". ", "?", "é", "e\u0301", "😀", "👩‍👩‍👧‍👦", "👍🏽", "🇮🇩", "🇬🇧", "❤️", "한", "각", "ꦏꦺꦴ",
    "مُ", "1️⃣", "🏴\U000e0067\U000e0062\U000e007f",
]  # fmt: skip
clusters = st.lists(st.sampled_from(CLUSTERS), max_size=80)


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def test_a_short_text_stays_whole() -> None:
    assert split("Halo.") == ["Halo."]
    assert split("") == [""]
    assert split("x" * LIMIT) == ["x" * LIMIT]


def test_units_are_counted_as_telegram_counts_them() -> None:
    assert [units(text) for text in ("a", "é", "😀", "👩‍👩‍👧‍👦")] == [1, 1, 2, 11]
    assert len(split("😀" * 2049)) == 2


def test_a_long_text_is_cut_at_the_end_of_a_sentence() -> None:
    sentence = "Kamu tidak sendiri, dan ini bukan salahmu. "
    parts = split(sentence * 200)
    assert len(parts) > 1
    assert all(part.endswith(". ") and part.startswith("Kamu") for part in parts)


def test_a_paragraph_is_a_better_place_than_a_sentence() -> None:
    text = "Satu. " * 500 + "\n\n" + "Dua. " * 500
    assert split(text)[0].endswith("\n\n")


def test_without_sentences_it_is_cut_between_words() -> None:
    assert all(part.endswith("kata ") for part in split("kata " * 2000)[:-1])


@settings(max_examples=300, deadline=None)
@given(clusters, st.integers(24, 60))
def test_parts_are_short_enough_lose_nothing_and_break_no_character(pieces: list[str], limit: int) -> None:
    text = "".join(pieces)
    parts = split(text, limit)
    assert "".join(parts) == text
    assert all(utf16(part) <= limit for part in parts)
    whole = regex.findall(r"\X", text)
    assert [cluster for part in parts for cluster in regex.findall(r"\X", part)] == whole


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300), st.integers(1, 20))
def test_any_text_at_any_limit_comes_back_whole(text: str, limit: int) -> None:
    parts = split(text, max(limit, 2))
    assert "".join(parts) == text
    assert all(utf16(part) <= max(limit, 2) for part in parts)


def test_a_character_longer_than_the_limit_is_cut_nevertheless() -> None:
    text = "a" + "\u0301" * 9000
    assert "".join(split(text)) == text


def test_flags_are_cut_only_in_pairs() -> None:
    flags = "🇮🇩🇬🇧"
    assert [is_boundary(flags, index) for index in range(5)] == [True, False, True, False, True]
