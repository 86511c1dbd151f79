"""One real stack for all talks: real Rasa, real actions, a real database in a temporary file."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.assistant.training import ensure_model
from bot.config import ROOT

COMMAND = Path(sys.executable).with_name("pendamping")
Answer = dict[str, Any]


class Pipe:
    """`pendamping talk --jsonl`, one line in and one line out; `finals` are the lines after the end of input."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bot.cli", "talk", "--jsonl"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def ask(self, line: dict[str, Any]) -> Answer:
        """The answer to one line, or the command's error about it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()
        answer: Answer = json.loads(self._process.stdout.readline())
        return answer

    def finals(self) -> dict[str, Answer]:
        """End the input; what each conversation ended with, by its name."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        lines = [json.loads(line) for line in self._process.stdout if line.strip()]
        assert self._process.wait(30) == 0
        return {line["conversation"]: line for line in lines}

    def stop(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.wait()


@pytest.fixture(scope="session")
def pipe() -> Iterator[Pipe]:
    """The stack, started once."""
    ensure_model()
    made = Pipe()
    yield made
    made.stop()
