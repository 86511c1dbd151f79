"""Cross-validation by writer: nobody is on both sides, and recall is counted at a fixed share of false alarms."""

from __future__ import annotations

from bot.safety.examples import Example, load_examples
from bot.safety.model import Category, Message, Risk
from tests.safety.crossval import PARTS, Scored, parts, recall


def _scored(risk: Risk, sure: float) -> Scored:
    category = Category.NONE if risk is Risk.NONE else Category.SELF_HARM
    return Scored(Example(Message("halo"), risk, category, "id"), "first text", sure)


def test_each_writer_is_in_one_part_and_no_part_is_far_larger_than_another() -> None:
    examples = load_examples()
    found = parts(examples)
    assert len(found) == PARTS
    assert sorted(writer for part in found for writer in part) == sorted({example.writer for example in examples})
    sizes = [sum(example.writer in part for example in examples) for part in found]
    assert max(sizes) < 1.5 * min(sizes)


def test_recall_is_counted_at_the_threshold_that_lets_so_many_harmless_lines_through() -> None:
    harmless = [_scored(Risk.NONE, at / 10) for at in range(11)]
    grave = [_scored(Risk.HIGH, sure) for sure in (0.2, 0.85, 0.95, 0.99)]
    lines = [*harmless, *grave]
    assert recall(lines, lambda example: True, 0.1) == 0.5
    assert recall(lines, lambda example: True, 0.5) == 0.75
