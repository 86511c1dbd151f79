"""What may stand in a canned reply, and how its places are filled."""

from __future__ import annotations

import pytest

from bot.handoff.model import BadText, check_line
from bot.replies.model import MAX_TEXT, MAX_TITLE, BadReply, Draft, Variable, asks_for, checked, filled

GOOD = Draft(key="salam", title="Salam pembuka", text_id="Halo {sapaan}, saya {petugas}.")


def test_a_reply_is_tidied_before_it_is_kept() -> None:
    assert checked(Draft(key=" /Salam ", title="  Salam   pembuka ", text_id=" Halo.\n", text_en="  ")) == Draft(
        key="salam", title="Salam pembuka", text_id="Halo."
    )


@pytest.mark.parametrize(
    ("draft", "field", "rule", "words"),
    [
        (Draft(key="salam", text_id="Halo"), "title", "no_title", ""),
        (Draft(key="salam", title="x" * (MAX_TITLE + 1), text_id="Halo"), "title", "long_title", ""),
        (Draft(title="Salam", text_id="Halo"), "key", "key", ""),
        (Draft(key="dua kata", title="Salam", text_id="Halo"), "key", "key", "dua kata"),
        (Draft(key="k" * 21, title="Salam", text_id="Halo"), "key", "key", "k" * 21),
        (Draft(key="salam", title="Salam", text_id=" \n"), "text_id", "no_text", ""),
        (Draft(key="salam", title="Salam", text_en="x" * (MAX_TEXT + 1)), "text_en", "long_text", ""),
        (Draft(key="salam", title="Salam", text_id="Halo {nama}"), "text_id", "variable", "{nama}"),
        (Draft(key="salam", title="Salam", text_id="Halo", text_en="Hi {Worker}"), "text_en", "variable", "{Worker}"),
        (Draft(key="salam", title="Salam", text_id="Halo {sapaan"), "text_id", "brace", "{"),
        (Draft(key="salam", title="Salam", text_id="Halo {dua kata}"), "text_id", "brace", "{"),
    ],
)
def test_what_can_not_be_kept_is_named_with_its_field(draft: Draft, field: str, rule: str, words: str) -> None:
    with pytest.raises(BadReply) as refused:
        checked(draft)
    assert (refused.value.field, refused.value.rule, refused.value.words) == (field, rule, words)


def test_each_variable_has_a_name_in_both_languages_and_both_mean_the_same() -> None:
    values = {variable: f"<{variable}>" for variable in Variable}
    indonesian = filled("{petugas} {lembaga} {buka} {sapaan}", values)
    assert indonesian == filled("{worker} {organisation} {opening} {address}", values)
    assert indonesian == "<designation> <organisation> <opening> <address>"


def test_a_place_without_a_value_stays_visible_and_braces_in_a_value_are_words() -> None:
    assert filled(GOOD.text_id, {Variable.DESIGNATION: "{sapaan}", Variable.ADDRESS: ""}) == (
        "Halo {sapaan}, saya {sapaan}."
    )
    assert asks_for(GOOD.text_id, Variable.ADDRESS)
    assert not asks_for(GOOD.text_id, Variable.OPENING)


def test_a_line_with_a_place_that_nobody_filled_is_not_said() -> None:
    with pytest.raises(BadText) as refused:
        check_line(filled(GOOD.text_id, {}))
    assert refused.value.rule == "unfilled"
    assert check_line("Kurung { kurawal } saja boleh.") == "Kurung { kurawal } saja boleh."


def test_the_other_language_stands_in_where_the_right_one_was_not_written() -> None:
    both = Draft(text_id="Halo", text_en="Hello")
    assert [both.spoken(lang) for lang in ("id", "en")] == [("id", "Halo"), ("en", "Hello")]
    assert Draft(text_id="Halo").spoken("en") == ("id", "Halo")
    assert Draft(text_en="Hello").spoken("id") == ("en", "Hello")
