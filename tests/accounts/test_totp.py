"""Codes of an authenticator app, against the vectors of RFC 4226 and RFC 6238."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.accounts.totp import STEP, code_of, in_groups, matching_step, new_secret, setup_link, step_at

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
HERE = step_at(NOW)


@pytest.mark.parametrize(
    ("counter", "code"),
    enumerate(
        ("755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"),
    ),
)
def test_the_codes_are_those_of_rfc_4226_appendix_d(counter: int, code: str) -> None:
    assert code_of(RFC_SECRET, counter) == code


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_the_codes_are_those_of_rfc_6238_appendix_b(seconds: int, code: str) -> None:
    assert code_of(RFC_SECRET, step_at(datetime.fromtimestamp(seconds, UTC)), digits=8) == code


@given(st.integers(-5, 5))
def test_a_clock_may_be_off_by_one_step_and_no_more(steps: int) -> None:
    found = matching_step(RFC_SECRET, code_of(RFC_SECRET, HERE + steps), NOW, after=0)
    assert found == (HERE + steps if abs(steps) <= 1 else None)


@given(st.integers(-1, 1), st.integers(-3, 3))
def test_a_code_that_is_not_younger_than_the_last_one_is_spent(steps: int, last: int) -> None:
    found = matching_step(RFC_SECRET, code_of(RFC_SECRET, HERE + steps), NOW, after=HERE + last)
    assert (found is not None) == (steps > last)


@given(st.text(max_size=12))
def test_whatever_is_typed_is_a_code_only_when_it_is_one(typed: str) -> None:
    codes = {code_of(RFC_SECRET, HERE + step) for step in (-1, 0, 1)}
    assert (matching_step(RFC_SECRET, typed, NOW, after=0) is not None) == (typed in codes)


def test_each_secret_is_another_one_of_160_bits() -> None:
    secrets = {new_secret() for _ in range(50)}
    assert len(secrets) == 50
    assert {len(base64.b32decode(secret)) for secret in secrets} == {20}
    assert in_groups("ABCDEFGH") == "ABCD EFGH"


def test_the_link_survives_names_with_blanks_and_colons() -> None:
    link = setup_link("ABCD", account="rani@contoh.test", issuer="Rumah Aman: Bali")
    parts = urlsplit(link)
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert unquote(parts.path) == "/Rumah Aman: Bali:rani@contoh.test"
    assert parse_qs(parts.query) == {"secret": ["ABCD"], "issuer": ["Rumah Aman: Bali"]}


def test_a_step_lasts_thirty_seconds() -> None:
    assert step_at(NOW + timedelta(seconds=STEP)) == HERE + 1
