"""Several organisations in one installation: each has its own staff, and conversations come to one of them."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import select

from bot.accounts.model import Profile, Role
from bot.accounts.organisations import hotline, organisation_of, rename
from bot.accounts.service import accept_invitation, ensure_first_admin, found_organisation
from bot.accounts.store import audit, staff_of
from bot.config import Settings
from bot.installation import open_database
from bot.storage.unit_of_work import Database
from tests.accounts.people import PASSWORD, join, other_organisation
from tests.accounts.test_invitations import RANI
from tests.handoff.builders import wait
from tests.handoff.desk_app import Browser, desk_app
from tests.test_trouble import run

SARI = Profile("sari@lain.test", "Sari Dewi", "Penyelia Sari", PASSWORD)


async def test_a_new_organisation_begins_with_an_admin_and_an_empty_desk(any_db: Database) -> None:
    join(any_db)
    token = any_db.run_sync(lambda uow: found_organisation(uow, "LBH Contoh"))
    sari = accept_invitation(any_db, token, SARI).staff
    assert sari.roles == {Role.ADMIN}
    assert any_db.run_sync(lambda uow: staff_of(uow, sari.organisation_id)) == [sari]
    found = any_db.run_sync(lambda uow: organisation_of(uow, sari))
    assert (found.name, found.receives) == ("LBH Contoh", False)
    wait(any_db)
    worker = join(any_db, Role.WORKER, organisation_id=sari.organisation_id)
    assert "Tidak ada yang menunggu" in (await Browser(desk_app(any_db), worker).get("/desk")).text


def test_the_first_organisation_receives_the_conversations_whatever_it_is_called(db: Database) -> None:
    rani = join(db, Role.ADMIN).staff
    db.run_sync(lambda uow: rename(uow, rani, "Rumah Aman"))
    found = db.run_sync(lambda uow: organisation_of(uow, rani))
    assert (found.id, found.name, found.receives) == (db.run_sync(hotline), "Rumah Aman", True)


async def test_another_organisation_takes_conversations_once_its_admin_says_so_and_until_they_say_no(
    any_db: Database,
) -> None:
    sari = join(any_db, Role.ADMIN, organisation_id=other_organisation(any_db))
    browser = Browser(desk_app(any_db), sari)

    def takes() -> bool:
        return any_db.run_sync(lambda uow: organisation_of(uow, sari.staff)).receives

    assert "Mulai menerima" in (await browser.get("/desk/organisation")).text
    for wanted in (True, True, False):
        assert (await browser.post("/desk/organisation/receiving", takes=str(wanted).lower())).status_code == 303
        assert takes() is wanted
    with any_db.unit(read_only=True) as uow:
        said = uow.db.execute(select(audit.c.action).where(audit.c.action.like("organisation.receives%"))).scalars()
        assert sorted(said) == ["organisation.receives_off", "organisation.receives_on"]


async def test_the_first_organisation_can_not_stop_taking_them(db: Database) -> None:
    admin = join(db, Role.ADMIN)
    browser = Browser(desk_app(db), admin)
    assert "/desk/organisation/receiving" not in (await browser.get("/desk/organisation")).text
    await browser.post("/desk/organisation/receiving", takes="false")
    assert db.run_sync(lambda uow: organisation_of(uow, admin.staff)).receives


def test_the_command_prints_a_link_that_the_first_admin_can_use(tmp_path: Path) -> None:
    done = run("organisation", "LBH Contoh", DATA_DIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    link = re.search(r"first admin of LBH Contoh: open http://\S+/desk/invite/([\w-]+)", done.stderr)
    assert link is not None
    db = open_database(Settings(_env_file=None, data_dir=tmp_path))
    assert accept_invitation(db, link[1], SARI).staff.roles == {Role.ADMIN}
    db.engine.dispose()


def test_other_organisations_do_not_stand_in_the_way_of_the_first_admin_nor_he_in_theirs(any_db: Database) -> None:
    other = any_db.run_sync(lambda uow: found_organisation(uow, "LBH Contoh"))
    assert any_db.run_sync(ensure_first_admin)
    accept_invitation(any_db, other, SARI)
    first = any_db.run_sync(ensure_first_admin)
    assert first
    accept_invitation(any_db, first, RANI)
    assert any_db.run_sync(ensure_first_admin) is None
