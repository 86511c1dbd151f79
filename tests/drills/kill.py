"""The drill: the whole product is killed at a named point of a turn, started again, and held to account.

`python -m tests.drills.kill [--quick]` kills at each point, several times, on both databases, and prints one line
each.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from bot.conversation.store import conversation, inbox, message, outbox
from bot.conversation.transcript import transcript
from bot.killpoints import Point
from bot.storage.unit_of_work import Database, UnitOfWork
from tests.conftest import new_postgres_database
from tests.doubles.bot_api import BotApi
from tests.e2e.product import Product, eventually

OF_A_TURN = (Point.RECEIVED, Point.COMMITTED, Point.ASKED, Point.APPLIED, Point.SENT, Point.MARKED)
PEOPLE, MESSAGES = 3, 2
LINES = ("halo", "boleh disimpan")
SETTLED_SECONDS = 240.0
"""A lease of the dead process runs out after 30 s, a message that it was sending is taken up after 60 s."""


@dataclass(frozen=True)
class Account:
    """What a kill cost. All but `repeated` (the most that one person got twice) must be 0; that may be 1, flagged."""

    point: Point
    database: str
    passes: int
    unanswered: int
    doubled: int
    out_of_order: int
    unheard: int
    repeated: int
    unflagged: int

    @property
    def kept(self) -> bool:
        """Whether the promise was kept."""
        wrong = (self.unanswered, self.doubled, self.out_of_order, self.unheard, self.unflagged)
        return not any(wrong) and self.repeated <= 1

    def __str__(self) -> str:
        said = "kept" if self.kept else "BROKEN"
        return (
            f"{self.database:10} {self.point:10} pass {self.passes}: {said}; unanswered {self.unanswered}, doubled "
            f"{self.doubled}, out of order {self.out_of_order}, unheard {self.unheard}, repeated {self.repeated}"
        )


def drill(product: Product, api: BotApi, point: Point, passes: int, people: Sequence[int], database: str) -> Account:
    """Kill at the `passes`-th pass of `point` while `people` write, start again, count. It runs only meanwhile."""
    product.start(kill_at=f"{point}:{passes}")
    phones = [api.user(chat) for chat in people]
    for line in LINES:
        for phone in phones:
            phone.says(line)
    product.wait_dead()
    product.start()
    try:
        eventually(lambda: _settled(product.db, people), SETTLED_SECONDS, what="all is answered and delivered")
        return _account(product.db, api, point, passes, people, database)
    finally:
        product.stop()


def _talks(uow: UnitOfWork, people: Sequence[int]) -> dict[str, int]:
    """The conversations of these chats."""
    rows = uow.db.execute(select(conversation.c.id, conversation.c.chat).where(conversation.c.deleted_at.is_(None)))
    chats = {row.id: uow.vault.open(row.id, "conversation", "chat", row.id, row.chat) for row in rows}
    return {talk: int(chat) for talk, chat in chats.items() if int(chat) in people}


def _settled(db: Database, people: Sequence[int]) -> bool:
    with db.unit(read_only=True) as uow:
        talks = _talks(uow, people)
        done = uow.db.execute(select(inbox.c.done_at).where(inbox.c.conversation_id.in_(talks))).scalars().all()
        states = uow.db.execute(select(outbox.c.state).where(outbox.c.conversation_id.in_(talks))).scalars().all()
    return len(done) == len(people) * MESSAGES and all(done) and not {"pending", "sending"} & set(states)


def _account(db: Database, api: BotApi, point: Point, passes: int, people: Sequence[int], database: str) -> Account:
    unanswered = doubled = out_of_order = unheard = repeated = unflagged = 0
    with db.unit(read_only=True) as uow:
        for talk, chat in _talks(uow, people).items():
            order = [row.id for row in _of(uow, talk)]
            said = [row.id for row in uow.db.execute(_client_lines(talk))]
            doubled += len(said) - len(set(said))
            unanswered += len(set(order) - set(said))
            out_of_order += said != [one for one in order if one in said]
            told = [line.text or "" for line in transcript(uow, talk) if line.sender.value != "client"]
            heard = [sent.text for sent in api.sent_to(chat)]
            twice = repeats(heard, told)
            flagged = uow.db.execute(select(outbox.c.maybe_repeated).where(outbox.c.conversation_id == talk))
            unheard += twice is None
            repeated = max(repeated, twice or 0)
            unflagged += bool(twice) and not any(flagged.scalars())
    return Account(point, database, passes, unanswered, doubled, out_of_order, unheard, repeated, unflagged)


def _of(uow: UnitOfWork, talk: str) -> Sequence[object]:
    return uow.db.execute(select(inbox.c.id).where(inbox.c.conversation_id == talk).order_by(inbox.c.order_key)).all()


def _client_lines(talk: str):  # type: ignore[no-untyped-def]  # a long type that says nothing
    return (
        select(message.c.id)
        .where(message.c.conversation_id == talk, message.c.sender == "client")
        .order_by(message.c.number)
    )


def repeats(heard: Sequence[str], told: Sequence[str]) -> int | None:
    """How many messages came twice in a row; None when something is missing or out of its order."""
    at = twice = 0
    for text in heard:
        if at < len(told) and text == told[at]:
            at += 1
        elif at and text == told[at - 1]:
            twice += 1
        else:
            return None
    return twice if at == len(told) else None


@contextmanager
def victims(database: str) -> Iterator[tuple[Product, BotApi]]:
    """An installation of its own that is prepared and not started."""
    place = new_postgres_database() if database == "postgresql" else nullcontext("")
    with place as url, tempfile.TemporaryDirectory() as folder, BotApi() as api:
        product = Product(Path(folder), telegram=api, database_url=url)
        product.prepare()
        try:
            yield product, api
        finally:
            product.stop()
            product.db.engine.dispose()


def main(argv: Sequence[str] | None = None) -> int:
    """Print an account of every kill; exit status 1 when one broke the promise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one kill at each point instead of three")
    passes = (2,) if parser.parse_args(argv).quick else (1, 2, 4)
    accounts = []
    for database in ("sqlite", "postgresql"):
        with victims(database) as (product, api):
            first = 1000
            for point in OF_A_TURN:
                for number in passes:
                    people = range(first, first + PEOPLE)
                    first += PEOPLE
                    accounts.append(drill(product, api, point, number, people, database))
                    print(accounts[-1], flush=True)
    kept = sum(account.kept for account in accounts)
    print(f"{kept} of {len(accounts)} kills lost nothing and repeated at most one message a person, flagged")
    return 0 if kept == len(accounts) else 1


if __name__ == "__main__":
    sys.exit(main())
