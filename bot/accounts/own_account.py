"""What somebody changes about their own account: designation and name, password, language."""

from __future__ import annotations

from sqlalchemy import update

from bot.accounts import audit, throttle
from bot.accounts.model import Session, Staff, WrongPassword, check_password
from bot.accounts.passwords import hash_password, matches
from bot.accounts.sessions import SignedIn, end_sessions_of, start_session
from bot.accounts.store import password_of, staff
from bot.storage.unit_of_work import Database, UnitOfWork


def set_language(uow: UnitOfWork, who: Staff, lang: str) -> None:
    """The language of somebody's own pages; anything but English means Indonesian."""
    uow.db.execute(update(staff).where(staff.c.id == who.id).values(lang="en" if lang == "en" else "id"))


def set_names(uow: UnitOfWork, who: Staff, *, name: str, designation: str) -> None:
    """The private name, and the designation that clients see from the next conversation's first word on."""

    def sealed(column: str, text: str) -> bytes:
        return uow.vault.seal(who.id, "staff", column, who.id, text)

    values = {"name": sealed("name", name), "designation": sealed("designation", designation)}
    uow.db.execute(update(staff).where(staff.c.id == who.id).values(**values))
    audit.record(uow, who, "account.profile", "staff", who.id)


def require_password(db: Database, who: Staff, password: str) -> None:
    """Somebody at an open desk is not yet its owner: what guards the account asks for the password again.

    Raises WrongPassword, TooManyAttempts.
    """

    def begin(uow: UnitOfWork) -> tuple[str, str | None]:
        key = throttle.key_of(uow, "own", who.id)
        throttle.count(uow, key)
        return key, password_of(uow, who.id)

    key, stored = db.run_sync(begin)
    if not matches(stored, password):
        raise WrongPassword
    db.run_sync(lambda uow: throttle.succeeded(uow, key))


def change_password(db: Database, session: Session, old: str, new: str, *, agent: str = "") -> SignedIn:
    """A new password ends every session, also this one, which goes on as a new one.

    Raises WrongPassword, TooManyAttempts, WeakPassword.
    """
    who = session.staff
    require_password(db, who, old)
    check_password(new, who.login, who.name, who.designation)
    hashed = hash_password(new)

    def work(uow: UnitOfWork) -> SignedIn:
        uow.db.execute(update(staff).where(staff.c.id == who.id).values(password=hashed))
        end_sessions_of(uow, who.id)
        audit.record(uow, who, "account.password", "staff", who.id)
        return start_session(uow, who, agent=agent)

    return db.run_sync(work)
