"""The states of a handoff, checked over the whole graph and not by example."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.handoff.model import (
    HELD,
    TERMINAL,
    TRANSITIONS,
    BadText,
    Event,
    NotPermitted,
    State,
    advance,
    check_line,
    higher_risk,
    risk_rank,
    sources,
)


def reachable(start: State) -> set[State]:
    seen, waiting = {start}, [start]
    while waiting:
        for after in TRANSITIONS[waiting.pop()].values():
            if after not in seen:
                seen.add(after)
                waiting.append(after)
    return seen


def test_each_state_has_its_row_and_is_reached_from_an_offer() -> None:
    assert set(TRANSITIONS) == set(State)
    assert reachable(State.OFFERED) == set(State)


def test_each_event_moves_something() -> None:
    assert all(sources(event) for event in Event)


def test_exactly_four_states_are_the_end() -> None:
    assert {State.CLOSED, State.RETURNED_TO_BOT, State.WITHDRAWN, State.EXPIRED} == TERMINAL


@pytest.mark.parametrize("state", sorted(set(State) - TERMINAL))
def test_from_each_live_state_an_end_is_reachable(state: State) -> None:
    assert reachable(state) & TERMINAL


@pytest.mark.parametrize("state", sorted(set(State) - TERMINAL))
def test_the_person_can_leave_in_each_live_state(state: State) -> None:
    assert advance(state, Event.WITHDRAW) is State.WITHDRAWN


@pytest.mark.parametrize("state", sorted(TERMINAL))
@pytest.mark.parametrize("event", list(Event))
def test_nothing_leads_out_of_an_end(state: State, event: Event) -> None:
    with pytest.raises(NotPermitted):
        advance(state, event)


@pytest.mark.parametrize("state", sorted(HELD))
def test_a_vanished_worker_always_puts_the_person_back_into_the_queue(state: State) -> None:
    assert advance(state, Event.LOSE_WORKER) is State.QUEUED


def test_nobody_waits_or_is_held_without_consent() -> None:
    without = {
        state: {event: after for event, after in ways.items() if event is not Event.CONSENT}
        for state, ways in TRANSITIONS.items()
    }
    seen, waiting = {State.OFFERED}, [State.OFFERED]
    while waiting:
        fresh = set(without[waiting.pop()].values()) - seen
        seen |= fresh
        waiting += fresh
    assert not seen & (HELD | {State.QUEUED})


def test_a_claim_starts_only_from_the_queue() -> None:
    assert sources(Event.CLAIM) == {State.QUEUED}


@given(st.lists(st.sampled_from(Event), max_size=40))
def test_any_sequence_of_events_stays_inside_the_graph_and_stops_at_an_end(events: list[Event]) -> None:
    state = State.OFFERED
    for event in events:
        allowed = event in TRANSITIONS[state]
        try:
            state = advance(state, event)
        except NotPermitted:
            assert not allowed
        else:
            assert allowed


@given(
    st.sampled_from(["none", "elevated", "high", "imminent"]), st.sampled_from(["none", "elevated", "high", "imminent"])
)
def test_the_higher_of_two_risks_wins(one: str, other: str) -> None:
    assert risk_rank(higher_risk(one, other)) == max(risk_rank(one), risk_rank(other))


@pytest.mark.parametrize(("text", "rule"), [("", "empty"), (" \n\t ", "empty"), ("x" * 4001, "long")])
def test_an_empty_or_endless_line_is_refused(text: str, rule: str) -> None:
    with pytest.raises(BadText) as refused:
        check_line(text)
    assert refused.value.rule == rule
