"""A request's rules: the law's time, grounds of a refusal, and who may delete."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.requests.model import (
    ARTICLES,
    DUE,
    REFUSALS,
    Answered,
    BadRequest,
    Kind,
    Refusal,
    Request,
    SamePerson,
    Shown,
    State,
    kind_of,
    may_carry_out,
    received,
    refusal_of,
    shown_of,
)

NOW = datetime(2026, 11, 30, 3, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ASKED = Request("r", "t", "K-1", Kind.DELETE, Shown.CHAT, State.OPEN, NOW, NOW + DUE, "rani", None, None, None)


def test_three_days_to_the_second() -> None:
    assert timedelta(hours=3 * 24) == DUE
    assert not ASKED.overdue(ASKED.due_at)
    assert ASKED.overdue(ASKED.due_at + timedelta(seconds=1))


def test_an_answer_in_time_stays_in_time_and_a_late_one_stays_late() -> None:
    in_time = replace(ASKED, state=State.DONE, answered_at=NOW + 71 * HOUR)
    late = replace(ASKED, state=State.DONE, answered_at=NOW + 73 * HOUR)
    assert not in_time.overdue(NOW + 9_000 * HOUR)
    assert late.overdue(NOW + 9_000 * HOUR)


def test_each_kind_names_its_articles_and_can_be_refused_to_whoever_is_not_the_person() -> None:
    assert set(ARTICLES) == set(REFUSALS) == set(Kind)
    assert all(Refusal.NOT_THE_PERSON in grounds for grounds in REFUSALS.values())


def test_seeing_deleting_and_taking_back_are_refused_to_nobody_else() -> None:
    for kind in (Kind.SEE, Kind.EXPORT, Kind.DELETE, Kind.WITHDRAW):
        for ground in set(Refusal) - {Refusal.NOT_THE_PERSON}:
            with pytest.raises(BadRequest):
                refusal_of(ground, kind)


@pytest.mark.parametrize(
    ("read", "rule"),
    [
        (lambda: kind_of("x"), "kind"),
        (lambda: shown_of(""), "shown"),
        (lambda: refusal_of("", Kind.SEE), "refusal"),
        (lambda: received("", NOW), "when"),
        (lambda: received("2026-11-30T10:02", NOW), "when"),
        (lambda: received("2026-10-31T09:59", NOW), "when"),
    ],
)
def test_what_is_missing_or_impossible_is_named(read, rule: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(BadRequest) as refused:
        read()
    assert refused.value.rule == rule


def test_a_form_says_the_time_in_western_indonesian_time() -> None:
    assert received("2026-11-30T09:30", NOW) == NOW - HOUR / 2
    assert received("2026-11-30T10:00", NOW.replace(second=40)) == NOW


def test_who_wrote_a_deletion_down_does_not_carry_it_out_and_nobody_does_so_twice() -> None:
    may_carry_out(ASKED, "sari")
    with pytest.raises(SamePerson):
        may_carry_out(ASKED, "rani")
    may_carry_out(replace(ASKED, kind=Kind.RESTRICT), "rani")
    with pytest.raises(Answered):
        may_carry_out(replace(ASKED, state=State.REFUSED), "sari")
