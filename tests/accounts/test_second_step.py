"""The second step: each code once, recovery codes for a lost phone, guesses slowed down, the owner never locked out."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select, update

from bot.accounts import second_step, totp
from bot.accounts.model import (
    InvitationInvalid,
    RecordNotFound,
    Role,
    SetupOver,
    SignInOver,
    Staff,
    TooManyAttempts,
    WeakPassword,
    WrongCode,
    WrongCredentials,
)
from bot.accounts.second_step import Used
from bot.accounts.service import accept_invitation, accept_way_back, offer_way_back, switch
from bot.accounts.sessions import SignedIn, find_session
from bot.accounts.signing_in import HalfSignedIn, Source, second_step_of_sign_in, sign_in, waits_for_code
from bot.accounts.store import half_sign_in, recovery_code, staff_session
from bot.accounts.store import second_step as table
from bot.clock import ManualClock
from bot.storage.encryption import CannotDecrypt
from bot.storage.unit_of_work import Database
from tests.accounts.people import PASSWORD, join, other_organisation
from tests.accounts.test_invitations import RANI

HOME = Source("10.0.0.1")
MINUTE = 60


def code_now(db: Database, who: Staff) -> str:
    """What the app on the owner's phone shows."""
    with db.unit(read_only=True) as uow:
        row = uow.db.execute(select(table).where(table.c.staff_id == who.id)).one()
        secret = uow.vault.open(who.id, "second_step", "secret", who.id, row.secret)
    return totp.code_of(secret, totp.step_at(db.clock.now()))


def set_up(db: Database, who: Staff) -> list[str]:
    """The second step of a colleague, on; their recovery codes."""
    db.run_sync(lambda uow: second_step.begin(uow, who))
    return db.run_sync(lambda uow: second_step.confirm(uow, who, code_now(db, who)))


def half(db: Database, login: str = "rani@contoh.test", source: Source = HOME) -> str:
    entered = sign_in(db, login, PASSWORD, source)
    assert isinstance(entered, HalfSignedIn)
    return entered.token


@pytest.fixture
def rani(any_db: Database, clock: ManualClock) -> SignedIn:
    """Rani with her second step on, half a minute ago."""
    signed_in = join(any_db, login="rani@contoh.test")
    set_up(any_db, signed_in.staff)
    clock.advance(totp.STEP)
    return signed_in


def test_the_password_alone_opens_nothing_any_more(any_db: Database, rani: SignedIn) -> None:
    token = half(any_db)
    assert any_db.run_sync(lambda uow: find_session(uow, token)) is None
    signed_in = second_step_of_sign_in(any_db, token, code_now(any_db, rani.staff), HOME)
    assert any_db.run_sync(lambda uow: find_session(uow, signed_in.token)) is not None


def test_each_code_works_once_also_for_another_sign_in(any_db: Database, rani: SignedIn) -> None:
    first, second = half(any_db), half(any_db)
    code = code_now(any_db, rani.staff)
    second_step_of_sign_in(any_db, first, code, HOME)
    with pytest.raises(WrongCode):
        second_step_of_sign_in(any_db, second, code, HOME)


def test_the_code_that_switched_it_on_is_spent(any_db: Database) -> None:
    rani = join(any_db, login="rani@contoh.test").staff
    set_up(any_db, rani)
    with pytest.raises(WrongCode):
        second_step_of_sign_in(any_db, half(any_db), code_now(any_db, rani), HOME)


def test_of_many_who_use_one_code_at_once_one_gets_in(any_db: Database, rani: SignedIn) -> None:
    tokens = [half(any_db, source=Source(f"10.0.0.{n}")) for n in range(4)]
    code, outcomes = code_now(any_db, rani.staff), list[str]()

    def use(token: str) -> None:
        try:
            second_step_of_sign_in(any_db, token, code, HOME)
            outcomes.append("in")
        except WrongCode:
            outcomes.append("refused")

    threads = [threading.Thread(target=use, args=(token,)) for token in tokens]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["in", "refused", "refused", "refused"]


def test_a_half_sign_in_ends_after_five_minutes_and_after_its_use(
    any_db: Database, rani: SignedIn, clock: ManualClock
) -> None:
    used, late = half(any_db), half(any_db)
    second_step_of_sign_in(any_db, used, code_now(any_db, rani.staff), HOME)
    clock.advance(5 * MINUTE)
    for token in (used, late, "no-such-token"):
        with pytest.raises(SignInOver):
            second_step_of_sign_in(any_db, token, code_now(any_db, rani.staff), HOME)


