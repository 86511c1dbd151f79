"""The measurements. Both sides run side by side and take turns, so that a busy machine disturbs both alike."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.figures import Figures
from bench.side import FRESH_TURNS, OPENING, ROUND, Side, Talk, opened

AT_ONCE = 10
LATE_TURN = 400
WARM_UP_CONVERSATIONS = 2

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    starts: int
    conversations: int
    rounds: int
    pairs: int


FULL = Plan(starts=3, conversations=20, rounds=5, pairs=8)
QUICK = Plan(starts=1, conversations=4, rounds=2, pairs=2)


async def measure(sides: Mapping[Side, Figures], plan: Plan, tell: Tell) -> None:
    """Fill the figures. Raises CannotMeasure."""
    for side, figures in sides.items():
        tell(f"{side.name}: training")
        figures.train_s = await asyncio.to_thread(side.train)
    await _starts(sides, plan.starts, tell)
    tell("warming up")
    for side in sides:
        for _ in range(WARM_UP_CONVERSATIONS):
            await _whole(await opened(side))
    await _latency(sides, plan.conversations, tell)
    await _throughput(sides, plan.rounds, tell)
    await _long_conversation(sides, plan.pairs, tell)
    for side, figures in sides.items():
        figures.memory_mib = side.memory_mib()


async def _starts(sides: Mapping[Side, Figures], starts: int, tell: Tell) -> None:
    """Start each side several times, one after the other; the last start stays."""
    for number in range(starts):
        for side, figures in sides.items():
            tell(f"{side.name}: start {number + 1} of {starts}")
            figures.ready_s.append(await side.start())
            talk = await side.talk()
            figures.first_turns_s.append(max([await talk.turn() for _ in range(OPENING + 1)]))
            await talk.close()
            if number + 1 < starts:
                await side.stop()


async def _latency(sides: Mapping[Side, Figures], conversations: int, tell: Tell) -> None:
    """One conversation at a time on each side, message by message in turns."""
    for number in range(conversations):
        tell(f"latency: conversation {number + 1} of {conversations}")
        talks = [(await opened(side), figures.turns_s) for side, figures in sides.items()]
        await _in_turns(talks, FRESH_TURNS - OPENING)
        await _close(talk for talk, _ in talks)


async def _throughput(sides: Mapping[Side, Figures], rounds: int, tell: Tell) -> None:
    """Ten conversations at once, each strictly one message after the other."""
    for number in range(rounds):
        tell(f"throughput: round {number + 1} of {rounds}")
        for side, figures in sides.items():
            talks = await asyncio.gather(*(opened(side) for _ in range(AT_ONCE)))
            turns = AT_ONCE * (FRESH_TURNS - OPENING)
            began, used = time.perf_counter(), side.cpu_seconds()
            await asyncio.gather(*(_take(talk, FRESH_TURNS - OPENING) for talk in talks))
            figures.turns_per_s.append(turns / (time.perf_counter() - began))
            figures.cpu_per_turn_s.append((side.cpu_seconds() - used) / turns)
            await _close(talks)


async def _long_conversation(sides: Mapping[Side, Figures], pairs: int, tell: Tell) -> None:
    """The five messages from turn 5 on in fresh conversations, in turns with the same five from turn 400 on."""
    tell(f"long conversation: {LATE_TURN - 1} turns on each side")
    long = await asyncio.gather(*(opened(side) for side in sides))
    await asyncio.gather(*(_take(talk, LATE_TURN - 1 - OPENING) for talk in long))
    for number in range(pairs):
        tell(f"long conversation: pair {number + 1} of {pairs}")
        talks: list[tuple[Talk, list[float]]] = []
        for (side, figures), late in zip(sides.items(), long, strict=True):
            fresh = await opened(side)
            await fresh.turn()
            talks += [(fresh, figures.early_s), (late, figures.late_s)]
        await _in_turns(talks, ROUND)
        await _close(fresh for fresh, _ in talks[::2])
    await _close(long)


async def _in_turns(talks: Sequence[tuple[Talk, list[float]]], turns: int) -> None:
    """One message here, one there; who begins changes each time."""
    order = list(talks)
    for _ in range(turns):
        for talk, samples in order:
            samples.append(await talk.turn())
        order.reverse()


async def _take(talk: Talk, turns: int) -> None:
    for _ in range(turns):
        await talk.turn()


async def _whole(talk: Talk) -> None:
    await _take(talk, FRESH_TURNS - OPENING)
    await talk.close()


async def _close(talks: Iterable[Talk]) -> None:
    for talk in talks:
        await talk.close()
