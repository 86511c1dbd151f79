"""SIGKILL at each named point of a turn: nothing lost, nothing twice but one flagged message, order kept."""

from __future__ import annotations

import pytest

from tests.drills.kill import OF_A_TURN, PEOPLE, drill, repeats, victims


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_kill_at_any_point_of_a_turn_loses_nothing(database: str) -> None:
    with victims(database) as (product, api):
        for number, point in enumerate(OF_A_TURN):
            people = range(1000 + number * PEOPLE, 1000 + (number + 1) * PEOPLE)
            account = drill(product, api, point, 2, people, database)
            assert account.kept, str(account)


@pytest.mark.parametrize(
    ("heard", "expected"),
    [(["a", "b"], 0), (["a", "a", "b"], 1), (["a"], None), (["b", "a"], None), (["a", "c", "b"], None)],
)
def test_the_account_sees_what_is_missing_or_twice(heard: list[str], expected: int | None) -> None:
    assert repeats(heard, ["a", "b"]) == expected
