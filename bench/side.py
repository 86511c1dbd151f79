"""What the two sides of the comparison have in common."""

from __future__ import annotations

from typing import Protocol

OPENING = 3
"""The first turns of a conversation: greeting and, in the product, two consents. Never part of a figure."""
ROUND = 5
"""Messages after which a conversation's script begins again; turn 5 and turn 400 send the same one."""
FRESH_TURNS = OPENING + 3 * ROUND
"""Length of an ordinary conversation: below the web chat's limit of 20 messages in 10 seconds."""


class Talk(Protocol):
    """One conversation, one message after the other."""

    turns: int

    async def turn(self) -> float:
        """Send the next message of the script; seconds until its reply was here. Raises CannotMeasure."""

    async def close(self) -> None:
        """Let go of the connection."""


class Side(Protocol):
    """A server under measurement."""

    name: str

    def train(self) -> float:
        """Seconds for training from nothing, as a process of its own. Raises CannotMeasure."""

    async def start(self) -> float:
        """Seconds until it is ready. Raises CannotMeasure."""

    async def stop(self) -> None:
        """End the server."""

    def memory_mib(self) -> float:
        """Resident memory of all its processes."""

    def cpu_seconds(self) -> float:
        """Processor time that all its processes have used so far."""

    async def talk(self) -> Talk:
        """A new conversation; nothing was said yet."""


def place_in_script(turn: int) -> int:
    """Which message of the script turn number `turn` (from 1, after the opening) sends."""
    return (turn - OPENING - 1) % ROUND


async def opened(side: Side) -> Talk:
    """A new conversation with its opening behind it."""
    talk = await side.talk()
    for _ in range(OPENING):
        await talk.turn()
    return talk
