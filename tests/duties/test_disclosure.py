"""The rules of a disclosure, over every order in which people may press the buttons."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.accounts.model import Role
from bot.duties import disclosure as rules
from bot.duties.content import load_duties
from bot.duties.disclosure import (
    LEFT,
    TRANSITIONS,
    BadDraft,
    Disclosure,
    Draft,
    Event,
    NotPossible,
    NotTheirs,
    SamePerson,
    State,
    Told,
)

DUTIES = load_duties()
GROUND = DUTIES.grounds[0]
START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
PEOPLE = ("rani", "sari", "tono")

DRAFT = Draft(
    ground=GROUND.code,
    fields={"where": "rumah bercat hijau", "danger": "ada pisau"},
    recipient=GROUND.recipients[0],
    contact="petugas jaga",
    reason="ia tidak bisa menelepon sendiri",
    told="first",
)


def item(**more: object) -> Disclosure:
    base = Disclosure(
        id="d",
        conversation_id="c",
        handoff_id="h",
        organisation_id="o",
        ground=GROUND.code,
        recipient=GROUND.recipients[0],
        told=Told.NOT_SAFE,
        state=State.DRAFTED,
        drafted_by="rani",
        drafted_at=START,
        fields={"where": "rumah bercat hijau"},
    )
    return replace(base, **more)  # type: ignore[arg-type]  # tests name the fields


def step(
    before: Disclosure, event: Event, by: str, roles: frozenset[Role], words: str, now: datetime
) -> Disclosure | None:
    """What becomes of it, None when it is refused."""
    try:
        if event is Event.MAKE:
            return rules.make(before, by, roles, DUTIES, now)
        if event is Event.DROP:
            return rules.drop(before, by)
        if event is Event.TELL:
            return rules.tell(before, now)
        return rules.review(before, event, words, by, roles, DUTIES, now)
    except (NotPossible, NotTheirs, SamePerson, BadDraft):
        return None


MOVES = st.lists(
    st.tuples(
        st.sampled_from(Event),
        st.sampled_from(PEOPLE),
        st.frozensets(st.sampled_from(Role), max_size=3),
        st.sampled_from(["", "  ", "tidak perlu"]),
    ),
    max_size=12,
)


@given(MOVES, st.sampled_from(Told))
def test_whatever_is_pressed_in_whatever_order_the_rules_hold(moves: list[tuple], told: Told) -> None:  # type: ignore[type-arg]
    now, roles_of = item(told=told), dict[str, frozenset[Role]]()
    for minutes, (event, by, roles, words) in enumerate(moves):
        after = step(now, event, by, roles, words, START + timedelta(minutes=minutes))
        if after is None:
            continue
        assert after.state is TRANSITIONS[now.state][event]
        roles_of[event] = roles
        # What was written is what is passed on: no step changes it.
        unchanged = ("ground", "recipient", "fields", "told", "drafted_by", "handoff_id")
        assert all(getattr(after, name) == getattr(now, name) for name in unchanged)
        now = after
    assert (now.made_by is not None) == (now.state in LEFT)
    if now.made_by is not None:
        assert roles_of[Event.MAKE] & DUTIES.deciding.roles
    if now.reviewed_by is not None:
        assert now.reviewed_by not in (now.drafted_by, now.made_by)
        assert (roles_of.get(Event.UPHOLD) or roles_of[Event.OBJECT]) & DUTIES.second_review.roles
    if now.state is State.OBJECTED:
        assert now.review
    if told is Told.FIRST or now.state not in LEFT:
        assert now.told_at is None


@given(st.sampled_from(State), st.sampled_from(Event))
def test_an_event_that_the_state_does_not_know_is_refused(state: State, event: Event) -> None:
    everything = frozenset(Role)
    after = step(item(state=state, made_by="sari", made_at=START), event, "tono", everything, "x", START)
    if event not in TRANSITIONS[state]:
        assert after is None


def test_nothing_comes_after_a_review_but_telling_the_client() -> None:
    for state in (State.UPHELD, State.OBJECTED):
        assert set(TRANSITIONS[state]) == {Event.TELL}
    assert TRANSITIONS[State.DROPPED] == {}


def test_a_draft_holds_what_the_ground_allows_and_nothing_besides() -> None:
    padded = replace(DRAFT, fields={**DRAFT.fields, "reach": "   "}, contact=" petugas jaga ")
    clean = rules.check(padded, DUTIES)
    assert clean.fields == DRAFT.fields
    assert clean.contact == "petugas jaga"


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"ground": "curiosity"}, "ground"),
        ({"fields": {"where": "x", "health": "y"}}, "field_not_allowed"),
        ({"fields": {"whole_story": "x"}}, "field_not_allowed"),
        ({"fields": {"where": "  "}}, "nothing"),
        ({"recipient": "tetangga"}, "recipient"),
        ({"contact": " "}, "contact"),
        ({"reason": ""}, "reason"),
        ({"told": "perhaps"}, "told"),
        ({"told": "not_safe"}, "why_not"),
        ({"fields": {"where": "x" * 301}}, "long"),
        ({"reason": "x" * 1001}, "long"),
    ],
)
def test_a_draft_that_breaks_a_rule_is_refused_with_its_name(change: dict[str, object], rule: str) -> None:
    with pytest.raises(BadDraft) as refused:
        rules.check(replace(DRAFT, **change), DUTIES)  # type: ignore[arg-type]
    assert refused.value.rule == rule


def test_what_is_late_is_seen() -> None:
    made = item(state=State.MADE, made_by="sari", made_at=START)
    day = timedelta(hours=24)
    assert not made.review_overdue(DUTIES, START + day)
    assert made.review_overdue(DUTIES, START + day + timedelta(seconds=1))
    assert made.telling_overdue(DUTIES, START + day + timedelta(seconds=1))
    told = rules.tell(made, START)
    assert told.client_knows
    assert not told.telling_overdue(DUTIES, START + 2 * day)
    assert not item(state=State.DRAFTED).client_knows
