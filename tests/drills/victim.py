"""A process that is there to be killed in the middle of what staff or a person asked for.

`python -m tests.drills.victim <database> <act> <id> <staff id>`; see ACTS.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from bot.accounts.model import Staff
from bot.accounts.store import find_staff
from bot.clock import ManualClock
from bot.conversation.erase import erase
from bot.handoff import service, transfer
from bot.killpoints import Point
from bot.rights.publishing import service as publishing
from bot.rights.publishing.service import CHECKLIST
from bot.storage.encryption import MasterKey
from bot.storage.engine import make_engine
from bot.storage.unit_of_work import Database, UnitOfWork
from tests.handoff.builders import say

Act = Callable[[UnitOfWork, str, Staff], object]

ACTS: dict[Point, Act] = {
    Point.CLAIMED: lambda uow, which, who: service.claim(uow, which, who, say),
    Point.TRANSFERRED: lambda uow, which, who: transfer.accept(uow, which, who, say),
    Point.CLOSED: lambda uow, which, who: service.close(uow, which, who, "helped", say),
    Point.DELETED: lambda uow, which, who: erase(uow, which),
    Point.PUBLISHED: lambda uow, which, who: publishing.publish(uow, who, which, NUMBER, frozenset(CHECKLIST)),
}
NUMBER = 2
"""The version that is published: the first is the starter as it was adopted."""


def main(url: str, act: str, which: str, staff_id: str) -> None:
    """Do it, in a transaction of its own."""
    # The time at which the tests' own clock stands still.
    db = Database(make_engine(url), MasterKey(b"k" * 32), clock=ManualClock())
    who = db.run_sync(lambda uow: find_staff(uow, staff_id), read_only=True)
    assert who is not None
    db.run_sync(lambda uow: ACTS[Point(act)](uow, which, who))


if __name__ == "__main__":
    main(*sys.argv[1:])
