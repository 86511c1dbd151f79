"""No secret stands in a tracked file; and a secret that stood there would be found."""

from __future__ import annotations

from pathlib import Path

import pytest

from supply.exceptions import KnownSecret, load_exceptions
from supply.secrets import Leak, leaks, tracked, unexcused

# Put together here, so that this file is not found itself.
PLANTED = {
    "private_key": "-----BEGIN " + "OPENSSH PRIVATE KEY-----",
    "telegram_token": "123456789" + ":" + "A" * 35,
    "aws_key": "AKIA" + "Q" * 16,
    "github_token": "ghp_" + "a1" * 18,
    "slack_token": "xoxb" + "-1234567890-abc",
    "google_key": "AIza" + "b" * 35,
    "signed_token": "eyJ" + "h" * 12 + ".eyJ" + "p" * 12 + "." + "s" * 20,
    "password_in_address": "postgresql://pendamping" + ":hunter22@db.example/x",
    "master_key": "PENDAMPING_MASTER_KEY" + "=" + "k" * 43 + "=",
    "assigned": "api_key = " + '"aB3' + "dE5fG7hI9jK1lM3nO5" + '"',
}


def test_no_tracked_file_holds_a_secret() -> None:
    names = tracked()
    assert len(names) > 700
    assert unexcused(leaks(names), load_exceptions().secrets) == []


@pytest.mark.parametrize("rule", list(PLANTED))
def test_a_planted_secret_is_found_with_its_line_and_not_repeated(tmp_path: Path, rule: str) -> None:
    (tmp_path / "notes.txt").write_text(f"satu\ndua {PLANTED[rule]}\n")
    found = list(leaks(["notes.txt"], tmp_path))
    assert Leak("notes.txt", 2, rule) in found
    assert PLANTED[rule] not in "".join(map(str, found))


@pytest.mark.parametrize("name", [".env", "var/master.key", "deploy/site.pem", "pendamping.db", "x/one.backup"])
def test_a_file_that_must_never_be_tracked_is_found_by_its_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(b"\xff\xfe\x00")
    assert list(leaks([name], tmp_path)) == [Leak(name, 0, "never_tracked")]


def test_an_exception_excuses_its_rule_in_its_file_and_nothing_else() -> None:
    leak = Leak("a.py", 3, "aws_key")
    assert unexcused([leak], [KnownSecret("a.py", "aws_key", "contoh")]) == []
    assert unexcused([leak], [KnownSecret("a.py", "slack_token", "x"), KnownSecret("b.py", "aws_key", "x")]) == [leak]


@pytest.mark.parametrize(
    "text", ["postgresql://user:<password>@127.0.0.1/x", "https://x.example/a:b@c", "PASSWORD = 'tujuh kucing di atap'"]
)
def test_placeholders_and_words_are_no_secrets(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.md").write_text(text)
    assert list(leaks(["a.md"], tmp_path)) == []
