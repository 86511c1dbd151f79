"""Whole talks, each with what must and what must not happen at each turn, and what the note holds at the end."""

from __future__ import annotations

import pytest

from tests.talk.conftest import Pipe
from tests.talk.script import all_talks, end_complaints, talk_through

TALKS = all_talks()
LONG = 10
"""Client turns of a talk that counts as a long one."""


def test_there_are_sixty_talks_and_fifteen_long_ones() -> None:
    assert len(TALKS) >= 60
    assert sum(talk.client_turns >= LONG for talk in TALKS) >= 15


def test_every_talk_goes_as_written(pipe: Pipe, subtests_of_talks: dict[str, list[str]]) -> None:
    for talk in TALKS:
        subtests_of_talks[talk.name] += talk_through(talk, pipe.ask)
    finals = pipe.finals()
    for talk in TALKS:
        subtests_of_talks[talk.name] += end_complaints(talk.end, finals[talk.name])
    failed = {name: found for name, found in subtests_of_talks.items() if found}
    assert not failed, "\n".join(f"{name}\n  " + "\n  ".join(found) for name, found in failed.items())


@pytest.fixture
def subtests_of_talks() -> dict[str, list[str]]:
    """Complaints by talk."""
    return {talk.name: [] for talk in TALKS}
