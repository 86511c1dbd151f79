"""Signing in holds: throttled without locking the owner out, digests only, sessions that end."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import select

from bot.accounts.model import Role, TooManyAttempts, WrongCredentials
from bot.accounts.passwords import matches
from bot.accounts.service import change_roles, switch
from bot.accounts.sessions import csrf_token, end_every_session, end_session, find_session, touch
from bot.accounts.signing_in import Source, sign_in
from bot.accounts.store import login_attempt, staff_session
from bot.clock import ManualClock
from bot.storage.unit_of_work import Database
from tests.accounts.people import PASSWORD, join

MINUTE = 60


def session_of(db: Database, token: str):  # type: ignore[no-untyped-def]
    return db.run_sync(lambda uow: find_session(uow, token))


def test_the_right_password_starts_a_session_with_a_new_token(any_db: Database) -> None:
    first = join(any_db, login="rani@contoh.test")
    again = sign_in(any_db, " RANI@contoh.test ", PASSWORD, Source("10.0.0.1"), old_token=first.token)
    assert again.token != first.token
    assert session_of(any_db, first.token) is None
    found = session_of(any_db, again.token)
    assert found.staff.id == first.staff.id
    assert found.csrf == csrf_token(again.token) != again.token


def test_the_database_holds_no_token(db: Database) -> None:
    signed_in = join(db)
    with db.unit(read_only=True) as uow:
        stored = uow.db.execute(select(staff_session.c.id)).scalars().all()
    assert signed_in.token not in stored


@pytest.mark.parametrize("login", ["rani@contoh.test", "nobody@contoh.test"])
def test_a_wrong_password_and_an_unknown_name_look_the_same(db: Database, login: str) -> None:
    join(db, login="rani@contoh.test")
    with pytest.raises(WrongCredentials):
        sign_in(db, login, "bukan kata sandinya", Source("10.0.0.1"))


def test_an_unknown_name_takes_as_long_as_a_wrong_password(db: Database) -> None:
    join(db, login="rani@contoh.test")

    def seconds(login: str) -> float:
        taken = []
        for number in range(5):
            begun = time.process_time()
            with pytest.raises(WrongCredentials):
                sign_in(db, login, "bukan kata sandinya", Source(f"{login}{number}"))
            taken.append(time.process_time() - begun)
        return sorted(taken)[2]

    assert seconds("nobody@contoh.test") > 0.6 * seconds("rani@contoh.test")


def test_guesses_are_slowed_down_and_end_up_waiting_a_quarter_of_an_hour(db: Database, clock: ManualClock) -> None:
    join(db, login="rani@contoh.test")
    waits = []
    for _ in range(40):
        try:
            sign_in(db, "rani@contoh.test", "tebakan sembarangan", Source("10.6.6.6"))
        except WrongCredentials:
            continue
        except TooManyAttempts as error:
            waits.append(error.seconds)
            clock.advance(error.seconds)
    assert waits[:3] == [30, 60, 120]
    assert max(waits) == 15 * MINUTE


def test_a_stranger_who_guesses_does_not_lock_the_owner_out(any_db: Database) -> None:
    rani = join(any_db, login="rani@contoh.test")
    guess_until_blocked(any_db, "rani@contoh.test", "10.6.6.6")
    # from another address, and even from the same address in the browser that the owner used before
    assert sign_in(any_db, "rani@contoh.test", PASSWORD, Source("10.0.0.1"))
    assert sign_in(any_db, "rani@contoh.test", PASSWORD, Source("10.6.6.6", device=rani.device))


def test_a_known_browser_of_somebody_else_opens_no_way_around(db: Database) -> None:
    join(db, login="rani@contoh.test")
    budi = join(db, login="budi@contoh.test")
    guess_until_blocked(db, "rani@contoh.test", "10.6.6.6")
    with pytest.raises(TooManyAttempts):
        sign_in(db, "rani@contoh.test", PASSWORD, Source("10.6.6.6", device=budi.device))


def test_guessing_through_many_names_from_one_address_is_stopped(db: Database) -> None:
    outcomes = [guess(db, f"nama{number}", "10.6.6.6") for number in range(45)]
    assert outcomes == ["wrong"] * 40 + ["wait"] * 5


def test_hundreds_of_guesses_from_many_addresses_open_nothing_and_the_owner_still_gets_in(db: Database) -> None:
    rani = join(db, login="rani@contoh.test")
    outcomes = [guess(db, "rani@contoh.test", f"10.6.{number % 15}.6") for number in range(300)]
    assert outcomes.count("wrong") == 15 * 5
    assert outcomes.count("wait") == 300 - 15 * 5
    assert sign_in(db, "rani@contoh.test", PASSWORD, Source("10.0.0.1"))
    assert sign_in(db, "rani@contoh.test", PASSWORD, Source("10.6.1.6", rani.device))


def test_neither_names_nor_addresses_of_attempts_are_stored(db: Database) -> None:
    with pytest.raises(WrongCredentials):
        sign_in(db, "rani@contoh.test", "tebakan", Source("10.6.6.6"))
    with db.unit(read_only=True) as uow:
        stored = repr(uow.db.execute(select(login_attempt)).all())
    assert "rani" not in stored
    assert "10.6.6.6" not in stored


def test_a_session_ends_after_half_an_hour_without_a_deed(db: Database, clock: ManualClock) -> None:
    token = join(db).token
    clock.advance(29 * MINUTE)
    found = session_of(db, token)
    db.run_sync(lambda uow: touch(uow, found.id))
    clock.advance(29 * MINUTE)
    assert session_of(db, token) is not None
    clock.advance(2 * MINUTE)
    assert session_of(db, token) is None


def test_a_session_ends_after_twelve_hours_however_busy(db: Database, clock: ManualClock) -> None:
    token = join(db).token
    for _ in range(12 * 3):
        found = session_of(db, token)
        assert found is not None
        db.run_sync(lambda uow, id=found.id: touch(uow, id))
        clock.advance(20 * MINUTE)
    assert session_of(db, token) is None


def test_signing_out_ends_the_session_and_no_other(db: Database) -> None:
    first = join(db, login="rani@contoh.test")
    second = sign_in(db, "rani@contoh.test", PASSWORD, Source("10.0.0.2"))
    db.run_sync(lambda uow: end_session(uow, first.token))
    assert session_of(db, first.token) is None
    assert session_of(db, second.token) is not None


def test_switching_an_account_off_ends_its_sessions_and_bars_the_way_in(any_db: Database) -> None:
    admin, rani = join(any_db, Role.ADMIN), join(any_db, login="rani@contoh.test")
    any_db.run_sync(lambda uow: switch(uow, admin.staff, rani.staff.id, active=False))
    assert session_of(any_db, rani.token) is None
    with pytest.raises(WrongCredentials):
        sign_in(any_db, "rani@contoh.test", PASSWORD, Source("10.0.0.1"))


def test_other_roles_end_the_sessions_that_had_the_old_ones(db: Database) -> None:
    admin, rani = join(db, Role.ADMIN), join(db)
    changed = db.run_sync(lambda uow: change_roles(uow, admin.staff, rani.staff.id, {Role.AUDITOR}))
    assert changed.roles == {Role.AUDITOR}
    assert session_of(db, rani.token) is None


def test_all_sessions_end_at_once_and_no_browser_is_known_any_more(any_db: Database) -> None:
    rani, budi = join(any_db, login="rani@contoh.test"), join(any_db)
    assert any_db.run_sync(end_every_session) == 2
    assert session_of(any_db, rani.token) is None
    assert session_of(any_db, budi.token) is None
    guess_until_blocked(any_db, "rani@contoh.test", "10.6.6.6")
    with pytest.raises(TooManyAttempts):
        sign_in(any_db, "rani@contoh.test", PASSWORD, Source("10.6.6.6", device=rani.device))
    assert sign_in(any_db, "rani@contoh.test", PASSWORD, Source("10.0.0.1"))


def test_no_stored_hash_matches_nothing() -> None:
    assert not matches(None, "an account that does not exist")
    assert not matches("damaged", "apa saja")


def guess(db: Database, login: str, address: str) -> str:
    try:
        sign_in(db, login, "tebakan sembarangan", Source(address))
    except WrongCredentials:
        return "wrong"
    except TooManyAttempts:
        return "wait"
    return "in"


def guess_until_blocked(db: Database, login: str, address: str) -> None:
    assert [guess(db, login, address) for _ in range(7)] == ["wrong"] * 5 + ["wait"] * 2
