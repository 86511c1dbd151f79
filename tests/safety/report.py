"""Writes the figures of docs/safety-model.md and of the scoring command."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.config import ROOT
from bot.safety.detector import load_detector
from tests.safety import speed
from tests.safety.figures import VARIANTS, Judge, Outcome, Share, by, judged, share, summary
from tests.safety.score import (
    INDEPENDENT,
    SAME_AUTHOR,
    cross_validated,
    held_out,
    in_variants,
    independent,
    judge_with,
    random_fifths,
    writers,
)

CARD = ROOT / "docs" / "safety-model.md"
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"


def write() -> None:
    """Put today's figures between the marks of the model card."""
    text = CARD.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    figures = "\n".join((*held_out_lines(judge_with(load_detector())), "", "### Speed", ""))
    measured = "\n".join(f"- {line}" for line in speed.lines())
    CARD.write_text(f"{head}{BEGIN}\n\n{figures}\n{measured}\n\n{END}{tail}", encoding="utf-8")


def held_out_lines(judge: Judge) -> Iterator[str]:
    """The held-out figures as Markdown."""
    outcomes = in_variants(independent(), judge)
    yield "### On the held-out lines of three independent writers"
    yield ""
    yield from _variants(outcomes)
    written = outcomes["as written"]
    for name, key in {"writer": "", "form": "form", "language": "lang", "category": "category"}.items():
        yield ""
        if name == "writer":
            yield from _by_writer(judge)
        else:
            yield from _by(name, written, key)
    yield ""
    yield from _by_risk(written)
    old = summary(judged(held_out(SAME_AUTHOR), judge))
    yield ""
    yield f"On the older set by the author of the first rules: {_pairs(old)}."


def cross_lines() -> Iterator[str]:
    """The cross-validated figures as Markdown; trains two dozen times, so it takes an hour. Not part of the card."""
    for title, groups in {"in random fifths": random_fifths(), "one writer left out": writers()}.items():
        yield from cross_section(title, cross_validated(groups))


def cross_section(title: str, outcomes: dict[str, list[Outcome]]) -> Iterator[str]:
    """One way of cross-validating."""
    yield ""
    yield f"### Cross-validated on the examples, {title}"
    yield ""
    yield from _variants(outcomes)
    yield ""
    yield from _by("form", outcomes["as written"], "form")


def _variants(outcomes: dict[str, list[Outcome]]) -> Iterator[str]:
    figures = {name: summary(outcomes[name]) for name in VARIANTS}
    yield f"| figure | {' | '.join(figures)} |"
    yield f"|---|{'---|' * len(figures)}"
    for name in next(iter(figures.values())):
        yield f"| {name} | {' | '.join(str(figure[name]) for figure in figures.values())} |"


def _by(name: str, outcomes: Sequence[Outcome], label: str) -> Iterator[str]:
    yield f"| {name} | alarm at risk ≥ high | false alarm at none |"
    yield "|---|---|---|"
    for value, recall, false in by(outcomes, lambda example: str(getattr(example, label))):
        yield f"| {value} | {recall} | {false} |"


def _by_writer(judge: Judge) -> Iterator[str]:
    yield "| writer | alarm at risk ≥ high | false alarm on hard negatives | on ordinary talk |"
    yield "|---|---|---|---|"
    for name in INDEPENDENT:
        got = summary(judged(held_out(name), judge))
        hard, talk = got["false alarm on hard negatives"], got["false alarm on ordinary talk"]
        yield f"| {name} | {got['alarm at risk ≥ high']} | {hard} | {talk} |"


def _by_risk(outcomes: Sequence[Outcome]) -> Iterator[str]:
    risks = ("none", "elevated", "high", "imminent")
    yield f"| labelled | {' | '.join(f'judged {risk}' for risk in risks)} |"
    yield f"|---|{'---|' * len(risks)}"
    for risk in risks:
        shares = [
            share(outcomes, lambda o, of=risk: o.example.risk == of, lambda o, to=got: o.got.risk == to)  # type: ignore[misc]
            for got in risks
        ]
        yield f"| {risk} | {' | '.join(map(str, shares))} |"


def _pairs(figures: dict[str, Share]) -> str:
    return "; ".join(f"{name} {value}" for name, value in figures.items())
