"""Calling the worker on call: what the line says, when it comes again, how long a failing way is waited for. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Way(StrEnum):
    """How people outside of the desk are reached."""

    TELEGRAM = "telegram"
    WEBHOOK = "webhook"


class State(StrEnum):
    """Where a call stands; a call that was answered before it left is dropped."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    DROPPED = "dropped"


HORIZON = timedelta(hours=24)
"""An alert is called out for a day; whoever switches a way on is not called about last week."""

SENDING_LASTS = timedelta(seconds=30)
"""A call that was being sent for longer belonged to a process that died."""

SLOWEST_AGAIN = timedelta(minutes=60)
FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=1), timedelta(minutes=1)


@dataclass(frozen=True)
class Call:
    """One line on its way: about which alert, or (without danger) which handoff that nobody is there for.

    `since` is when they began to wait, `round` how often it was called out before.
    """

    id: str
    about: str
    round: int
    since: datetime
    danger: bool = True
    covert: bool = False


def next_call_after(round: int, again: timedelta) -> timedelta:
    """How long an unanswered call stands before the next: three times the set time, then slower, never given up."""
    slower: timedelta = again * 2 ** min(max(round - 2, 0), 10)
    return max(again, min(slower, SLOWEST_AGAIN))


def retry_after(attempts: int) -> timedelta:
    """How long a way that failed so often is left alone: a second at first, a minute at most."""
    later: timedelta = FIRST_RETRY * 2 ** min(max(attempts - 1, 0), 10)
    return min(later, LONGEST_RETRY)


@dataclass(frozen=True)
class Cause:
    """Why people are called: an alert that nobody took, or somebody who waits while nobody is at the desk."""

    id: str
    since: datetime
    danger: bool


def line(waiting: timedelta, round: int, desk: str, *, danger: bool = True, covert: bool = False) -> str:
    """What is sent: that somebody waits, in danger or not, how long, and where to look. Never who, what or where.

    `covert`: it was a silent signal, and whoever writes to that person now is read by somebody else.
    """
    minutes = int(waiting.total_seconds()) // 60
    since = f"menunggu {minutes} mnt" if minutes >= 1 else "baru saja"
    nobody = ", belum ada yang menerima" if round else ""
    what, warning = "Bahaya" if danger else "Permintaan bicara, tidak ada petugas hadir", ""
    if covert:
        what, warning = "Isyarat diam", " Jangan menulis dulu."
    return f"{what}, {since}{nobody}.{warning} {desk}"
