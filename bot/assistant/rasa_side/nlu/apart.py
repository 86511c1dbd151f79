"""Trains a tagger in a process of its own: it holds the interpreter while it learns, and more has to be learned.

`python -m bot.assistant.rasa_side.nlu.apart`: pickled examples on standard input, the model on standard output.
"""

from __future__ import annotations

import gc
import pickle
import subprocess
import sys
from collections.abc import Sequence
from tempfile import TemporaryFile

from bot.assistant.rasa_side.nlu.features import load_concepts
from bot.assistant.rasa_side.nlu.normalise import load_normaliser
from bot.assistant.rasa_side.nlu.tagger import Tagged, Tagger


class TaggerNotTrained(Exception):
    """The process that should have trained it failed; what it said is on standard error."""


class Training:
    """A training that goes on beside whatever else is done."""

    def __init__(self, examples: Sequence[Tagged]) -> None:
        with TemporaryFile() as given:
            pickle.dump(list(examples), given)
            given.seek(0)
            command = [sys.executable, "-m", __name__]
            self._process = subprocess.Popen(command, stdin=given, stdout=subprocess.PIPE)

    def model(self) -> bytes:
        """Wait for the model. Raises TaggerNotTrained."""
        model, _ = self._process.communicate()
        if self._process.returncode != 0 or not model:
            raise TaggerNotTrained(f"exit status {self._process.returncode}")
        return model


def main() -> None:
    """Learn and write."""
    # Millions of small things that all stay until the end: looking through them again and again finds nothing.
    gc.disable()
    # Our own examples from the process that started this one.
    examples: list[Tagged] = pickle.load(sys.stdin.buffer)
    normaliser = load_normaliser()
    sys.stdout.buffer.write(Tagger(normaliser, load_concepts(normaliser)).learn(examples))


if __name__ == "__main__":
    main()
