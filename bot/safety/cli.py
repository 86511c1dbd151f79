"""`pendamping safety --jsonl`: one line in, one line out; needs no Rasa and no database."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any, TextIO

from bot.safety.detector import load_detector
from bot.safety.model import Assessment
from bot.safety.training import ensure_model


def safety_lines(lines: Iterable[str], out: TextIO) -> bool:
    """Assess JSON lines `{"text", "context"?, "asked"?}`: each gets exactly one answer. False when one was bad."""
    ensure_model(say=lambda line: print(line, file=sys.stderr))
    detector = load_detector()
    good = True
    for line in lines:
        try:
            text, context, asked = _request(line)
        except ValueError as error:
            answer: dict[str, Any] = {"error": str(error)}
            good = False
        else:
            answer = as_json(detector.assess(text, context, asked))
        print(json.dumps(answer, ensure_ascii=False), file=out, flush=True)
    return good


def as_json(assessment: Assessment) -> dict[str, Any]:
    """An assessment in the form of the commands' contract."""
    return {
        "risk": assessment.risk.value,
        "alarm": assessment.alarm,
        "category": assessment.category.value,
        "evidence": [{"start": e.start, "end": e.end, "rule_or_feature": e.rule} for e in assessment.evidence],
        "lang": assessment.lang,
    }


def _request(line: str) -> tuple[str, list[str], str | None]:
    """Raises ValueError with words that repeat nothing of the line."""
    try:
        raw = json.loads(line)
    except (json.JSONDecodeError, RecursionError):
        raise ValueError("the line is not JSON") from None
    if not isinstance(raw, dict) or not isinstance(raw.get("text"), str):
        raise ValueError('the line must be an object with a "text"')
    context = raw.get("context") or []
    if not isinstance(context, list) or not all(isinstance(item, str) for item in context):
        raise ValueError('"context" must be a list of texts')
    asked = raw.get("asked")
    if asked is not None and not isinstance(asked, str):
        raise ValueError('"asked" must be the name of a question')
    return raw["text"], context, asked
