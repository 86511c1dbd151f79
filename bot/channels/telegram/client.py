"""The Bot API client, set up so that neither the token nor a client's words reach a log."""

from __future__ import annotations

import logging
import re
from datetime import timedelta

from telegram import Bot
from telegram.error import RetryAfter
from telegram.request import HTTPXRequest

LONG_POLL_S = 25
LONG_POLL_READ_S = 40.0
"""Longer than the long poll, so that a quiet chat isn't taken for a dead connection."""

_TOKEN = re.compile(r"^(\d{1,20}):[A-Za-z0-9_-]{3,}\Z")


class BotTokenInvalid(ValueError):
    """PENDAMPING_TELEGRAM_TOKEN doesn't look like `<digits>:<secret>`; the token itself is never in the message."""


def account_of(token: str) -> str:
    """`telegram:<bot id>`; the id is the part of the token before the colon. Raises BotTokenInvalid."""
    match = _TOKEN.match(token)
    if match is None:
        raise BotTokenInvalid("PENDAMPING_TELEGRAM_TOKEN must be the token that @BotFather gave: <digits>:<secret>")
    return f"telegram:{match[1]}"


def silence_loggers() -> None:
    """Shut up the libraries that would log the token (in addresses) or updates (on bad JSON, even at ERROR).

    Everything worth knowing about Telegram is logged by this package, by name of the error only. The records end here
    whatever level somebody sets later.
    """
    for name in ("httpx", "httpcore", "telegram"):
        logger = logging.getLogger(name)
        logger.propagate = False
        logger.handlers = [logging.NullHandler()]


def make_bot(token: str, api_url: str) -> tuple[Bot, HTTPXRequest]:
    """A bot, and the connection that is kept apart for the long poll. Raises BotTokenInvalid."""
    account_of(token)
    silence_loggers()
    # A long poll holds its connection for half a minute: sending must not wait for it.
    polling = HTTPXRequest(connection_pool_size=2, read_timeout=LONG_POLL_READ_S, pool_timeout=5)
    sending = HTTPXRequest(connection_pool_size=64, read_timeout=10, write_timeout=10, pool_timeout=5)
    server = api_url.rstrip("/")
    bot = Bot(
        token,
        base_url=f"{server}/bot",
        base_file_url=f"{server}/file/bot",
        request=sending,
        get_updates_request=polling,
    )
    return bot, polling


def seconds_to_wait(error: RetryAfter) -> float:
    """How long Telegram asks to wait; the library is moving from whole seconds to timedelta."""
    value = error.retry_after
    return value.total_seconds() if isinstance(value, timedelta) else float(value)


class BackOff:
    """Waiting times that double from `first` to `longest` seconds, until something works again."""

    def __init__(self, first: float = 0.5, longest: float = 30.0) -> None:
        self._first = first
        self._longest = longest
        self._next = first

    def fail(self) -> float:
        """How many seconds to wait now."""
        wait = self._next
        self._next = min(self._next * 2, self._longest)
        return wait

    def reset(self) -> None:
        """It works again."""
        self._next = self._first
