"""An organisation that asks for a second step: whoever has none sets one up at the next sign-in, before all else."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from bot.accounts import second_step
from bot.accounts.guard import BEFORE_SET_UP, SET_UP_PAGE
from bot.accounts.model import Role, Staff
from bot.accounts.organisations import ask_for_second_step, hotline, organisation_of
from bot.accounts.service import accept_way_back, offer_way_back
from bot.accounts.sessions import find_session, start_session
from bot.accounts.store import audit, staff_of
from bot.clock import ManualClock
from bot.storage.unit_of_work import Database
from tests.accounts.people import PASSWORD, join, other_organisation
from tests.accounts.test_matrix import address, desk_routes
from tests.accounts.test_second_step import code_now, set_up
from tests.handoff.desk_app import Browser, desk_app


@pytest.fixture
def admin(any_db: Database) -> Staff:
    return join(any_db, Role.ADMIN).staff


def ask(db: Database, by: Staff, *, asked: bool = True) -> None:
    db.run_sync(lambda uow: ask_for_second_step(uow, by, asked=asked))


def must_set_up(db: Database, token: str) -> bool:
    session = db.run_sync(lambda uow: find_session(uow, token), read_only=True)
    assert session is not None
    return session.must_set_up


def test_it_holds_from_the_next_sign_in_on_for_whoever_has_none(
    any_db: Database, clock: ManualClock, admin: Staff
) -> None:
    rani, budi = join(any_db), join(any_db).staff
    stranger = join(any_db, organisation_id=other_organisation(any_db)).staff
    set_up(any_db, budi)
    clock.advance(60)
    ask(any_db, admin)
    assert not must_set_up(any_db, rani.token)  # nobody is cut off in the middle of a conversation
    tokens = [
        any_db.run_sync(lambda uow, who=who: start_session(uow, who)).token for who in (rani.staff, budi, stranger)
    ]
    assert [must_set_up(any_db, token) for token in tokens] == [True, False, False]
    ask(any_db, admin, asked=False)
    assert not must_set_up(any_db, tokens[0])


def test_saying_it_twice_moves_nothing_and_stands_in_the_audit_trail_once(
    any_db: Database, clock: ManualClock, admin: Staff
) -> None:
    ask(any_db, admin)
    since = any_db.run_sync(lambda uow: organisation_of(uow, admin)).second_step_from
    clock.advance(60)
    ask(any_db, admin)
    assert any_db.run_sync(lambda uow: organisation_of(uow, admin)).second_step_from == since
    for _ in range(2):
        ask(any_db, admin, asked=False)
    actions = any_db.run_sync(lambda uow: uow.db.execute(select(audit.c.action)).scalars().all())
    assert [name for name in actions if name.startswith("organisation.second_step")] == [
        "organisation.second_step_on",
        "organisation.second_step_off",
    ]


async def test_before_it_is_set_up_each_page_leads_there_and_nothing_is_done(db: Database) -> None:
    admin = join(db, Role.ADMIN).staff
    ask(db, admin)
    rani = join(db, *Role)  # who is invited is led there too
    browser, app = Browser(desk_app(db), rani), desk_app(db)
    for route, method, action in desk_routes(app):
        if action in BEFORE_SET_UP:
            continue
        path = address(route, "x")
        answer = await (browser.get(path) if method == "GET" else browser.post(path, asked="false", name="Lain"))
        assert (answer.status_code, answer.headers["location"]) == (303, SET_UP_PAGE), (method, path)
    assert (await browser.post("/desk/heartbeat", script=True)).json() == {"error": "second_step"}
    assert (await browser.get("/publish")).headers["location"] == SET_UP_PAGE
    assert db.run_sync(lambda uow: organisation_of(uow, admin)).second_step_from is not None


async def test_once_it_is_set_up_the_desk_opens(db: Database) -> None:
    ask(db, join(db, Role.ADMIN).staff)
    join(db, login="rani@contoh.test")
    browser = Browser(desk_app(db))
    answer = await browser.post("/desk/login", login="rani@contoh.test", password=PASSWORD)
    landed = await browser.get(answer.headers["location"])
    page = (await browser.get(landed.headers["location"])).text
    assert "Pasang langkah kedua dulu" in page
    assert "/desk/alerts" not in page
    browser.csrf = re.search(r'name="csrf" value="(\w+)"', page)[1]  # type: ignore[index]
    wrong = await browser.post(SET_UP_PAGE, password="bukan ini sandinya")
    assert wrong.status_code == 400
    assert "Kata sandi sekarang tidak cocok" in wrong.text
    assert "Pasang langkah kedua dulu" in wrong.text
    assert "Batal" not in (await browser.post(SET_UP_PAGE, password=PASSWORD)).text
    rani = next(who for who in staff(db) if who.login == "rani@contoh.test")
    done = await browser.post(f"{SET_UP_PAGE}/confirm", code=code_now(db, rani))
    assert "kode pemulihan" in done.text.casefold()
    assert (await browser.get("/desk")).status_code == 200
    assert (await browser.get(SET_UP_PAGE)).headers["location"] == "/desk/account#second-step"


def staff(db: Database) -> list[Staff]:
    return db.run_sync(lambda uow: staff_of(uow, hotline(uow)))


async def test_it_can_not_be_switched_off_by_oneself_while_it_is_asked_for(db: Database) -> None:
    admin, rani = join(db, Role.ADMIN).staff, join(db)
    set_up(db, rani.staff)
    ask(db, admin)
    browser = Browser(desk_app(db), rani)
    assert "Matikan langkah kedua" not in (await browser.get("/desk/account")).text
    answer = await browser.post("/desk/account/second-step/off", password=PASSWORD)
    assert "tetap menyala" in (await browser.get(answer.headers["location"])).text
    assert db.run_sync(lambda uow: second_step.standing(uow, rani.staff.id)).on


def test_whoever_comes_back_in_without_their_phone_sets_it_up_anew(any_db: Database, admin: Staff) -> None:
    rani = join(any_db).staff
    set_up(any_db, rani)
    ask(any_db, admin)
    link = any_db.run_sync(lambda uow: offer_way_back(uow, admin, rani.id))
    back = accept_way_back(any_db, link, "enam angsa di sawah")
    assert must_set_up(any_db, back.token)


async def test_an_admin_sets_it_with_a_plain_form_and_sees_how_many_have_none(db: Database, clock: ManualClock) -> None:
    admin = join(db, Role.ADMIN)
    join(db)
    set_up(db, join(db).staff)
    browser = Browser(desk_app(db), admin)
    clock.advance(60)
    assert "Wajibkan langkah kedua" in (await browser.get("/desk/organisation")).text
    await browser.post("/desk/organisation/second-step", asked="true")
    page = (await browser.get("/desk/organisation?done=second_step")).text
    assert "Jangan wajibkan lagi" in page
    assert "belum punya: 2." in page
