"""Counts of what the detector saw and missed, with Wilson intervals."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import sqrt

from bot.safety.examples import Example
from bot.safety.model import RANK, Assessment, Message, Risk

Judge = Callable[[Message], Assessment]


@dataclass(frozen=True)
class Outcome:
    """A labelled message and what the detector made of it."""

    example: Example
    got: Assessment


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    right: int
    of: int

    @property
    def value(self) -> float:
        return self.right / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's interval at 95 %."""
        if not self.of:
            return (0.0, 1.0)
        z, n, p = 1.96, self.of, self.value
        middle, spread = p + z * z / (2 * n), z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return ((middle - spread) / (1 + z * z / n), (middle + spread) / (1 + z * z / n))

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value:.3f} ({low:.3f}–{high:.3f}; {self.right}/{self.of})" if self.of else "–"


def judged(examples: Iterable[Example], judge: Judge) -> list[Outcome]:
    """Each example as the detector judges it."""
    return [Outcome(example, judge(example.message)) for example in examples]


def grave(outcome: Outcome) -> bool:
    return RANK[outcome.example.risk] >= RANK[Risk.HIGH]


def harmless(outcome: Outcome) -> bool:
    return outcome.example.risk is Risk.NONE


def alarmed(outcome: Outcome) -> bool:
    return outcome.got.alarm


def share(outcomes: Iterable[Outcome], counts: Callable[[Outcome], bool], right: Callable[[Outcome], bool]) -> Share:
    """How many of those that count are right."""
    counted = [outcome for outcome in outcomes if counts(outcome)]
    return Share(sum(right(outcome) for outcome in counted), len(counted))


def summary(outcomes: Sequence[Outcome]) -> dict[str, Share]:
    """The figures that the goals are set in."""
    return {
        "alarm at risk ≥ high": share(outcomes, grave, alarmed),
        "alarm at imminent": share(outcomes, lambda o: o.example.risk is Risk.IMMINENT, alarmed),
        "elevated seen (any risk)": share(
            outcomes, lambda o: o.example.risk is Risk.ELEVATED, lambda o: o.got.risk is not Risk.NONE
        ),
        "false alarm on hard negatives": share(outcomes, lambda o: harmless(o) and not ordinary(o), alarmed),
        "false alarm on ordinary talk": share(outcomes, lambda o: harmless(o) and ordinary(o), alarmed),
        "needless gentle question": share(outcomes, harmless, lambda o: o.got.risk is Risk.ELEVATED),
        "category right (of right alarms)": share(
            outcomes, lambda o: grave(o) and o.got.alarm, lambda o: o.example.category is o.got.category
        ),
    }


def ordinary(outcome: Outcome) -> bool:
    return outcome.example.form == "ordinary"


def by(outcomes: Sequence[Outcome], key: Callable[[Example], str]) -> list[tuple[str, Share, Share]]:
    """Alarms at risk ≥ high and false alarms at none, for each value of a label."""
    values = sorted({key(outcome.example) for outcome in outcomes})
    rows = []
    for value in values:
        of = [outcome for outcome in outcomes if key(outcome.example) == value]
        rows.append((value, share(of, grave, alarmed), share(of, harmless, alarmed)))
    return rows


def without_punctuation(example: Example) -> Example:
    """Lower case, letters, digits and signs of feeling only."""
    said = tuple(_bare(text) for text in example.message.context)
    return replace(example, message=Message(_bare(example.message.text), said, example.message.asked))


def cut_in_two(example: Example) -> Example:
    """Sent as two messages; what is too short to be cut stays."""
    message = example.message
    words = message.text.split()
    if len(words) < 4:
        return example
    at = len(words) // 2
    said = (*message.context, " ".join(words[:at]))
    return replace(example, message=Message(" ".join(words[at:]), said, None))


def mid_conversation(example: Example) -> Example:
    """After two ordinary texts."""
    message = example.message
    said = ("halo kak mau cerita boleh", "aku lagi di kos, baru pulang kerja", *message.context)
    return replace(example, message=Message(message.text, said, message.asked))


def _bare(text: str) -> str:
    return " ".join(re.sub(r"[.,!?;:…\"“”()\-–]+", " ", text.lower()).split()) or text


VARIANTS: dict[str, Callable[[Example], Example]] = {
    "as written": lambda example: example,
    "lower case, no punctuation": without_punctuation,
    "cut in two by sending": cut_in_two,
    "mid-conversation": mid_conversation,
}
