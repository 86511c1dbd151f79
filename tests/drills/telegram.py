"""Telegram is down, slow, or asks to wait: nothing is lost, the order is kept, and only a broken answer may repeat."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from tests.doubles.bot_api import BotApi
from tests.drills.account import Account, account, wait_settled
from tests.drills.kill import victims
from tests.drills.people import Crowd
from tests.e2e.product import Product

MANY = 1_000_000
LASTS, LASTS_SHORT = 60.0, 1.5
PAUSE = 0.5

TROUBLES: dict[str, Callable[[BotApi], None]] = {
    "down": lambda api: api.cut(times=MANY),
    "answers 502": lambda api: api.fail(502, times=MANY),
    "answers every call two seconds late": lambda api: api.slow(2.0, times=MANY),
    "asks to wait (429)": lambda api: api.limit(2, times=MANY),
    "breaks off after it has sent": lambda api: api.cut(method="sendMessage", times=1, after=True),
}


def run(*, short: bool) -> Iterator[Account]:
    """One trouble after the other, while people write."""
    with victims("sqlite") as (product, api):
        product.start()
        yield from troubles(product, api, short=short)


def troubles(product: Product, api: BotApi, *, short: bool) -> Iterator[Account]:
    """The same for a product that runs: each trouble for itself, or all during one talk."""
    sets = [TROUBLES] if short else [{what: trouble} for what, trouble in TROUBLES.items()]
    for several in sets:
        crowd = Crowd(api, people=6, lines=4, pause=PAUSE)
        with crowd.writing():
            for trouble in several.values():
                time.sleep(PAUSE)
                trouble(api)
                time.sleep(LASTS_SHORT if short else LASTS)
                api.heal()
        wait_settled(product.db, crowd.chats, crowd.messages)
        yield account(product.db, api, f"Telegram {', '.join(several)}", crowd.chats)
