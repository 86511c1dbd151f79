"""The closing answers by month: how many answered what and how many nothing, and no number that points at anybody."""

from __future__ import annotations

from itertools import product

from bot.accounts.model import Role, Staff
from bot.clock import ManualClock
from bot.handoff import service
from bot.handoff.team.answers import answers_by_month
from bot.handoff.team.model import ANSWERS, FEWEST_ALIKE, FEWEST_ASKED, Month, without_small
from bot.storage.unit_of_work import Database
from tests.accounts.people import join, other_organisation, worker
from tests.handoff.builders import claimed, say
from tests.handoff.desk_app import Browser, desk_app

DAY = 86_400


def close(db: Database, rani: Staff, *answers: str) -> str:
    """A conversation with a worker that ended, and what the person answered."""
    handoff_id, talk = claimed(db, rani)
    db.run_sync(lambda uow: service.say(uow, handoff_id, rani, "Halo", "m1"))
    db.run_sync(lambda uow: service.close(uow, handoff_id, rani, "rest", say))
    for question, answer in zip(("decided", "explained"), answers, strict=False):
        assert db.run_sync(lambda uow, q=question, a=answer: service.record_answer(uow, talk, q, a))
    return talk


def months(db: Database, staff: Staff) -> list[Month]:
    return db.run_sync(lambda uow: answers_by_month(uow, staff), read_only=True)


def test_a_month_counts_what_was_answered_and_what_was_not(any_db: Database, clock: ManualClock) -> None:
    sari, rani = join(any_db, Role.SUPERVISOR).staff, worker(any_db)
    for _ in range(6):
        close(any_db, rani, "yes", "no")
    for _ in range(5):
        close(any_db, rani)
    assert months(any_db, sari) == []  # the month still runs
    clock.advance(31 * DAY)
    (one,) = months(any_db, sari)
    assert (one.year, one.month, one.asked) == (2026, 11, 11)
    assert one.answers == {
        "decided": {"yes": 6, "no": 0, "skipped": 0, "open": 5},
        "explained": {"yes": 0, "no": 6, "skipped": 0, "open": 5},
    }


def test_whoever_was_not_asked_and_whoever_deleted_everything_is_not_counted(db: Database, clock: ManualClock) -> None:
    sari, rani = join(db, Role.SUPERVISOR).staff, worker(db)
    talks = [close(db, rani, "yes") for _ in range(FEWEST_ASKED + 1)]
    silent, _ = claimed(db, rani)
    db.run_sync(lambda uow: service.close(uow, silent, rani, "rest", say))
    db.run_sync(lambda uow: service.forget(uow, talks[0]))
    clock.advance(31 * DAY)
    assert [one.asked for one in months(db, sari)] == [FEWEST_ASKED]


def test_a_month_in_which_few_were_asked_shows_no_number(db: Database, clock: ManualClock) -> None:
    sari, rani = join(db, Role.SUPERVISOR).staff, worker(db)
    for _ in range(FEWEST_ASKED - 1):
        close(db, rani, "yes", "yes")
    clock.advance(31 * DAY)
    assert months(db, sari) == [Month(2026, 11, None, {})]


def test_no_small_number_is_shown_and_none_can_be_worked_out_from_the_sum() -> None:
    for counts in product((0, 1, 2, 4, 5, 7, 30), repeat=len(ANSWERS)):
        given = dict(zip(ANSWERS, counts, strict=True))
        shown = without_small(given)
        hidden = [answer for answer, count in shown.items() if count is None]
        assert all(shown[answer] in (None, given[answer]) for answer in ANSWERS)
        assert not [answer for answer in ANSWERS if 0 < given[answer] < FEWEST_ALIKE and answer not in hidden]
        if hidden and sum(counts) >= FEWEST_ASKED:
            assert len(hidden) > 1
            assert sum(given[answer] for answer in hidden) >= FEWEST_ALIKE
        if all(count == 0 or count >= FEWEST_ALIKE for count in counts):
            assert not hidden


def test_a_month_ends_by_western_indonesian_time(db: Database, clock: ManualClock) -> None:
    sari, rani = join(db, Role.SUPERVISOR).staff, worker(db)
    clock.advance(9 * DAY + 8.5 * 3600)  # 30 November 17.30 UTC is 1 December 00.30 WIB
    for _ in range(FEWEST_ASKED):
        close(db, rani, "yes")
    clock.advance(DAY)
    assert months(db, sari) == []
    clock.advance(31 * DAY)
    assert [(one.year, one.month) for one in months(db, sari)] == [(2026, 12)]


async def test_the_page_shows_one_s_own_organisation_alone(db: Database, clock: ManualClock) -> None:
    rani = worker(db)
    for _ in range(FEWEST_ASKED):
        close(db, rani, "yes", "yes")
    clock.advance(31 * DAY)
    sari = join(db, Role.SUPERVISOR)
    page = (await Browser(desk_app(db), sari).get("/desk/answers")).text
    assert "November 2026" in page
    assert "<td>10</td>" in page
    stranger = join(db, Role.SUPERVISOR, organisation_id=other_organisation(db))
    assert "Belum ada bulan" in (await Browser(desk_app(db), stranger).get("/desk/answers")).text
    assert (await Browser(desk_app(db), join(db)).get("/desk/answers")).status_code == 403
