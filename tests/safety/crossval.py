"""`python -m tests.safety.crossval`: how well danger is told apart in lines of writers whom the model has not seen.

A fifth of the writers is left out at a time. What counts is the share of grave lines that are seen where the threshold
lets a fixed share of the harmless ones through, so that two ways of learning can be compared. To choose by; the
held-out lines are for afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bot.safety.detector import Detector
from bot.safety.examples import Example, load_examples
from bot.safety.features import load_reader
from bot.safety.model import RANK, Message, Risk
from bot.safety.rules import load_lexicon
from bot.safety.training import train
from tests.safety.figures import cut_in_two

PARTS = 5
FALSE_ALARMS = {"hard negatives": (0.10, 0.05), "ordinary talk": (0.02, 0.01)}
"""Shares of harmless lines that may raise an alarm."""


@dataclass(frozen=True)
class Scored:
    """A line, how it was shown, and how sure the model was of at least high risk."""

    example: Example
    shown: str
    sure: float


def parts(examples: Sequence[Example]) -> list[frozenset[str]]:
    """The writers in parts of about as many lines; each in turn, by name, joins the smallest part."""
    lines = {writer: sum(example.writer == writer for example in examples) for writer in _writers(examples)}
    found: list[set[str]] = [set() for _ in range(PARTS)]
    for writer in lines:
        min(found, key=lambda part: sum(lines[of] for of in part)).add(writer)
    return [frozenset(part) for part in found if part]


def scored(examples: Sequence[Example], say: Callable[[str], None] = print) -> list[Scored]:
    """Every line as a model judges it that was trained without its writer."""
    lexicon = load_lexicon()
    reader = load_reader()
    found: list[Scored] = []
    for part in parts(examples):
        say(f"without {', '.join(sorted(part))} …")
        detector = Detector(lexicon, reader, train([e for e in examples if e.writer not in part]))
        for example in examples:
            if example.writer in part:
                found.extend(_scored(detector, example))
    return found


def recall(lines: Sequence[Scored], harmless: Callable[[Example], bool], share: float) -> float:
    """How many grave lines are seen where `share` of the harmless ones raise a false alarm."""
    grave = np.array([line.sure for line in lines if RANK[line.example.risk] >= RANK[Risk.HIGH]])
    none = [line.sure for line in lines if line.example.risk is Risk.NONE and harmless(line.example)]
    return float((grave > np.quantile(none, 1 - share)).mean()) if none and len(grave) else float("nan")


def table(lines: Sequence[Scored]) -> Iterator[str]:
    """Recall at fixed shares of false alarms, as Markdown."""
    limits = [(kind, share) for kind, shares in FALSE_ALARMS.items() for share in shares]
    yield f"| lines | {' | '.join(f'at {share:.0%} of {kind}' for kind, share in limits)} |"
    yield f"|---|{'---|' * len(limits)}"
    for shown in ("first text", "after others", "cut in two"):
        of = [line for line in lines if line.shown == shown]
        values = (recall(of, _KINDS[kind], share) for kind, share in limits)
        yield f"| {shown} | {' | '.join(f'{value:.3f}' for value in values)} |"


def _hard(example: Example) -> bool:
    return example.form != "ordinary"


def _talk(example: Example) -> bool:
    # The ordinary answers of n1 … are easy for a model that knows those of their fellows.
    return example.form == "ordinary" and example.writer.startswith("w")


_KINDS: dict[str, Callable[[Example], bool]] = {"hard negatives": _hard, "ordinary talk": _talk}


def _scored(detector: Detector, example: Example) -> Iterator[Scored]:
    shown = "after others" if example.message.context else "first text"
    yield Scored(example, shown, _sure(detector, example.message))
    if not example.message.context:
        yield Scored(example, "cut in two", _sure(detector, cut_in_two(example).message))


def _sure(detector: Detector, message: Message) -> float:
    guess = detector.guess(message)
    return guess.at_least[Risk.HIGH] if guess else 0.0


def _writers(examples: Sequence[Example]) -> list[str]:
    return sorted({example.writer for example in examples})


if __name__ == "__main__":
    for line in table(scored(load_examples())):
        print(line, flush=True)
