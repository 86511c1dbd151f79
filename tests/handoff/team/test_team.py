"""The supervisor's page: who is on, who holds what, how long people wait; live, and without any content."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bot.accounts.model import Role
from bot.clock import ManualClock
from bot.handoff import live, service
from bot.handoff.levels import service_levels
from bot.handoff.team.coaching import write_note
from bot.handoff.team.reading import team_board
from bot.storage.unit_of_work import Database
from tests.accounts.people import join, other_organisation, worker
from tests.doubles.serving import serve
from tests.handoff.builders import claimed, wait
from tests.handoff.desk_app import Browser, desk_app
from tests.handoff.team.test_taking_over import take
from tests.handoff.test_live import client_says, listening, until

CONTENT = ("membanting", "takut pulang", "rumah kakak")


def board(db: Database, staff):  # type: ignore[no-untyped-def]
    return db.run_sync(lambda uow: team_board(uow, staff), read_only=True)


def speak(db: Database, handoff_id: str, staff, number: int) -> None:  # type: ignore[no-untyped-def]
    db.run_sync(lambda uow: service.say(uow, handoff_id, staff, "Halo", f"line-{number}"))


def test_it_shows_who_is_on_and_how_many_conversations_each_holds(any_db: Database) -> None:
    sari = join(any_db, Role.SUPERVISOR, designation="Penyelia Sari").staff
    rani, budi = worker(any_db, "Petugas Rani"), worker(any_db, "Petugas Budi")
    join(any_db, Role.AUDITOR)
    join(any_db, organisation_id=other_organisation(any_db))
    any_db.run_sync(lambda uow: service.heartbeat(uow, rani))
    for _ in range(2):
        claimed(any_db, rani)
    members = {one.designation: (one.online, one.holding) for one in board(any_db, sari).members}
    assert members == {"Petugas Rani": (True, 2), "Penyelia Sari": (False, 0), budi.designation: (False, 0)}
    assert board(any_db, sari).members[0].designation == "Petugas Rani"


def test_the_wait_for_an_answer_runs_from_the_first_line_that_nobody_answered(
    any_db: Database, clock: ManualClock
) -> None:
    sari, rani = join(any_db, Role.SUPERVISOR).staff, worker(any_db)
    queued = clock.now()
    handoff_id, talk = claimed(any_db, rani)

    def unanswered():  # type: ignore[no-untyped-def]
        (one,) = board(any_db, sari).held
        return one.unanswered_since

    clock.advance(60)
    assert unanswered() == queued
    speak(any_db, handoff_id, rani, 1)
    assert unanswered() is None
    clock.advance(60)
    first = clock.now()
    client_says(any_db, talk, "masih di sana?")
    clock.advance(60)
    client_says(any_db, talk, "halo?")
    assert unanswered() == first
    speak(any_db, handoff_id, rani, 2)
    assert unanswered() is None


def test_whoever_waits_longer_for_an_answer_than_their_risk_allows_is_overdue(db: Database, clock: ManualClock) -> None:
    sari, rani = join(db, Role.SUPERVISOR).staff, worker(db)
    claimed(db, rani, risk="high")
    clock.advance(service_levels()["high"].total_seconds())
    assert [one.overdue for one in board(db, sari).held] == [False]
    clock.advance(1)
    assert [one.overdue for one in board(db, sari).held] == [True]


def test_the_queue_is_counted_beside_the_service_levels(db: Database, clock: ManualClock) -> None:
    sari = join(db, Role.SUPERVISOR).staff
    wait(db, risk="high")
    since = clock.now()
    clock.advance(service_levels()["high"].total_seconds() + 1)
    wait(db, risk="high")
    wait(db)
    waits = {one.risk: one for one in board(db, sari).waits}
    assert list(waits) == ["imminent", "high", "elevated", "none"]
    assert (waits["high"].waiting, waits["high"].overdue, waits["high"].since) == (2, 1, since)
    assert (waits["none"].waiting, waits["none"].overdue) == (1, 0)
    assert (waits["imminent"].waiting, waits["imminent"].since) == (0, None)
    assert timedelta(minutes=waits["high"].minutes) == service_levels()["high"]


async def test_the_page_names_conversations_by_number_and_holds_no_content(db: Database) -> None:
    signed_in, rani = join(db, Role.SUPERVISOR), worker(db, "Petugas Rani")
    handoff_id, talk = claimed(db, rani)
    client_says(db, talk, "saya takut pulang lagi")
    waiting = wait(db).handoff_id
    page = (await Browser(desk_app(db), signed_in).get("/desk/team")).text
    assert f"/desk/conversations/{handoff_id}" in page
    assert f"/desk/conversations/{waiting}" in page
    assert "Petugas Rani, sejak" in page
    assert not [words for words in CONTENT if words in page]


async def test_another_organisation_s_team_is_not_on_it(db: Database) -> None:
    claimed(db, worker(db, "Petugas Rani"))
    wait(db)
    stranger = join(db, Role.SUPERVISOR, organisation_id=other_organisation(db))
    page = (await Browser(desk_app(db), stranger).get("/desk/team")).text
    assert "Petugas Rani" not in page
    assert "K-" not in page


async def test_a_supervisor_takes_over_with_a_plain_form_and_a_worker_is_not_offered_it(db: Database) -> None:
    rani = worker(db, "Petugas Rani")
    handoff_id, _ = claimed(db, rani)
    page = f"/desk/conversations/{handoff_id}"
    app = desk_app(db)
    assert "Ambil alih" not in (await Browser(app, join(db)).get(page)).text
    browser = Browser(app, join(db, Role.SUPERVISOR))
    form = (await browser.get(page)).text
    assert "Ambil alih dari Petugas Rani" in form
    epoch = form.split('name="epoch" value="')[1].split('"')[0]
    refused = await browser.post(f"{page}/take-over", epoch=epoch)
    assert "Pilih alasannya dulu" in (await browser.get(refused.headers["location"])).text
    assert (await browser.post(f"{page}/take-over", epoch=epoch, why="shift")).headers["location"] == page
    assert "dia membanting pintu" in (await browser.get(page)).text
    late = await Browser(app, join(db, Role.SUPERVISOR)).post(f"{page}/take-over", script=True, epoch=epoch, why="help")
    assert (late.status_code, late.json()["error"]) == (409, "already_claimed")


# Live


@pytest.fixture
def desk(db: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(live, "BEAT", 0.3)
    with serve(desk_app(db)) as base:
        yield base


def test_the_page_hears_of_claims_lines_and_takeovers_and_catches_up_after_a_cut(db: Database, desk: str) -> None:
    signed_in, rani = join(db, Role.SUPERVISOR), worker(db, "Petugas Rani")
    handoff_id, talk = claimed(db, rani)
    with listening(desk, "/desk/team/events", signed_in) as events:
        assert "menunggu jawaban" in until(events, "queue")["html"]
        speak(db, handoff_id, rani, 1)
        assert "menunggu jawaban" not in until(events, "queue")["html"]
        client_says(db, talk, "masih di sana?")
        html = until(events, "queue")["html"]
        assert "menunggu jawaban" in html
        assert "masih di sana" not in html
    claimed(db, rani)
    wait(db, risk="imminent")
    with listening(desk, "/desk/team/events", signed_in) as events:
        seen = until(events, "queue")
        assert "memegang 2" in seen["html"]
        assert (seen["waiting"], seen["danger"]) == (1, 1)


def test_the_one_before_is_told_at_once_and_hears_no_more_content(db: Database, desk: str) -> None:
    signed_in, sari = join(db), join(db, Role.SUPERVISOR, designation="Penyelia Sari").staff
    handoff_id, talk = claimed(db, signed_in.staff)
    path = f"/desk/conversations/{handoff_id}/events"
    with listening(desk, path, signed_in) as events:
        assert until(events, "holder")["mine"] is True
        take(db, handoff_id, sari)
        assert until(events, "holder") == {"mine": False, "by": "Penyelia Sari", "withdrawn": False}
        client_says(db, talk, "rahasia")
        assert "message" not in [name for name, _, _ in (next(events) for _ in range(4))]


def test_the_worker_hears_of_a_coaching_note_at_once_and_a_colleague_does_not(db: Database, desk: str) -> None:
    signed_in, other, sari = join(db), join(db), join(db, Role.SUPERVISOR).staff
    handoff_id, _ = claimed(db, signed_in.staff)
    path = f"/desk/conversations/{handoff_id}/events"
    with listening(desk, path, signed_in) as events, listening(desk, path, other) as others:
        until(events, "holder")
        until(others, "holder")
        db.run_sync(lambda uow: write_note(uow, handoff_id, sari, "Tanyakan pelan-pelan."))
        assert "Tanyakan pelan-pelan." in until(events, "coaching")["html"]
        assert "coaching" not in [name for name, _, _ in (next(others) for _ in range(3))]
