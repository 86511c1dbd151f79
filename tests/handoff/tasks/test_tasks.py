"""The duties of the law as tasks: planned, given to somebody, due on a day, ticked; on record, sealed, forgotten."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.accounts.model import RecordNotFound, Role, Staff
from bot.accounts.sessions import start_session
from bot.accounts.store import audit
from bot.clock import WIB, ManualClock
from bot.content import BrokenContent
from bot.conversation.model import Keeping
from bot.erasing import erase_all
from bot.handoff import service, transfer
from bot.handoff.model import NotKept, NotYours
from bot.handoff.tasks.content import DUTIES, duties, load_duties
from bot.handoff.tasks.model import FARTHEST, BadTask, Task, day_given
from bot.handoff.tasks.reading import TaskBoard, due_count, task_board, tasks_of
from bot.handoff.tasks.service import change, drop, owners, plan, tick
from bot.handoff.tasks.store import task
from bot.storage.unit_of_work import Database
from tests.accounts.people import join, other_organisation, worker
from tests.handoff.builders import claimed, conversation, say
from tests.handoff.desk_app import Browser, desk_app
from tests.handoff.team.test_taking_over import supervisor

TODAY = date(2026, 11, 21)
DAY = 24 * 60 * 60


def in_days(db: Database, days: int) -> str:
    return ((db.clock.now() + WIB).date() + timedelta(days=days)).isoformat()


def planned(db: Database, handoff_id: str, staff: Staff, kind: str, days: int, owner: Staff | None = None) -> str:
    due, by = in_days(db, days), (owner or staff).id
    return db.run_sync(lambda uow: plan(uow, handoff_id, staff, kind, due, by))


def beside(db: Database, handoff_id: str, staff: Staff) -> tuple[Task, ...]:
    return db.run_sync(lambda uow: tasks_of(uow, handoff_id, staff), read_only=True)


def board(db: Database, staff: Staff) -> TaskBoard:
    return db.run_sync(lambda uow: task_board(uow, staff), read_only=True)


def due(db: Database, staff: Staff) -> int:
    return db.run_sync(lambda uow: due_count(uow, staff), read_only=True)


def kinds(tasks: tuple[Task, ...]) -> list[str]:
    return [one.kind for one in tasks]


def test_the_four_duties_of_the_law_are_there_in_both_languages() -> None:
    assert list(duties()) == ["counselling", "rights", "shelter", "coordination"]
    assert [duty.law[-1] for duty in duties().values()] == list("abcd")
    assert all(set(duty.label) == {"id", "en"} for duty in duties().values())


@pytest.mark.parametrize(("broken", "what"), [("code: rights", "twice"), ("kode: shelter", "not a known field")])
def test_a_broken_list_of_duties_is_named_with_its_line(tmp_path: Path, broken: str, what: str) -> None:
    path = tmp_path / "tasks.yml"
    path.write_text(DUTIES.read_text().replace("code: shelter", broken))
    with pytest.raises(BrokenContent, match=what):
        load_duties(path)


@pytest.mark.parametrize("given", ["", "besok", "2026-11-20", "2027-11-22", "2026-02-30"])
def test_a_day_that_is_over_or_too_far_or_none_is_refused(given: str) -> None:
    with pytest.raises(BadTask):
        day_given(given, TODAY)
    assert day_given("2026-11-21", TODAY) == TODAY
    assert day_given("2027-11-21", TODAY) == TODAY + FARTHEST


def test_a_duty_is_planned_for_a_colleague_counted_when_it_is_due_and_ticked_once(
    any_db: Database, clock: ManualClock
) -> None:
    rani, budi = worker(any_db, "Petugas Rani"), worker(any_db, "Petugas Budi")
    handoff_id, _ = claimed(any_db, rani)
    shelter = planned(any_db, handoff_id, rani, "shelter", 2, budi)
    planned(any_db, handoff_id, rani, "coordination", 0)
    assert [(one.kind, one.owner, one.late) for one in beside(any_db, handoff_id, rani)] == [
        ("coordination", "Petugas Rani", False),
        ("shelter", "Petugas Budi", False),
    ]
    assert (due(any_db, rani), due(any_db, budi)) == (1, 0)
    clock.advance(3 * DAY)
    assert (due(any_db, rani), due(any_db, budi)) == (1, 1)
    assert [one.late for one in board(any_db, budi).mine] == [True]
    for _ in range(2):
        assert any_db.run_sync(lambda uow: tick(uow, shelter, budi, done=True)) == handoff_id
    assert due(any_db, budi) == 0
    (done,) = board(any_db, budi).done
    assert (done.kind, done.done_by, done.late) == ("shelter", "Petugas Budi", False)
    any_db.run_sync(lambda uow: tick(uow, shelter, budi, done=False))
    assert kinds(board(any_db, budi).mine) == ["shelter"]
    deeds = [row.action for row in any_db.run_sync(lambda uow: uow.db.execute(select(audit)).all())]
    assert [deed for deed in deeds if deed.startswith("task.")] == [
        "task.plan",
        "task.plan",
        "task.done",
        "task.reopen",
    ]


def test_what_was_done_at_once_is_recorded_in_one_s_own_name_today(db: Database) -> None:
    rani, budi = worker(db, "Petugas Rani"), worker(db)
    handoff_id, _ = claimed(db, rani)
    db.run_sync(lambda uow: plan(uow, handoff_id, rani, "rights", "", budi.id, done=True))
    (one,) = beside(db, handoff_id, rani)
    assert (one.kind, one.owner, one.done_by, one.due.isoformat()) == (
        "rights",
        "Petugas Rani",
        "Petugas Rani",
        in_days(db, 0),
    )


def test_it_gets_another_day_and_owner_and_is_taken_back(any_db: Database, clock: ManualClock) -> None:
    rani, budi = worker(any_db), worker(any_db)
    handoff_id, _ = claimed(any_db, rani)
    made = planned(any_db, handoff_id, rani, "shelter", 1)
    first, later = in_days(any_db, 1), in_days(any_db, 9)
    clock.advance(4 * DAY)
    # Somebody else takes an overdue one as it is; a new day may not be over already.
    any_db.run_sync(lambda uow: change(uow, made, rani, first, budi.id))
    assert [one.due.isoformat() for one in board(any_db, budi).mine] == [first]
    with pytest.raises(BadTask):
        any_db.run_sync(lambda uow: change(uow, made, budi, in_days(any_db, -1), budi.id))
    any_db.run_sync(lambda uow: change(uow, made, budi, later, budi.id))
    assert not board(any_db, budi).mine[0].late
    any_db.run_sync(lambda uow: drop(uow, made, budi))
    assert board(any_db, budi).mine == ()


def test_only_somebody_of_the_organisation_who_may_hold_conversations_gets_one(db: Database) -> None:
    rani, budi, auditor = worker(db), worker(db), join(db, Role.AUDITOR).staff
    stranger = join(db, organisation_id=other_organisation(db)).staff
    handoff_id, _ = claimed(db, rani)
    made = planned(db, handoff_id, rani, "shelter", 1)
    for who in (auditor, stranger):
        with pytest.raises(BadTask):
            planned(db, handoff_id, rani, "shelter", 1, who)
        with pytest.raises(BadTask):
            db.run_sync(lambda uow, who=who: change(uow, made, rani, in_days(db, 1), who.id))
    assert [one.id for one in db.run_sync(lambda uow: owners(uow, budi))] == [budi.id, rani.id]
    with pytest.raises(BadTask):
        planned(db, handoff_id, rani, "arrest", 1)


def test_only_its_owner_the_holder_and_supervisors_see_and_change_it(db: Database) -> None:
    rani, budi, third, sari = worker(db), worker(db), worker(db), supervisor(db)
    handoff_id, _ = claimed(db, rani)
    made = planned(db, handoff_id, rani, "shelter", 1, budi)
    seen = {name: board(db, who) for name, who in {"rani": rani, "budi": budi, "third": third, "sari": sari}.items()}
    assert {name: kinds((*one.mine, *one.others)) for name, one in seen.items()} == {
        "rani": ["shelter"],
        "budi": ["shelter"],
        "third": [],
        "sari": ["shelter"],
    }
    with pytest.raises(RecordNotFound):
        db.run_sync(lambda uow: tick(uow, made, third, done=True))
    with pytest.raises(NotYours):
        planned(db, handoff_id, budi, "rights", 1)
    db.run_sync(lambda uow: service.close(uow, handoff_id, rani, "other", say))
    # The one who held it is done with it; what is still owed stays with whoever has it to do.
    assert (board(db, rani).others, kinds(board(db, budi).mine)) == ((), ["shelter"])


def test_another_organisation_that_takes_the_conversation_sees_none_and_the_one_before_no_more(
    any_db: Database,
) -> None:
    rani, elsewhere = worker(any_db), other_organisation(any_db)
    sari = join(any_db, Role.SUPERVISOR, Role.WORKER, organisation_id=elsewhere).staff
    handoff_id, talk = claimed(any_db, rani)
    made = planned(any_db, handoff_id, rani, "shelter", 0)
    any_db.run_sync(lambda uow: transfer.offer_to_organisation(uow, handoff_id, rani, elsewhere, say))
    any_db.run_sync(lambda uow: transfer.answer(uow, talk, "bare"))
    any_db.run_sync(lambda uow: transfer.accept(uow, handoff_id, sari, say))
    assert beside(any_db, handoff_id, sari) == ()
    assert (board(any_db, rani).mine, due(any_db, rani)) == ((), 0)
    for who in (rani, sari):
        with pytest.raises(RecordNotFound):
            any_db.run_sync(lambda uow, who=who: tick(uow, made, who, done=True))


def test_the_kind_is_sealed_and_goes_with_the_person(any_db: Database) -> None:
    rani = worker(any_db)
    handoff_id, talk = claimed(any_db, rani)
    planned(any_db, handoff_id, rani, "shelter", 1)
    (row,) = any_db.run_sync(lambda uow: uow.db.execute(select(task)).all())
    assert b"shelter" not in row.kind
    any_db.run_sync(lambda uow: erase_all(uow, talk))
    assert any_db.run_sync(lambda uow: uow.db.execute(select(task)).all()) == []
    assert board(any_db, rani) == TaskBoard((), (), ())


@pytest.mark.parametrize("keeping", [Keeping.REFUSED, Keeping.UNDECIDED])
async def test_without_consent_to_keeping_nothing_is_planned_and_the_desk_says_why(
    db: Database, keeping: Keeping
) -> None:
    rani = join(db)
    handoff_id, _ = claimed(db, rani.staff, conversation_id=conversation(db, keeping=keeping))
    with pytest.raises(NotKept):
        planned(db, handoff_id, rani.staff, "rights", 1)
    page = (await Browser(desk_app(db), rani).get(f"/desk/conversations/{handoff_id}")).text
    assert "jadi tidak ada tugas yang dicatat" in page


async def test_plain_forms_plan_tick_change_and_take_back(db: Database, clock: ManualClock) -> None:
    rani = join(db, designation="Petugas Rani")
    handoff_id, _ = claimed(db, rani.staff)
    browser, page = Browser(desk_app(db), rani), f"/desk/conversations/{handoff_id}"
    assert (await browser.get(page)).text.count("belum direncanakan") == 4
    given = {"kind": "shelter", "due": in_days(db, 1), "owner": rani.staff.id}
    sent = await browser.post(f"{page}/tasks", **given)
    assert sent.headers["location"] == f"{page}?notice=task_saved#tasks"
    assert (await browser.get(page)).text.count("belum direncanakan") == 3
    refused = await browser.post(f"{page}/tasks", **{**given, "due": in_days(db, -1)})
    assert "pilih hari ini atau sesudahnya" in (await browser.get(refused.headers["location"])).text
    clock.advance(2 * DAY)
    again = Browser(desk_app(db), db.run_sync(lambda uow: start_session(uow, rani.staff)))
    assert "1 tugas Anda jatuh tempo" in (await again.get("/desk")).text
    listed = (await again.get("/desk/tasks")).text
    assert "Rumah aman atau tempat tinggal alternatif" in listed
    assert "Lewat batas" in listed
    (one,) = board(db, rani.staff).mine
    wrong = await again.post(f"/desk/tasks/{one.id}", due="", owner=rani.staff.id)
    assert "paling jauh setahun lagi" in (await again.get(wrong.headers["location"])).text
    await again.post(f"/desk/tasks/{one.id}", due=in_days(db, 3), owner=rani.staff.id)
    assert "Lewat batas" not in (await again.get("/desk/tasks")).text
    back = await again.post(f"/desk/tasks/{one.id}/done", done="true", back="/desk/tasks")
    assert back.headers["location"] == "/desk/tasks"
    assert "selesai, Petugas Rani" in (await again.get("/desk/tasks")).text
    await again.post(f"/desk/tasks/{one.id}/drop")
    assert "selesai, Petugas Rani" not in (await again.get("/desk/tasks")).text
