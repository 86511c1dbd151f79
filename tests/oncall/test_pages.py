"""The page of open alerts: by number, without content, and ticked off by a named person."""

from __future__ import annotations

from sqlalchemy import select

from bot.accounts.model import Role
from bot.accounts.store import audit
from bot.handoff import service as handoff
from bot.safety import service as safety
from bot.safety.model import Assessment, Category, Risk
from bot.storage.unit_of_work import Database
from tests.accounts.people import join, other_organisation
from tests.handoff.builders import conversation, wait
from tests.handoff.desk_app import Browser, desk_app

NOW = Assessment(Risk.IMMINENT, Category.VIOLENCE_NOW)


def in_danger(db: Database) -> str:
    """Somebody in danger who waits in the queue."""
    talk = conversation(db)
    db.run_sync(lambda uow: safety.react(uow, talk, NOW))
    wait(db, talk, risk="imminent", reason="danger", note_text="", note={})
    return talk


async def test_it_shows_who_waits_in_danger_and_nothing_of_what_was_said(db: Database) -> None:
    in_danger(db)
    page = (await Browser(desk_app(db), join(db)).get("/desk/alerts")).text
    assert "Klien K-1" in page
    assert "Buka percakapan" in page
    assert "pintu" not in page


async def test_whoever_left_the_queue_can_still_be_ticked_off_by_a_named_person(db: Database) -> None:
    talk = in_danger(db)
    db.run_sync(lambda uow: handoff.withdraw(uow, talk))
    signed_in = join(db)
    browser = Browser(desk_app(db), signed_in)
    assert "Buka percakapan" not in (await browser.get("/desk/alerts")).text
    assert (await browser.post(f"/desk/alerts/{talk}/seen")).status_code == 303
    assert "Tidak ada" in (await browser.get("/desk/alerts")).text
    (done,) = db.run_sync(lambda uow: safety.alerts_of(uow, talk), read_only=True)
    assert done.acknowledged_by == signed_in.staff.id
    with db.unit(read_only=True) as uow:
        rows = uow.db.execute(select(audit.c.staff_id, audit.c.record_id).where(audit.c.action == "alert.acknowledge"))
        assert [tuple(row) for row in rows] == [(signed_in.staff.id, talk)]
    assert (await browser.post(f"/desk/alerts/{talk}/seen")).status_code == 404


async def test_another_organisation_sees_and_ticks_off_danger_in_a_conversation_that_it_was_given(db: Database) -> None:
    theirs = other_organisation(db)
    join(db)
    talk = conversation(db)
    waiting = wait(db, talk, organisation_id=theirs).handoff_id
    db.run_sync(lambda uow: safety.react(uow, talk, NOW))
    sari, rani = Browser(desk_app(db), join(db, organisation_id=theirs)), Browser(desk_app(db), join(db))
    assert f"/desk/conversations/{waiting}" in (await sari.get("/desk/alerts")).text
    own = (await rani.get("/desk/alerts")).text
    assert "K-1" in own
    assert waiting not in own
    assert (await sari.post(f"/desk/alerts/{talk}/seen")).status_code == 303
    assert "K-1" not in (await rani.get("/desk/alerts")).text


async def test_another_organisation_sees_none_and_ticks_none_off(db: Database) -> None:
    talk = in_danger(db)
    stranger = Browser(desk_app(db), join(db, Role.WORKER, organisation_id=other_organisation(db)))
    assert "K-1" not in (await stranger.get("/desk/alerts")).text
    assert (await stranger.post(f"/desk/alerts/{talk}/seen")).status_code == 404
    assert len(db.run_sync(safety.open_alerts, read_only=True)) == 1
