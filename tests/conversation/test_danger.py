"""What waits is judged once in the same light, by whoever looks first, and no words of it stay in memory."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from bot.conversation.danger import MOST_JUDGED, Judgements
from bot.conversation.model import Kind, Pending

TEXT = "dia di depan pintu bawa pisau"


class Counting:
    """A guard that counts what it is asked and finds everything suspicious."""

    def __init__(self, *, alarming: bool = False) -> None:
        self.alarming = alarming
        self.asked: list[tuple[str, tuple[str, ...], str | None]] = []

    def assess(self, text: str, context: Sequence[str], asked: str | None) -> str:
        self.asked.append((text, tuple(context), asked))
        return "suspicious"

    def alarms(self, judgement: Any) -> bool:
        return self.alarming

    def answer(self, *_: Any) -> None:
        raise AssertionError("nobody answers here")


def waiting(text: str, *, inbox_id: str = "1", kind: Kind = Kind.TEXT) -> Pending:
    return Pending(
        inbox_id=inbox_id,
        kind=kind,
        text=text,
        payload=None,
        ref=None,
        attempts=0,
        received_at=datetime(2026, 11, 30, tzinfo=UTC),
        screened=False,
        silent=False,
    )


def test_the_same_message_in_the_same_light_is_judged_once() -> None:
    guard = Counting()
    judgements = Judgements(guard)
    first = judgements.of([waiting(TEXT)], ("halo",), "safe")
    again = judgements.of([waiting(TEXT)], ("halo",), "safe")
    assert first == again == [(waiting(TEXT), "suspicious")]
    assert guard.asked == [(TEXT, ("halo",), "safe")]


def test_another_question_or_another_story_before_it_is_another_light() -> None:
    guard = Counting()
    judgements = Judgements(guard)
    for recent, asked in [((), None), ((), "danger"), (("halo",), "danger")]:
        judgements.of([waiting("iya")], recent, asked)
    assert guard.asked == [("iya", (), None), ("iya", (), "danger"), ("iya", ("halo",), "danger")]


def test_the_same_words_in_two_messages_are_two_messages() -> None:
    guard = Counting()
    judgements = Judgements(guard)
    judgements.of([waiting(TEXT, inbox_id="1")], (), None)
    judgements.of([waiting(TEXT, inbox_id="2")], (), None)
    assert len(guard.asked) == 2


def test_a_flood_is_not_judged_anew_by_each_of_its_turns() -> None:
    guard = Counting()
    judgements = Judgements(guard)
    flood = [waiting(f"pesan {number}", inbox_id=str(number)) for number in range(20)]
    recent: tuple[str, ...] = ()
    for at in range(len(flood)):
        judgements.of(flood[at:], recent, None)
        recent = (*recent, flood[at].text or "")[-3:]
    assert len(guard.asked) == len(flood)


def test_whoever_looks_out_knows_what_a_turn_has_seen() -> None:
    judgements = Judgements(Counting())
    assert not judgements.seen(["1"])
    judgements.of([waiting(TEXT, inbox_id="1")], (), None)
    assert judgements.seen(["1"])
    assert not judgements.seen(["1", "2"])


def test_an_alarm_that_a_turn_found_and_did_not_answer_is_found_again() -> None:
    judgements = Judgements(Counting(alarming=True))
    judgements.of([waiting(TEXT, inbox_id="1")], (), None)
    assert not judgements.seen(["1"])
    assert len(judgements.of([waiting(TEXT, inbox_id="1")], (), None)) == 1


def test_a_press_and_what_was_judged_before_are_only_context() -> None:
    guard = Counting()
    judgements = Judgements(guard)
    press = waiting("menu", inbox_id="1", kind=Kind.PRESS)
    judgements.of([press, waiting(TEXT, inbox_id="2"), waiting("iya", inbox_id="3")], (), None, known={"2"})
    assert [text for text, _, _ in guard.asked] == ["iya"]
    assert guard.asked[0][1] == ("menu", TEXT)


def test_nothing_that_a_client_wrote_stays_in_memory_and_the_memory_is_bounded() -> None:
    judgements = Judgements(Counting())
    for number in range(MOST_JUDGED + 10):
        judgements.of([waiting(f"{TEXT} {number}", inbox_id=str(number))], (), None)
    kept = pickle.dumps([vars(judgements)[name] for name in ("_judged", "_seen")])
    assert b"pisau" not in kept
    assert len(judgements._judged) == len(judgements._seen) == MOST_JUDGED
