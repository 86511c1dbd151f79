"""The pure parts of the benchmark: what samples come to, which goal counts as met, what is written down."""

from __future__ import annotations

from typing import Any

import pytest

from bench import product, report, stock
from bench.figures import Figures, Goal, NoSamples, Spread, goals
from bench.side import FRESH_TURNS, OPENING, ROUND, place_in_script
from bot.channels.web.model import BURST


def figures(turn: float, *, late: float = 0.030, per_s: float = 20.0) -> dict[str, Any]:
    return Figures(
        train_s=60.0,
        ready_s=[9.0, 10.0, 30.0],
        first_turns_s=[0.5],
        turns_s=[turn] * 20,
        turns_per_s=[per_s, per_s * 2, per_s / 2],
        cpu_per_turn_s=[0.020],
        early_s=[0.030],
        late_s=[late],
        memory_mib=600.0,
    ).summary()


def result(**more: Any) -> dict[str, Any]:
    ours, theirs = figures(0.020, per_s=90.0), {**figures(0.050), "empty_turns": 3}
    machine = {
        "cores": 2,
        "memory_gib": 8.0,
        "processor": "a processor",
        "system": "Linux",
        "python": "3.11",
        "sqlite": "3.40",
        "durable_write_ms": 0.5,
        "packages": {"rasa": "3.6.21"},
    }
    return {
        "date": "2026-11-21T09:00:00+00:00",
        "machine": machine,
        "load": {"before": 0.1, "after": 2.0},
        "product": ours,
        "stock": theirs,
        "goals": [goal.as_json() for goal in goals(ours, theirs)],
        **more,
    }


def test_one_slow_turn_moves_the_percentile_and_not_the_median() -> None:
    spread = Spread.of([0.010] * 18 + [0.500] * 2)
    assert spread.p50 == pytest.approx(10)
    assert spread.p95 == pytest.approx(500)


def test_without_samples_there_is_no_figure() -> None:
    with pytest.raises(NoSamples):
        Spread.of([])


def test_rounds_come_to_their_median_and_each_is_kept() -> None:
    summary = figures(0.020)
    assert summary["turns_per_s"] == 20.0
    assert summary["turns_per_s_rounds"] == [20.0, 40.0, 10.0]
    assert summary["ready_s"] == 10.0


def test_a_goal_is_met_on_its_limit_and_missed_beyond() -> None:
    assert Goal("turn", 0.5, 0.5).met
    assert not Goal("turn", 0.5, 0.51).met
    assert Goal("rate", 4.0, 4.0, at_most=False).met
    assert not Goal("rate", 4.0, 3.9, at_most=False).met


def test_the_peer_is_needed_for_all_goals_but_the_flat_conversation() -> None:
    ours = figures(0.020)
    assert [goal.name for goal in goals(ours, None)] == ["turn 400 against turn 5 of one conversation"]
    assert [goal.met for goal in goals(ours, figures(0.050))] == [True, False, True]


def test_a_missed_goal_is_said_on_the_page() -> None:
    slow = [Goal("median turn against the stock assistant's", 0.5, 1.25).as_json()]
    page = report.markdown(result(goals=slow))
    assert "wanted ≤ 0.5×, measured 1.25×" in page
    assert "Every goal was met" not in page


def test_a_run_without_shortfalls_says_so_and_the_page_names_machine_and_load() -> None:
    page = report.markdown(result())
    assert "Every goal was met in this run." in page
    assert "2 cores (a processor)" in page
    assert "before 0.1, after 2" in page
    assert "| turn, median (ms) | 20.0 | 50.0 | 0.40× |" in page


def test_a_side_that_was_left_out_is_shown_as_missing() -> None:
    alone = {key: value for key, value in result().items() if key != "stock"}
    assert report.rows(alone)[0] == ("turn, median (ms)", "20.0", "–", "–")


def test_turn_5_and_turn_400_say_the_same_on_both_sides() -> None:
    assert place_in_script(5) == place_in_script(400)
    for side in (product, stock):
        assert [side.line_of(turn) for turn in range(5, 5 + ROUND)] == [
            side.line_of(turn) for turn in range(400, 400 + ROUND)
        ]
        assert len(side.OPENING_LINES) == OPENING
        assert len(side.LINES) == ROUND


def test_an_ordinary_conversation_stays_below_the_web_chats_limit() -> None:
    assert FRESH_TURNS <= BURST
