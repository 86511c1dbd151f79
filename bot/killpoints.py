"""Named moments at which a drill ends the process as a power cut would. Without a drill a pass does nothing.

`PENDAMPING_DRILL_KILL_AT=applied:3` ends the process at the third pass of `applied`. Whoever can set it can end the
process anyway; a production installation refuses to start with it all the same.
"""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from enum import StrEnum

VARIABLE = "PENDAMPING_DRILL_KILL_AT"


class Point(StrEnum):
    """Where a crash hurts most: just before or just after something becomes true."""

    RECEIVED = "received"
    """An update arrived and is not stored yet."""
    COMMITTED = "committed"
    """It is stored and not acknowledged yet."""
    ASKED = "asked"
    """Rasa has answered, nothing of it is applied."""
    APPLIED = "applied"
    """All effects of the turn are written, the transaction is open."""
    SENT = "sent"
    """A message has left, and is not marked as sent."""
    MARKED = "marked"
    """It is marked."""
    CLAIMED = "claimed"
    TRANSFERRED = "transferred"
    CLOSED = "closed"
    DELETED = "deleted"
    PUBLISHED = "published"
    """What staff or a person asked for is written, the transaction is open."""

    REWRAPPED = "rewrapped"
    """Each key is wrapped under another master key, the transaction is open."""
    EXCHANGED = "exchanged"
    """That is committed, and the new master key's file is not in its place yet."""


@dataclass
class _Fuse:
    """Where to end, and how many passes are left until then."""

    point: str
    left: int

    def burn(self, point: Point) -> None:
        if point == self.point:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def _from_environment() -> _Fuse | None:
    point, _, number = os.environ.get(VARIABLE, "").partition(":")
    return _Fuse(point, int(number or 1)) if point else None


_fuse = _from_environment()


def armed() -> bool:
    """Whether this process is meant to end."""
    return _fuse is not None


def reached(point: Point) -> None:
    """The process is at this point."""
    if _fuse is not None:
        _fuse.burn(point)
