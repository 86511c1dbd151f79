"""`python -m tests.safety.score`: the danger detector on the held-out lines.

`--cross` judges the examples by models that have not seen them: random fifths, then one writer left out at a time.
`--speed` measures time and memory. `--report` does all of it and writes the figures into docs/safety-model.md.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from zlib import crc32

from bot.safety.detector import Detector, load_detector
from bot.safety.examples import Example, load_examples
from bot.safety.features import load_reader
from bot.safety.model import Assessment, Message
from bot.safety.rules import load_lexicon
from bot.safety.training import ensure_model, train
from tests.safety.figures import VARIANTS, Judge, Outcome, judged

HELD_OUT = Path(__file__).parent / "heldout"
INDEPENDENT = ("first", "second", "third")
"""Two writers who saw neither the examples nor the rules."""
SAME_AUTHOR = "same_author"
"""An older set by the author of the first rules and examples: it says less."""

FOLDS = 5


def held_out(name: str) -> tuple[Example, ...]:
    """Lines that nothing is trained on or tuned to."""
    return load_examples(HELD_OUT / f"{name}.jsonl")


def independent() -> tuple[Example, ...]:
    """The lines of the independent writers."""
    return tuple(example for name in INDEPENDENT for example in held_out(name))


def judge_with(detector: Detector) -> Judge:
    """A detector as the figures want it."""

    def judge(message: Message) -> Assessment:
        return detector.assess(message.text, message.context, message.asked)

    return judge


def in_variants(examples: Sequence[Example], judge: Judge) -> dict[str, list[Outcome]]:
    """The outcomes as written, without punctuation, cut in two, mid-conversation."""
    return {name: judged(map(vary, examples), judge) for name, vary in VARIANTS.items()}


def cross_validated(groups: Sequence[str]) -> dict[str, list[Outcome]]:
    """Every example judged by a model that has seen none of its group; the rules and concepts are the same for all."""
    examples = load_examples()
    lexicon = load_lexicon()
    reader = load_reader()
    found: dict[str, list[Outcome]] = {name: [] for name in VARIANTS}
    for group in sorted(set(groups)):
        known = [example for example, of in zip(examples, groups, strict=True) if of != group]
        unknown = [example for example, of in zip(examples, groups, strict=True) if of == group]
        detector = Detector(lexicon, reader, train(known))
        for name, outcomes in in_variants(unknown, judge_with(detector)).items():
            found[name].extend(outcomes)
    return found


def random_fifths() -> list[str]:
    """A group for each example, the same at every run and whatever lines are added."""
    return [str(crc32(repr(example.message).encode()) % FOLDS) for example in load_examples()]


def writers() -> list[str]:
    """The writer of each example (those of ordinary answers as one): each wrote mostly about one subject."""
    return ["n" if example.writer.startswith("n") else example.writer for example in load_examples()]


def main() -> None:
    from tests.safety import report, speed

    ensure_model()
    sections: Iterator[str]
    if "--report" in sys.argv:
        report.write()
        return
    if "--speed" in sys.argv:
        sections = iter(speed.lines())
    elif "--cross" in sys.argv:
        sections = report.cross_lines()
    else:
        sections = report.held_out_lines(judge_with(load_detector()))
    for line in sections:
        print(line, flush=True)


if __name__ == "__main__":
    main()