def test_switching_the_account_off_ends_its_half_sign_ins(any_db: Database, rani: SignedIn) -> None:
    token = half(any_db)
    admin = join(any_db, Role.ADMIN).staff
    any_db.run_sync(lambda uow: switch(uow, admin, rani.staff.id, active=False))
    with pytest.raises(SignInOver):
        any_db.run_sync(lambda uow: waits_for_code(uow, token))


def test_guesses_of_whoever_knows_the_password_are_slowed_down_wherever_they_come_from(
    db: Database, clock: ManualClock
) -> None:
    signed_in = join(db, login="rani@contoh.test")
    codes = set_up(db, signed_in.staff)
    clock.advance(totp.STEP)
    outcomes = [_guess_code(db, Source(f"10.6.6.{n}")) for n in range(20)]
    assert outcomes == ["wrong"] * 5 + ["wait"] * 15
    # The owner gets in all the same: in a browser that they used before, and anywhere with a recovery code.
    known = Source("10.0.0.1", signed_in.device)
    assert second_step_of_sign_in(db, half(db, source=known), code_now(db, signed_in.staff), known)
    assert second_step_of_sign_in(db, half(db), codes[0], HOME)


def _guess_code(db: Database, source: Source) -> str:
    try:
        second_step_of_sign_in(db, half(db, source=source), "000000", source)
    except WrongCode:
        return "wrong"
    except TooManyAttempts:
        return "wait"
    return "in"


def test_a_recovery_code_works_once_however_it_is_typed(any_db: Database) -> None:
    rani = join(any_db, login="rani@contoh.test").staff
    codes = set_up(any_db, rani)
    assert len(set(codes)) == 10
    typed = codes[0].replace("-", " ").upper()
    assert second_step_of_sign_in(any_db, half(any_db), f" {typed} ", HOME).staff.id == rani.id
    assert any_db.run_sync(lambda uow: second_step.standing(uow, rani.id)).recovery_codes == 9
    with pytest.raises(WrongCode):
        second_step_of_sign_in(any_db, half(any_db), codes[0], HOME)


def test_a_recovery_code_of_somebody_else_opens_nothing(db: Database) -> None:
    rani, budi = join(db, login="rani@contoh.test").staff, join(db).staff
    set_up(db, rani)
    codes = set_up(db, budi)
    with pytest.raises(WrongCode):
        db.run_sync(lambda uow: second_step.use(uow, rani, codes[0]))
    assert db.run_sync(lambda uow: second_step.use(uow, budi, codes[0])) is Used.RECOVERY_CODE


def test_fresh_recovery_codes_replace_the_old_ones(db: Database) -> None:
    rani = join(db).staff
    old = set_up(db, rani)
    new = db.run_sync(lambda uow: second_step.new_recovery_codes(uow, rani))
    assert set(old).isdisjoint(new)
    with pytest.raises(WrongCode):
        db.run_sync(lambda uow: second_step.use(uow, rani, old[0]))


def test_the_database_holds_neither_secret_nor_codes_nor_tokens(db: Database) -> None:
    rani = join(db, login="rani@contoh.test").staff
    secret = db.run_sync(lambda uow: second_step.begin(uow, rani))
    codes = db.run_sync(lambda uow: second_step.confirm(uow, rani, code_now(db, rani)))
    token = half(db)
    with db.unit(read_only=True) as uow:
        stored = repr([uow.db.execute(select(kept)).all() for kept in (table, recovery_code, half_sign_in)])
    for text in (secret, *codes, codes[0].replace("-", ""), token):
        assert text not in stored


def test_a_secret_that_was_moved_to_another_account_does_not_open(db: Database) -> None:
    rani, budi = join(db).staff, join(db).staff
    set_up(db, rani)
    set_up(db, budi)
    with db.unit() as uow:
        moved = uow.db.execute(select(table.c.secret).where(table.c.staff_id == rani.id)).scalar_one()
        uow.db.execute(update(table).where(table.c.staff_id == budi.id).values(secret=moved))
        uow.commit()
    with pytest.raises(CannotDecrypt):
        db.run_sync(lambda uow: second_step.use(uow, budi, "123456"))


