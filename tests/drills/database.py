"""The database stops in the middle of the work: nothing is acknowledged that is not stored, and nothing is lost."""

from __future__ import annotations

import time
from collections.abc import Iterator

from tests.drills.account import Account, account, wait_settled
from tests.drills.kill import victims
from tests.drills.people import Crowd
from tests.drills.postgres import own_postgres

AWAY, AWAY_SHORT = (5.0, 60.0, 180.0), (4.0,)
PAUSE = 0.5


def run(*, short: bool) -> Iterator[Account]:
    """Stop PostgreSQL while people write, for seconds and for minutes."""
    with own_postgres() as server, victims("postgresql", url=server.url) as (product, api):
        product.start()
        for seconds in AWAY_SHORT if short else AWAY:
            crowd = Crowd(api, people=6, lines=3 if short else 6, pause=PAUSE)
            with crowd.writing():
                time.sleep(PAUSE)
                server.stop()
                stored = set(api.unconfirmed)
                time.sleep(seconds)
                late = set(api.unconfirmed)
                assert late >= stored, "an update was confirmed while there was nothing to store it in"
                server.start()
            wait_settled(product.db, crowd.chats, crowd.messages)
            yield account(product.db, api, f"PostgreSQL stopped for {seconds:.0f} s", crowd.chats)
