"""`pendamping nlu --jsonl`: one JSON line in, one out, through the trained model.

Run as `python -m bot.assistant.rasa_side.nlu_lines`.

In: `{"text", "stage"?, "asked"?}`. Out: `{"act", "confidence", "dims", "problem_type", "topic", "lang", "fallback"}` or
`{"error"}`.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TextIO

from bot.assistant.rasa_side import quiet_logs
from bot.assistant.training import current_model
from bot.model_file import ModelMissing, ModelOutdated

Json = dict[str, Any]
Understand = Callable[[str, str | None, str | None], Json]


def main(argv: list[str] | None = None) -> int:
    """Read standard input to its end. Exit status 1 when there is no current model."""
    arguments = sys.argv[1:] if argv is None else argv
    try:
        model = Path(arguments[0]) if arguments else current_model()
    except (ModelMissing, ModelOutdated) as error:
        print(error, file=sys.stderr)
        return 1
    answer_lines(sys.stdin, sys.stdout, load(model))
    return 0


def load(model: Path) -> Understand:
    """Load the model once. The result takes (text, stage, asked)."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    quiet_logs.silence_warnings()
    # Slow imports (several seconds), so not at the top.
    from rasa.core.channels.channel import UserMessage

    from bot.assistant.rasa_side.loading import load_agent
    from bot.assistant.rasa_side.processor import StrictProcessor

    quiet_logs.install(level=30)
    processor = StrictProcessor(load_agent(model).processor)

    def understand(text: str, stage: str | None, asked: str | None) -> Json:
        message = UserMessage(text, metadata={"stage": stage, "asked": asked})
        # UserMessage strips; places must be those of the text as it came.
        message.text = text
        parsed = asyncio.run(processor.parse_message(message))
        result: Json = parsed["understanding"]
        return result

    return understand


def answer_lines(lines: Iterable[str], out: TextIO, understand: Understand) -> None:
    """One line out per line in, flushed; a bad line gives `{"error"}` and the next one is read."""
    for line in lines:
        print(json.dumps(_answer(line, understand), ensure_ascii=False), file=out, flush=True)


def _answer(line: str, understand: Understand) -> Json:
    try:
        given = json.loads(line)
    except ValueError:
        return {"error": "not a JSON object"}
    if not isinstance(given, dict) or not isinstance(given.get("text"), str):
        return {"error": "a JSON object with a text is needed"}
    if not all(isinstance(given.get(name), str | None) for name in ("stage", "asked")):
        return {"error": "stage and asked must be texts"}
    try:
        return understand(given["text"], given.get("stage"), given.get("asked"))
    except Exception as error:
        return {"error": f"not understood: {type(error).__name__}"}


if __name__ == "__main__":
    sys.exit(main())
