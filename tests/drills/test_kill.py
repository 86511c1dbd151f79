"""SIGKILL at each named point of a turn: nothing lost, nothing twice but one flagged message, order kept."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bot.killpoints import Point
from tests.drills.account import repeats
from tests.drills.kill import OF_A_TURN, PEOPLE, drill, victims

# Each kill takes a minute: here every point once, on one of the databases; `make drills` does all, several times.
HERE = {"sqlite": OF_A_TURN[::2], "postgresql": OF_A_TURN[1::2]}


@pytest.mark.parametrize(("database", "points"), HERE.items())
def test_a_kill_at_any_point_of_a_turn_loses_nothing(database: str, points: Sequence[Point]) -> None:
    with victims(database) as (product, api):
        for number, point in enumerate(points):
            people = range(1000 + number * PEOPLE, 1000 + (number + 1) * PEOPLE)
            account = drill(product, api, point, 2, people, database)
            assert account.kept, str(account)


@pytest.mark.parametrize(
    ("heard", "expected"),
    [(["a", "b"], 0), (["a", "a", "b"], 1), (["a"], None), (["b", "a"], None), (["a", "c", "b"], None)],
)
def test_the_account_sees_what_is_missing_or_twice(heard: list[str], expected: int | None) -> None:
    assert repeats(heard, ["a", "b"]) == expected
