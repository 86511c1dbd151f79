"""A link lets one person in, once, for three days."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from bot.accounts.model import (
    InvitationInvalid,
    LastAdmin,
    LoginTaken,
    Profile,
    RecordNotFound,
    Role,
    WeakPassword,
    attempt_delay,
    check_password,
)
from bot.accounts.own_account import set_language
from bot.accounts.service import accept_invitation, ensure_first_admin, invite, open_invitation, switch
from bot.accounts.sessions import find_session
from bot.accounts.store import audit, find_staff, invitation, staff_of
from bot.clock import ManualClock
from bot.storage.unit_of_work import Database
from tests.accounts.people import PASSWORD, join, other_organisation

RANI = Profile("rani@contoh.test", "Nur Rahmani Siregar", "Petugas Rani", PASSWORD)


def test_the_first_start_offers_one_link_and_stops_once_it_was_used(any_db: Database) -> None:
    earlier = any_db.run_sync(ensure_first_admin)
    token = any_db.run_sync(ensure_first_admin)
    assert earlier
    assert token
    with pytest.raises(InvitationInvalid):
        accept_invitation(any_db, earlier, RANI)
    signed_in = accept_invitation(any_db, token, RANI)
    assert Role.ADMIN in signed_in.staff.roles
    assert any_db.run_sync(lambda uow: find_session(uow, signed_in.token)) is not None
    assert any_db.run_sync(ensure_first_admin) is None


def test_a_link_works_once(db: Database) -> None:
    admin = join(db, Role.ADMIN).staff
    token = db.run_sync(lambda uow: invite(uow, admin, {Role.WORKER}))
    assert db.run_sync(lambda uow: open_invitation(uow, token)).roles == {Role.WORKER}
    accept_invitation(db, token, RANI)
    with pytest.raises(InvitationInvalid):
        accept_invitation(db, token, Profile("lain@contoh.test", "Lain", "Petugas Lain", PASSWORD))


def test_two_who_use_a_link_at_once_get_one_account(any_db: Database) -> None:
    token = any_db.run_sync(ensure_first_admin)
    outcomes: list[str] = []

    def use(number: int) -> None:
        try:
            accept_invitation(any_db, token or "", Profile(f"n{number}@x.test", "Nama", "Petugas", PASSWORD))
            outcomes.append("in")
        except InvitationInvalid:
            outcomes.append("refused")

    threads = [threading.Thread(target=use, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["in", "refused", "refused", "refused"]


def test_a_link_ends_after_72_hours(db: Database, clock: ManualClock) -> None:
    admin = join(db, Role.ADMIN).staff
    token = db.run_sync(lambda uow: invite(uow, admin, {Role.WORKER}))
    clock.advance(72 * 3600)
    with pytest.raises(InvitationInvalid):
        accept_invitation(db, token, RANI)


def test_the_database_holds_no_link(db: Database) -> None:
    token = db.run_sync(ensure_first_admin)
    with db.unit(read_only=True) as uow:
        assert token not in repr(uow.db.execute(select(invitation)).all())


def test_a_taken_login_name_leaves_the_link_usable(any_db: Database) -> None:
    admin = join(any_db, Role.ADMIN, login="rani@contoh.test").staff
    token = any_db.run_sync(lambda uow: invite(uow, admin, {Role.WORKER}))
    with pytest.raises(LoginTaken):
        accept_invitation(any_db, token, RANI)
    assert accept_invitation(any_db, token, Profile("rani2@contoh.test", "Rani", "Petugas Rani", PASSWORD))


def test_names_and_logins_can_not_be_read_from_the_file(db: Database) -> None:
    accept_invitation(db, db.run_sync(ensure_first_admin) or "", RANI)
    db.engine.dispose()
    folder = Path(str(db.engine.url.database)).parent
    raw = b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())
    for secret in ("Siregar", "rani@contoh", "Petugas Rani", PASSWORD):
        assert secret.encode() not in raw


def test_the_last_admin_can_not_be_switched_off(db: Database) -> None:
    admin = join(db, Role.ADMIN).staff
    with pytest.raises(LastAdmin):
        db.run_sync(lambda uow: switch(uow, admin, admin.id, active=False))
    second = join(db, Role.ADMIN).staff
    db.run_sync(lambda uow: switch(uow, second, admin.id, active=False))
    with pytest.raises(LastAdmin):
        db.run_sync(lambda uow: switch(uow, second, second.id, active=False))


def test_another_organisation_s_colleague_is_not_found(db: Database) -> None:
    admin = join(db, Role.ADMIN).staff
    stranger = join(db, organisation_id=other_organisation(db)).staff
    with pytest.raises(RecordNotFound):
        db.run_sync(lambda uow: switch(uow, admin, stranger.id, active=False))
    assert stranger.id not in {member.id for member in db.run_sync(lambda uow: staff_of(uow, admin.organisation_id))}


def test_inviting_joining_and_switching_are_on_record_without_any_name(db: Database) -> None:
    admin = join(db, Role.ADMIN).staff
    accept_invitation(db, db.run_sync(lambda uow: invite(uow, admin, {Role.WORKER})), RANI)
    rows = db.run_sync(lambda uow: uow.db.execute(select(audit)).all())
    assert {"staff.invite", "staff.join", "session.sign_in"} <= {row.action for row in rows}
    assert "Rani" not in repr(rows)
    assert "rani" not in repr(rows)


def test_the_language_of_one_s_pages_is_kept(db: Database) -> None:
    rani = join(db).staff
    db.run_sync(lambda uow: set_language(uow, rani, "en"))
    found = db.run_sync(lambda uow: find_staff(uow, rani.id))
    assert found is not None
    assert found.lang == "en"


@pytest.mark.parametrize(
    ("password", "rule"),
    [
        ("pendek", "short"),
        ("x" * 11, "short"),
        ("y" * 257, "long"),
        ("aaaaaaaaaaaaaaa", "obvious"),
        ("121212121212", "obvious"),
        ("rahmani@siregar", "obvious"),
        ("siregar12345", "obvious"),
    ],
)
def test_a_password_that_is_easy_to_guess_is_refused(password: str, rule: str) -> None:
    with pytest.raises(WeakPassword) as refused:
        check_password(password, "rani@contoh.test", "Nur Rahmani Siregar")
    assert refused.value.rule == rule


@given(st.integers(0, 10_000))
def test_waiting_never_gets_shorter_with_more_failures_and_never_endless(failures: int) -> None:
    assert attempt_delay(failures) <= attempt_delay(failures + 1)
    assert attempt_delay(failures).total_seconds() <= 15 * 60
