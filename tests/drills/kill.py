"""The whole product is killed at a named point of a turn, started again, and held to account."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

from bot.killpoints import Point
from tests.conftest import new_postgres_database
from tests.doubles.bot_api import BotApi
from tests.drills.account import Account, account, wait_settled
from tests.e2e.product import Product

OF_A_TURN = (Point.RECEIVED, Point.COMMITTED, Point.ASKED, Point.APPLIED, Point.SENT, Point.MARKED)
PEOPLE = 3
LINES = ("halo", "boleh disimpan")
PASSES, PASSES_SHORT = (1, 2, 4), (2,)


def drill(product: Product, api: BotApi, point: Point, passes: int, people: Sequence[int], database: str) -> Account:
    """Kill at the `passes`-th pass of `point` while `people` write, start again, count. It runs only meanwhile."""
    product.start(kill_at=f"{point}:{passes}")
    phones = [api.user(chat) for chat in people]
    for line in LINES:
        for phone in phones:
            phone.says(line)
    product.wait_dead()
    product.start()
    messages = len(people) * len(LINES)
    try:
        wait_settled(product.db, people, messages)
        return account(product.db, api, f"{database}, {point}, pass {passes}", people)
    finally:
        product.stop()


@contextmanager
def victims(database: str, *, folder: Path | None = None, url: str = "") -> Iterator[tuple[Product, BotApi]]:
    """An installation of its own that is prepared and not started; `url` and `folder` are made where none is given."""
    place = new_postgres_database() if database == "postgresql" and not url else nullcontext(url)
    with place as address, tempfile.TemporaryDirectory() as other, BotApi() as api:
        product = Product(folder or Path(other), telegram=api, database_url=address)
        product.prepare()
        try:
            yield product, api
        finally:
            product.stop()
            product.db.engine.dispose()


def run(*, short: bool) -> Iterator[Account]:
    """Kill at each point, several times, on both databases."""
    for database in ("sqlite", "postgresql"):
        with victims(database) as (product, api):
            first = 1000
            for point in OF_A_TURN:
                for number in PASSES_SHORT if short else PASSES:
                    yield drill(product, api, point, number, range(first, first + PEOPLE), database)
                    first += PEOPLE
