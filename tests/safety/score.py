"""`python -m tests.safety.score`: the crisis detector on the held-out lines; `--cross`: cross-validated on examples.

heldout.jsonl was written before the lexicon and the examples, but by the same author: it says less than lines by
others would.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bot.safety.detector import Detector, load_detector
from bot.safety.learned import Example, LearnedModel, load_examples
from bot.safety.model import RANK, Assessment, Risk
from bot.safety.rules import load_lexicon

HERE = Path(__file__).parent
FOLDS = 5


@dataclass(frozen=True)
class Score:
    """Shares from 0 to 1."""

    recall_high: float
    recall_imminent: float
    recall_elevated: float
    false_alarms: float
    gentle_false: float
    category_right: float
    misses: tuple[str, ...]


def held_out() -> tuple[Example, ...]:
    """The lines that nothing is trained on or tuned to."""
    return load_examples(HERE / "heldout.jsonl")


def rate(pairs: Iterable[tuple[Example, Assessment]]) -> Score:
    """How the assessments compare with the labels."""
    pairs = list(pairs)
    misses = [
        f"{example.risk}/{example.category} -> {got.risk}/{got.category} "
        f"({', '.join(e.rule for e in got.evidence)}): {example.text}"
        for example, got in pairs
        if example.risk is not got.risk
    ]
    high = [got for example, got in pairs if RANK[example.risk] >= RANK[Risk.HIGH]]
    imminent = [got for example, got in pairs if example.risk is Risk.IMMINENT]
    elevated = [got for example, got in pairs if example.risk is Risk.ELEVATED]
    none = [got for example, got in pairs if example.risk is Risk.NONE]
    alarmed = [(example, got) for example, got in pairs if RANK[example.risk] >= RANK[Risk.HIGH] and got.alarm]
    return Score(
        _share(got.alarm for got in high),
        _share(got.alarm for got in imminent),
        _share(got.risk is not Risk.NONE for got in elevated),
        _share(got.alarm for got in none),
        _share(got.risk is Risk.ELEVATED for got in none),
        _share(example.category is got.category for example, got in alarmed),
        tuple(misses),
    )


def cross_validate() -> Score:
    """The examples, each judged by a model that has not seen it (the rules have: they were written beside them)."""
    lexicon = load_lexicon()
    examples = load_examples()
    pairs = []
    for fold in range(FOLDS):
        known = [example for number, example in enumerate(examples) if number % FOLDS != fold]
        detector = Detector(lexicon, LearnedModel(known, lexicon.normaliser))
        pairs.extend((e, detector.assess(e.text)) for n, e in enumerate(examples) if n % FOLDS == fold)
    return rate(pairs)


def _share(right: Iterable[bool]) -> float:
    values = list(right)
    return sum(values) / len(values)


def main() -> None:
    if "--cross" in sys.argv:
        score = cross_validate()
    else:
        detector = load_detector()
        score = rate((example, detector.assess(example.text)) for example in held_out())
    for miss in score.misses:
        print(miss)
    print(
        f"recall at risk >= high {score.recall_high:.3f}  imminent seen as alarm {score.recall_imminent:.3f}  "
        f"elevated seen {score.recall_elevated:.3f}\nfalse alarms {score.false_alarms:.3f}  "
        f"needless gentle questions {score.gentle_false:.3f}  category right {score.category_right:.3f}"
    )


if __name__ == "__main__":
    main()
