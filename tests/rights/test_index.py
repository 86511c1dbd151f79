"""Misspelt words: whatever the slip, the known word that was meant is found, and no other is taken for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rights.index import _edits, _Vocabulary

KNOWN = ("visum", "laporan", "pengacara", "perlindungan", "kekerasan", "pendampingan", "pengadilan", "perceraian")
LETTERS = st.sampled_from("abcdefghijklmnopqrstuvwxyz")


@st.composite
def slips(draw: st.DrawFn) -> tuple[str, str]:
    """A known word and how it is written with one slip."""
    word = draw(st.sampled_from(KNOWN))
    at, letter = draw(st.integers(0, len(word) - 2)), draw(LETTERS)
    before, here, after = word[:at], word[at], word[at + 1 :]
    written = draw(
        st.sampled_from(
            [
                f"{before}{after}",
                f"{before}{letter}{here}{after}",
                f"{before}{letter}{after}",
                f"{before}{after[0]}{here}{after[1:]}",
            ]
        )
    )
    return word, written


@given(slips())
def test_a_word_of_six_letters_or_more_is_found_whatever_the_slip(slip: tuple[str, str]) -> None:
    word, written = slip
    if len(written) >= 5:
        assert _Vocabulary(KNOWN).nearest(written) == word


@given(st.text(LETTERS, min_size=1, max_size=14))
def test_what_is_taken_for_a_known_word_is_one_or_two_edits_away(written: str) -> None:
    found = _Vocabulary(KNOWN).nearest(written)
    close = [word for word in KNOWN if _edits(written, word) <= (2 if len(written) >= 9 else 1)]
    assert found in close if close and len(written) >= 5 else found is None


@pytest.mark.parametrize(
    ("one", "other", "edits"), [("visum", "visum", 0), ("visum", "vsium", 1), ("visum", "fisum", 1), ("", "ab", 2)]
)
def test_edits_are_counted_with_swapped_neighbours_as_one(one: str, other: str, edits: int) -> None:
    assert _edits(one, other) == edits