def test_setting_up_ends_by_itself_and_never_replaces_what_is_on(db: Database, clock: ManualClock) -> None:
    rani = join(db).staff
    db.run_sync(lambda uow: second_step.begin(uow, rani))
    with pytest.raises(WrongCode):
        db.run_sync(lambda uow: second_step.confirm(uow, rani, "12"))
    clock.advance(15 * MINUTE)
    with pytest.raises(SetupOver):
        db.run_sync(lambda uow: second_step.confirm(uow, rani, code_now(db, rani)))
    assert not db.run_sync(lambda uow: second_step.standing(uow, rani.id)).on
    set_up(db, rani)
    for again in (second_step.begin, second_step.being_set_up):
        with pytest.raises(SetupOver):
            db.run_sync(lambda uow, again=again: again(uow, rani))


def test_switched_off_it_asks_for_no_code_and_keeps_none(db: Database) -> None:
    rani = join(db, login="rani@contoh.test").staff
    codes = set_up(db, rani)
    db.run_sync(lambda uow: second_step.switch_off(uow, rani, rani.id))
    assert isinstance(sign_in(db, "rani@contoh.test", PASSWORD, HOME), SignedIn)
    for code in (codes[0], "123456"):
        with pytest.raises(WrongCode):
            db.run_sync(lambda uow, code=code: second_step.use(uow, rani, code))
    with pytest.raises(SetupOver):
        db.run_sync(lambda uow: second_step.new_recovery_codes(uow, rani))


# A way back in


def test_a_way_back_in_works_once_and_ends_what_was_before(any_db: Database, rani: SignedIn) -> None:
    admin = join(any_db, Role.ADMIN).staff
    token = any_db.run_sync(lambda uow: offer_way_back(uow, admin, rani.staff.id))
    back = accept_way_back(any_db, token, "enam angsa di sawah")
    assert back.staff.id == rani.staff.id
    with any_db.unit(read_only=True) as uow:
        sessions = uow.db.execute(select(staff_session.c.staff_id).where(staff_session.c.staff_id == rani.staff.id))
        assert len(sessions.all()) == 1
    with pytest.raises(WrongCredentials):
        sign_in(any_db, "rani@contoh.test", PASSWORD, HOME)
    assert isinstance(sign_in(any_db, "rani@contoh.test", "enam angsa di sawah", HOME), SignedIn)
    with pytest.raises(InvitationInvalid):
        accept_way_back(any_db, token, "delapan angsa di sawah")


def test_a_way_back_in_makes_no_account_and_an_invitation_is_no_way_back(db: Database) -> None:
    admin, budi = join(db, Role.ADMIN).staff, join(db).staff
    back = db.run_sync(lambda uow: offer_way_back(uow, admin, budi.id))
    with pytest.raises(InvitationInvalid):
        accept_invitation(db, back, RANI)
    with pytest.raises(WeakPassword):
        accept_way_back(db, back, "pendek")
    assert accept_way_back(db, back, "enam angsa di sawah")  # neither mistake has used it up


def test_the_newest_way_back_counts_and_it_lasts_a_day(db: Database, clock: ManualClock) -> None:
    admin, budi = join(db, Role.ADMIN).staff, join(db).staff
    first = db.run_sync(lambda uow: offer_way_back(uow, admin, budi.id))
    second = db.run_sync(lambda uow: offer_way_back(uow, admin, budi.id))
    clock.advance(24 * 60 * MINUTE)
    for token in (first, second):
        with pytest.raises(InvitationInvalid):
            accept_way_back(db, token, "enam angsa di sawah")


def test_nobody_is_led_back_into_an_account_that_is_off_or_somebody_else_s(db: Database) -> None:
    admin, budi = join(db, Role.ADMIN).staff, join(db).staff
    stranger = join(db, organisation_id=other_organisation(db)).staff
    token = db.run_sync(lambda uow: offer_way_back(uow, admin, budi.id))
    db.run_sync(lambda uow: switch(uow, admin, budi.id, active=False))
    with pytest.raises(InvitationInvalid):
        accept_way_back(db, token, "enam angsa di sawah")
    for unknown in (budi.id, stranger.id, "no-such-id"):
        with pytest.raises(RecordNotFound):
            db.run_sync(lambda uow, unknown=unknown: offer_way_back(uow, admin, unknown))
