"""`pendamping safety --jsonl`, as its contract says."""

from __future__ import annotations

import io
import json
import subprocess
import sys

from bot.safety.cli import safety_lines


def test_each_line_gives_exactly_one_line() -> None:
    lines = [
        json.dumps({"text": "aku mau mati"}),
        json.dumps({"text": "bunuh diri", "context": ["aku mau"]}),
        "{broken",
        json.dumps({"text": 7}),
        json.dumps({"text": "x", "context": "y"}),
        json.dumps({"text": "iya", "asked": 1}),
        "",
        json.dumps({"text": "mati lampu\nlagi", "context": None}),
        "[" * 100_000,
    ]
    out = io.StringIO()
    assert safety_lines(lines, out) is False
    answers = [json.loads(line) for line in out.getvalue().splitlines()]
    assert ["error" in answer for answer in answers] == [False, False, True, True, True, True, True, False, True]
    assert answers[0].keys() == {"risk", "alarm", "category", "evidence", "lang"}
    assert (answers[0]["risk"], answers[0]["alarm"]) == ("high", True)
    assert answers[0]["evidence"][0].keys() == {"start", "end", "rule_or_feature"}
    assert answers[1]["alarm"] is True
    assert (answers[7]["risk"], answers[7]["category"], answers[7]["evidence"]) == ("none", "none", [])


def test_good_lines_alone_are_a_success() -> None:
    assert safety_lines([json.dumps({"text": "halo"})], io.StringIO()) is True


def test_it_needs_neither_rasa_nor_a_database() -> None:
    code = (
        'import sys, bot.safety.cli as c; c.safety_lines([\'{"text": "halo"}\'], sys.stdout);'
        "bad = {'rasa', 'tensorflow', 'sqlalchemy'} & set(sys.modules); sys.exit(str(bad) if bad else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
