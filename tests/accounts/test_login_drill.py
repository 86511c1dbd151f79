"""The drill: ten thousand guesses from fifty addresses, at the real service and at the real door.

Only the cost of a hash is lowered, so that the drill takes seconds; every guess goes the way that any sign-in goes.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest
from argon2 import PasswordHasher
from sqlalchemy import event, func, select

from bot.accounts import passwords
from bot.accounts.model import ATTEMPTS_FORGOTTEN, TooManyAttempts, WrongCredentials
from bot.accounts.signing_in import Source, sign_in
from bot.accounts.store import staff_session
from bot.clock import ManualClock
from bot.storage.unit_of_work import Database
from tests.accounts.people import PASSWORD, join
from tests.handoff.desk_app import Browser, desk_app

GUESSES, ADDRESSES = 10_000, 50
OWNER, NOBODY = "rani@contoh.test", "tidak.ada@contoh.test"
WORDS = ("sandi", "rahasia", "tujuh kucing", "kucing di atap", "pendamping", "admin", "123456789012", "qwertyuiop")


@pytest.fixture(autouse=True)
def hashed(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Cheap hashes; counts how many were worked out, which is what a sign-in costs."""
    cheap, work = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1), Counter[str]()

    class Counting:
        def hash(self, password: str) -> str:
            return cheap.hash(password)

        def verify(self, stored: str, password: str) -> bool:
            work["hashes"] += 1
            return cheap.verify(stored, password)

    monkeypatch.setattr(passwords, "_hasher", Counting())
    monkeypatch.setattr(passwords, "_nobody", cheap.hash("an account that does not exist"))
    return work


@pytest.fixture
def quick(db: Database) -> Database:
    """The same database without waiting for the disk: what is held here is a door, and no power cut."""
    event.listen(db.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    db.engine.dispose()
    return db


def guesses(chance: random.Random) -> Callable[[], str]:
    """What is tried: lists of common passwords, near misses of the right one, rubbish."""

    def one() -> str:
        at = chance.randrange(len(PASSWORD))
        near = PASSWORD[:at] + chance.choice("abcx ") + PASSWORD[at + 1 :]
        made = chance.choice((chance.choice(WORDS), near, PASSWORD.title(), PASSWORD + " ", "", "x" * 256))
        return made if made != PASSWORD else PASSWORD.upper()

    return one


def attempt(db: Database, login: str, password: str, source: Source) -> str:
    try:
        sign_in(db, login, password, source)
    except WrongCredentials:
        return "wrong"
    except TooManyAttempts:
        return "wait"
    return "in"


def sessions(db: Database) -> int:
    count = select(func.count()).select_from(staff_session)
    return db.run_sync(lambda uow: int(uow.db.execute(count).scalar_one()), read_only=True)


def test_ten_thousand_guesses_from_fifty_addresses_open_nothing_and_the_owner_gets_in_all_the_time(
    quick: Database, clock: ManualClock, hashed: Counter[str]
) -> None:
    db = quick
    owner = join(db, login=OWNER)
    before, chance = sessions(db), random.Random(2026)
    guess = guesses(chance)
    outcomes: dict[str, Counter[str]] = {OWNER: Counter(), NOBODY: Counter()}
    entries = 0
    for number in range(GUESSES):
        address = f"10.6.{number % ADDRESSES}.6"
        # Half of the addresses go for the owner, the others for an account that does not exist.
        login = OWNER if number % 2 else NOBODY
        outcomes[login][attempt(db, login, guess(), Source(address))] += 1
        clock.advance(1)
        if number % 2_000 == 1_999:
            # In the middle of it: from elsewhere, and from one of the guessers' own addresses in the known browser.
            for source in (Source("10.0.0.1"), Source("10.6.1.6", owner.device)):
                assert attempt(db, OWNER, PASSWORD, source) == "in"
                entries += 1
    assert sum(outcomes[OWNER].values()) + sum(outcomes[NOBODY].values()) == GUESSES
    assert outcomes[OWNER]["in"] == outcomes[NOBODY]["in"] == 0
    assert sessions(db) == before + entries
    # Whether there is such an account can't be seen: neither in how often one has to wait, nor in the work done.
    assert outcomes[OWNER] == outcomes[NOBODY]
    wrong = outcomes[OWNER]["wrong"] + outcomes[NOBODY]["wrong"]
    assert hashed["hashes"] == wrong + entries
    # Almost all of them were turned away before any work was done.
    assert wrong < GUESSES / 10
    # And when it is over, nothing is left of it.
    clock.advance(ATTEMPTS_FORGOTTEN.total_seconds() + 1)
    assert attempt(db, OWNER, PASSWORD, Source("10.6.1.6")) == "in"


async def test_the_door_says_the_same_to_whoever_guesses_at_somebody_and_at_nobody(db: Database) -> None:
    join(db, login=OWNER)
    app = desk_app(db)
    seen = {}
    for place, login in enumerate((OWNER, NOBODY)):
        browser = Browser(app, address=f"10.7.{place}.6")
        answers = [await browser.post("/desk/login?lang=id", login=login, password=f"tebakan {n}") for n in range(9)]
        pages = [answer.text.replace(login, "…") for answer in answers]
        seen[login] = [(answer.status_code, page) for answer, page in zip(answers, pages, strict=True)]
        assert [status for status, _ in seen[login]] == [401] * 5 + [429] * 4
        assert not any("set-cookie" in answer.headers for answer in answers)
    assert seen[OWNER] == seen[NOBODY]
