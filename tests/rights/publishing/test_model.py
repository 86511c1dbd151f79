"""The life of an article as a pure model: what may happen when, and that nothing unpublished is ever shown."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.rights.publishing.model import (
    LONGEST_VALID,
    BadDate,
    Life,
    NotPossible,
    SamePerson,
    State,
    warning_due,
)

TODAY = date(2026, 11, 21)
NEXT_YEAR = TODAY + timedelta(days=365)
PEOPLE = st.sampled_from(["ani", "budi", "citra"])


def published(valid_until: date = NEXT_YEAR) -> Life:
    return Life().write("ani", valid_until).submit().publish("budi", TODAY)


def test_a_new_article_goes_through_review_before_anybody_reads_it() -> None:
    draft = Life().write("ani", NEXT_YEAR)
    assert (draft.state(TODAY), draft.shown(TODAY)) == (State.DRAFT, None)
    waiting = draft.submit()
    assert (waiting.state(TODAY), waiting.shown(TODAY)) == (State.IN_REVIEW, None)
    out = waiting.publish("budi", TODAY)
    assert (out.state(TODAY), out.shown(TODAY)) == (State.PUBLISHED, 1)


def test_a_draft_cannot_skip_the_review() -> None:
    with pytest.raises(NotPossible):
        Life().write("ani", NEXT_YEAR).publish("budi", TODAY)


def test_whoever_wrote_any_unreviewed_word_of_it_does_not_let_it_out() -> None:
    together = Life().write("ani", NEXT_YEAR).write("budi", NEXT_YEAR).submit()
    for writer in ("ani", "budi"):
        with pytest.raises(SamePerson):
            together.publish(writer, TODAY)
    assert together.publish("citra", TODAY).shown(TODAY) == 2


def test_words_that_a_colleague_reviewed_do_not_bind_their_writer_for_ever() -> None:
    assert published().write("citra", NEXT_YEAR).submit().publish("ani", TODAY).shown(TODAY) == 2


def test_a_restored_text_still_is_its_writer_s() -> None:
    again = published().restore("citra", 1).submit()
    for hand in ("ani", "citra"):
        with pytest.raises(SamePerson):
            again.publish(hand, TODAY)
    assert again.publish("budi", TODAY).published == 2


def test_restoring_a_version_from_before_the_reviewer_wrote_in_it_frees_the_reviewer() -> None:
    stuck = Life().write("ani", NEXT_YEAR).write("budi", NEXT_YEAR)
    assert stuck.restore("ani", 1).submit().publish("budi", TODAY).shown(TODAY) == 3


def test_a_change_during_the_review_ends_the_review() -> None:
    changed = Life().write("ani", NEXT_YEAR).submit().write("ani", NEXT_YEAR)
    assert changed.work_state is State.DRAFT


def test_the_published_text_is_read_while_the_next_one_is_written() -> None:
    life = published().write("ani", NEXT_YEAR).submit()
    assert (life.shown(TODAY), life.work_state) == (1, State.IN_REVIEW)


@pytest.mark.parametrize(
    ("days", "state"),
    [(31, State.PUBLISHED), (30, State.EXPIRING), (0, State.EXPIRING), (-1, State.EXPIRED), (-400, State.EXPIRED)],
)
def test_an_article_expires_by_the_calendar_alone(days: int, state: State) -> None:
    life = published(TODAY + timedelta(days=50))
    day = TODAY + timedelta(days=50 - days)
    assert life.state(day) is state
    assert (life.shown(day) is None) == (state is State.EXPIRED)


def test_nothing_goes_out_that_is_over_or_too_far_away() -> None:
    for wrong in (TODAY - timedelta(days=1), TODAY + LONGEST_VALID + timedelta(days=1)):
        with pytest.raises(BadDate):
            Life().write("ani", wrong).submit().publish("budi", TODAY)


def test_a_withdrawn_article_comes_back_only_through_a_review() -> None:
    gone = published().withdraw()
    assert (gone.state(TODAY), gone.shown(TODAY)) == (State.WITHDRAWN, None)
    back = gone.restore("citra", 1)
    assert back.shown(TODAY) is None
    assert back.submit().publish("budi", TODAY).shown(TODAY) == 2


def test_an_urgent_correction_takes_two_people_and_prolongs_nothing() -> None:
    asked = published().write("citra", NEXT_YEAR).ask_correction("citra")
    assert asked.shown(TODAY) == 1
    with pytest.raises(SamePerson):
        asked.correct("citra", TODAY)
    out = asked.correct("ani", TODAY)
    assert (out.shown(TODAY), out.owes_review) == (2, True)
    longer = published().write("citra", NEXT_YEAR + timedelta(days=1)).ask_correction("citra")
    with pytest.raises(BadDate):
        longer.correct("ani", TODAY)


def test_whoever_asks_for_a_correction_is_not_its_second_person_even_if_another_wrote_it() -> None:
    with pytest.raises(SamePerson):
        published().write("ani", NEXT_YEAR).ask_correction("citra").correct("citra", TODAY)


def test_a_correction_needs_something_that_is_shown() -> None:
    with pytest.raises(NotPossible):
        Life().write("ani", NEXT_YEAR).ask_correction("ani")
    expired = published(TODAY).write("citra", NEXT_YEAR).ask_correction("citra")
    with pytest.raises(NotPossible):
        expired.correct("ani", TODAY + timedelta(days=1))


def test_the_full_review_after_a_correction_clears_what_is_owed_and_a_changed_law() -> None:
    life = published().law_changed("UU 12/2022").write("citra", NEXT_YEAR).ask_correction("citra").correct("ani", TODAY)
    assert (life.marked, life.owes_review) == ("UU 12/2022", True)
    reviewed = life.write("citra", NEXT_YEAR).submit().publish("ani", TODAY)
    assert (reviewed.marked, reviewed.owes_review) == ("", False)


@pytest.mark.parametrize(
    ("left", "given", "due"),
    [
        (31, (), None),
        (30, (), 30),
        (30, (30,), None),
        (15, (30,), None),
        (14, (30,), 14),
        (10, (), 14),
        (3, (30, 14), 3),
        (0, (), 3),
        (0, (3,), None),
        (-1, (), None),
    ],
)
def test_warnings_come_30_14_and_3_days_ahead_once_each(left: int, given: tuple[int, ...], due: int | None) -> None:
    assert warning_due(TODAY + timedelta(days=left), TODAY, given) == due


class Lives(RuleBasedStateMachine):
    """Any order of events by any people, while days go by. What was let out, and by whom, is counted apart."""

    def __init__(self) -> None:
        super().__init__()
        self.life = Life()
        self.today = TODAY
        self.writers: dict[int, set[str]] = {}
        self.let_out: set[int] = set()
        self.withdrawn = False

    def happens(self, event: object) -> bool:
        """Apply an event that may be refused; a refused one changes nothing."""
        try:
            self.life = event()  # type: ignore[operator]
        except (NotPossible, SamePerson, BadDate):
            return False
        return True

    @rule(by=PEOPLE, days=st.integers(-5, 800))
    def write(self, by: str, days: int) -> None:
        base = set(self.writers.get(self.life.work or 0, ()))
        self.happens(lambda: self.life.write(by, self.today + timedelta(days=days)))
        self.writers[len(self.life.versions)] = base | {by}

    @precondition(lambda self: self.life.versions)
    @rule(by=PEOPLE, data=st.data())
    def restore(self, by: str, data: st.DataObject) -> None:
        number = data.draw(st.integers(1, len(self.life.versions)))
        self.happens(lambda: self.life.restore(by, number))
        self.writers[len(self.life.versions)] = self.writers[number] | {by}

    @rule()
    def submit(self) -> None:
        self.happens(lambda: self.life.submit())

    @rule()
    def send_back(self) -> None:
        self.happens(lambda: self.life.send_back())

    @rule(by=PEOPLE)
    def publish(self, by: str) -> None:
        reviewed, number = self.life.in_review, self.life.work
        if self.happens(lambda: self.life.publish(by, self.today)):
            assert reviewed
            assert number is not None
            assert by not in self.writers[number]
            self.let_out.add(number)
            self.withdrawn = False

    @rule(by=PEOPLE)
    def ask_correction(self, by: str) -> None:
        self.happens(lambda: self.life.ask_correction(by))

    @rule(by=PEOPLE)
    def correct(self, by: str) -> None:
        asked, number, before = self.life.correction_by, self.life.work, self.life.shown(self.today)
        if self.happens(lambda: self.life.correct(by, self.today)):
            assert asked is not None
            assert number is not None
            assert before is not None
            assert by not in self.writers[number] | {asked}
            self.let_out.add(number)

    @rule()
    def withdraw(self) -> None:
        if self.happens(lambda: self.life.withdraw()):
            self.withdrawn = True

    @rule()
    def law_changed(self) -> None:
        self.happens(lambda: self.life.law_changed("UU 1/2030"))

    @rule(days=st.integers(1, 200))
    def days_go_by(self, days: int) -> None:
        self.today += timedelta(days=days)

    @invariant()
    def only_what_was_let_out_and_is_valid_is_shown(self) -> None:
        shown = self.life.shown(self.today)
        if shown is not None:
            assert shown in self.let_out
            assert self.today <= self.life.version(shown).valid_until
            assert not self.withdrawn

    @invariant()
    def the_state_says_whether_something_is_shown(self) -> None:
        shows = self.life.state(self.today) in (State.PUBLISHED, State.EXPIRING)
        assert shows == (self.life.shown(self.today) is not None)

    @invariant()
    def no_version_is_ever_lost(self) -> None:
        assert [version.number for version in self.life.versions] == list(range(1, len(self.writers) + 1))


TestAnyOrderOfEvents = Lives.TestCase
TestAnyOrderOfEvents.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
