"""What the web chat accepts from a browser, and codes that people write on paper."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.web.model import (
    CODE_ALPHABET,
    MAX_TEXT,
    MENU,
    START_PAYLOAD,
    NotAcceptable,
    UnknownCode,
    clean_text,
    new_code,
    new_secret,
    normal_code,
    read_message,
)
from bot.conversation.model import Kind, is_payload

ID = "4b81fb0e-4fb1-4067-9bb3-ace39cf3da07"


def test_a_text_comes_in_as_it_was_written() -> None:
    incoming = read_message(ID, "  satu\r\ndua \U0001f60a ", "")
    assert (incoming.kind, incoming.text, incoming.payload) == (Kind.TEXT, "satu\ndua \U0001f60a", "")


def test_a_press_comes_in_as_its_payload_alone() -> None:
    incoming = read_message(ID, "ignored", "/ask_human")
    assert (incoming.kind, incoming.text, incoming.payload) == (Kind.PRESS, "", "/ask_human")


@pytest.mark.parametrize(
    ("message_id", "text", "payload", "reason"),
    [
        (None, "halo", "", "id"),
        ("1", "halo", "", "id"),
        (ID + "\n", "halo", "", "id"),
        ({"a": 1}, "halo", "", "id"),
        (ID, "", "", "empty"),
        (ID, " \n\0 ", "", "empty"),
        (ID, None, None, "empty"),
        (ID, ["halo"], None, "empty"),
        (ID, "x" * (MAX_TEXT + 1), "", "too_long"),
        (ID, "halo", "ask_human", "payload"),
        (ID, "halo", "/ASK", "payload"),
        (ID, "halo", "/ask_human\n", "payload"),
        (ID, "halo", '/a{"x": "' + "y" * 200 + '"}', "payload"),
        (ID, "halo", '/ask{"x": "\ud800"}', "payload"),
        (ID, "halo", {"x": 1}, "payload"),
    ],
)
def test_what_breaks_a_rule_is_refused_by_its_name(
    message_id: object, text: object, payload: object, reason: str
) -> None:
    with pytest.raises(NotAcceptable) as refused:
        read_message(message_id, text, payload)
    assert refused.value.reason == reason


def test_the_longest_text_counts_characters_and_not_bytes() -> None:
    assert len(read_message(ID, "\U0001f60a" * MAX_TEXT, "").text) == MAX_TEXT


@settings(deadline=None)
@given(st.text())
def test_cleaned_text_can_always_be_stored(text: str) -> None:
    clean = clean_text(text + "\ud83d")
    clean.encode()
    assert "\0" not in clean
    assert "\r" not in clean


def test_what_the_menu_sends_has_the_form_of_a_payload() -> None:
    assert all(is_payload(payload) for _, payload in MENU)
    assert is_payload(START_PAYLOAD)


def test_secrets_and_codes_are_long_and_never_the_same() -> None:
    assert len({new_secret() for _ in range(100)}) == 100
    assert all(len(new_secret()) == 43 for _ in range(10))
    codes = {new_code() for _ in range(100)}
    assert len(codes) == 100
    assert all(len(normal_code(code)) * 5 == 100 for code in codes)


@settings(deadline=None)
@given(st.text(alphabet=CODE_ALPHABET, min_size=20, max_size=20), st.sampled_from(["", "-", " ", "."]), st.booleans())
def test_a_code_may_be_typed_in_any_case_with_any_separator(letters: str, separator: str, lower: bool) -> None:
    typed = separator.join(letters[start : start + 4] for start in range(0, 20, 4))
    typed = typed.replace("0", "o").replace("1", "l")
    assert normal_code(f" {typed.lower() if lower else typed}\n") == letters


@pytest.mark.parametrize("typed", ["", "ABCD", "U" * 20, "A" * 21, "A" * 10_000, "é" * 20, "' OR 1=1 --------- "])
def test_what_is_no_code_opens_nothing(typed: str) -> None:
    with pytest.raises(UnknownCode):
        normal_code(typed)
