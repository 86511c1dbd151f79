"""What the app expects of a channel."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol, runtime_checkable

from bot.conversation.model import Button, Inbound, Received


class RetryLater(Exception):
    """The channel asks to wait (HTTP 429) or is unreachable; nothing was delivered. `seconds` says how long."""

    def __init__(self, seconds: float, reason: str) -> None:
        super().__init__(reason)
        self.seconds = seconds
        self.reason = reason


class MaybeArrived(RetryLater):
    """The connection broke after the message had left: trying again may repeat it."""


class Undeliverable(Exception):
    """This chat can't be written to (blocked, deleted, forbidden); trying again is useless."""


class Intake(Protocol):
    """Stores an update durably; when it returns, the channel may acknowledge. Raises when nothing was stored."""

    async def __call__(self, inbound: Inbound) -> Received: ...


class PushChannel(Protocol):
    """A channel that the sender has to deliver to."""

    @property
    def account(self) -> str:
        """The account whose conversations this channel serves, such as `telegram:123`."""
        ...

    async def send(self, chat: str, text: str, buttons: Sequence[Button], lang: str) -> str:
        """Deliver one message, return the channel's own id of it. Raises RetryLater, Undeliverable."""
        ...

    async def typing(self, chat: str) -> None:
        """Show that an answer is coming; failures are of no consequence."""
        ...


@runtime_checkable
class SweepingChannel(Protocol):
    """A push channel that can take messages off the person's screen again."""

    @property
    def sweep_reaches(self) -> timedelta:
        """How old a message may be at most."""
        ...

    async def sweep(self, chat: str, refs: Sequence[str]) -> Sequence[str]:
        """Take messages off the screen; returns those that stay. Raises RetryLater, Undeliverable."""
        ...
