"""`pendamping nlu --jsonl`: one line out per line in."""

from __future__ import annotations

import io
import json
from typing import Any

from bot.assistant.rasa_side.nlu_lines import answer_lines


def understand(text: str, stage: str | None, asked: str | None) -> dict[str, Any]:
    if text == "boom":
        raise KeyError("kata klien")
    return {"act": "greet", "seen": [text, stage, asked]}


def run(*lines: str) -> list[dict[str, Any]]:
    out = io.StringIO()
    answer_lines(lines, out, understand)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_each_line_gives_one_line() -> None:
    results = run(
        '{"text": "halo"}\n', '{"text": "2 thn", "stage": "exploring", "asked": "duration"}\n', '{"text": ""}\n'
    )

    assert [result["seen"] for result in results] == [
        ["halo", None, None],
        ["2 thn", "exploring", "duration"],
        ["", None, None],
    ]


def test_a_bad_line_gives_an_error_and_the_next_is_read() -> None:
    results = run(
        "{\n", "\n", "[]\n", '{"text": 5}\n', '{"text": "x", "asked": 1}\n', '{"text": "boom"}\n', '{"text": "halo"}\n'
    )

    assert [set(result) for result in results[:6]] == [{"error"}] * 6
    assert "kata klien" not in json.dumps(results)
    assert results[6]["act"] == "greet"
