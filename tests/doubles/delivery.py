"""Delivery by webhook as Telegram does it: in parallel, again until it is accepted, now and then twice."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import aiohttp

from tests.doubles.updates import Update

if TYPE_CHECKING:
    from tests.doubles.bot_api import BotApi

PATIENCE = 60.0
"""Seconds that one post may take."""


@dataclass
class Delivery:
    """What became of a delivery: posts made, answers by status (0 is no answer), updates given up."""

    posts: int = 0
    statuses: dict[int, int] = field(default_factory=dict)
    given_up: int = 0


async def deliver(
    api: BotApi,
    target: str | Sequence[str],
    secret: str,
    *,
    parallel: int = 20,
    duplicates: float = 0.0,
    out_of_order: float = 0.0,
    seed: int = 7,
    retries: int = 50,
    pause: float = 0.02,
    chat_by_chat: bool = False,
) -> Delivery:
    """Post everything unconfirmed to `target`; what isn't answered with 2xx is posted again, `retries` times.

    Of several targets each attempt takes the next one, as a proxy does. Telegram's server hands over the updates of one
    chat one after the other, the next when the one before was accepted, and so does this with `chat_by_chat`; without
    it is harder on whoever listens.
    """
    done, targets = Delivery(), [target] if isinstance(target, str) else list(target)
    plan = _plan(api.pending(), duplicates, out_of_order, random.Random(seed))
    queues = _by_chat(plan) if chat_by_chat else [[update] for update in plan]
    waiting = iter(queues)
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret}
    async with aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(total=PATIENCE)) as session:

        async def work(waiting: Iterator[list[Update]]) -> None:
            for queue in waiting:
                for update in queue:
                    if not await _post(api, session, update, targets, retries, pause, done):
                        done.given_up += 1

        await asyncio.gather(*(work(waiting) for _ in range(parallel)))
    return done


def _by_chat(updates: list[Update]) -> list[list[Update]]:
    """Messages by their chat."""
    queues: dict[int, list[Update]] = {}
    for update in updates:
        queues.setdefault(update["message"]["chat"]["id"], []).append(update)
    return list(queues.values())


def _plan(updates: list[Update], duplicates: float, out_of_order: float, chance: random.Random) -> list[Update]:
    plan = list(updates)
    for index in range(len(plan) - 1):
        if chance.random() < out_of_order:
            other = min(len(plan) - 1, index + chance.randint(1, 5))
            plan[index], plan[other] = plan[other], plan[index]
    for update in [update for update in plan if chance.random() < duplicates]:
        # Some time after the first one: what was never delivered is not delivered again.
        plan.insert(chance.randint(plan.index(update) + 1, len(plan)), update)
    return plan


async def _post(
    api: BotApi,
    session: aiohttp.ClientSession,
    update: Update,
    targets: Sequence[str],
    retries: int,
    pause: float,
    done: Delivery,
) -> bool:
    """Whether one of the targets has accepted it."""
    for attempt in range(retries):
        done.posts += 1
        try:
            async with session.post(targets[(update["update_id"] + attempt) % len(targets)], json=update) as response:
                status, body = response.status, await response.read()
        except (aiohttp.ClientError, TimeoutError):
            status, body = 0, b""
        done.statuses[status] = done.statuses.get(status, 0) + 1
        if 200 <= status < 300:
            api.confirm(update["update_id"])
            if body:
                answer = json.loads(body)
                await api.perform(answer.pop("method"), answer)
            return True
        await asyncio.sleep(pause)
    return False
