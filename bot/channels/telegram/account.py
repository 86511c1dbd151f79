"""One bot account, ready to be wired in: the channel to send with, the intake by polling or by webhook."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from urllib.parse import urlsplit

import structlog
from fastapi import APIRouter
from telegram.error import InvalidToken, RetryAfter

from bot.channels.port import Intake
from bot.channels.telegram.client import LONG_POLL_S, BackOff, account_of, make_bot, seconds_to_wait
from bot.channels.telegram.commands import MENU
from bot.channels.telegram.polling import Poller
from bot.channels.telegram.send import TelegramChannel
from bot.channels.telegram.translate import ALLOWED_UPDATES
from bot.channels.telegram.webhook import PATH, webhook_router

log = structlog.get_logger()

_SECRET = re.compile(r"^[A-Za-z0-9_-]{16,256}\Z")


class WebhookSecretInvalid(ValueError):
    """The webhook's secret is missing, too short, or has characters that Telegram doesn't take."""


class TelegramAccount:
    """A bot: `channel` sends, `router` (webhook only) receives, `run()` connects and, without a webhook, polls."""

    def __init__(
        self,
        token: str,
        intake: Intake,
        *,
        api_url: str = "https://api.telegram.org",
        webhook_url: str = "",
        webhook_secret: str = "",
        long_poll_s: int = LONG_POLL_S,
        back_off: Callable[[], BackOff] = BackOff,
    ) -> None:
        """Touches no network. Raises BotTokenInvalid, WebhookSecretInvalid."""
        if webhook_url and not _SECRET.match(webhook_secret):
            raise WebhookSecretInvalid(
                "PENDAMPING_TELEGRAM_WEBHOOK_SECRET must be 16 to 256 characters out of A-Z a-z 0-9 _ -"
            )
        self.account = account_of(token)
        self._bot, request = make_bot(token, api_url)
        self._webhook_url = _with_path(webhook_url)
        self._secret = webhook_secret
        self._back_off = back_off()
        self._poller = Poller(self._bot, request, self.account, intake, long_poll_s=long_poll_s, back_off=back_off())
        self._connecting: str | None = "connecting"
        self.channel = TelegramChannel(self._bot, self.account)
        self.router: APIRouter | None = webhook_router(intake, self.account, webhook_secret) if webhook_url else None

    @property
    def problem(self) -> str | None:
        """Why updates can't come in at the moment, None when all is well; holds no secrets."""
        return self._connecting or self._poller.problem

    async def run(self) -> None:
        """Connect (trying until Telegram is reachable), then poll until cancelled; with a webhook, return."""
        await self._connect()
        await self._show_menu()
        if self.router is None:
            await self._poller.run()

    async def close(self) -> None:
        """Close the connections."""
        await self._bot.shutdown()

    async def _connect(self) -> None:
        while True:
            try:
                await self._bot.initialize()
                await self._choose_intake()
            except RetryAfter as error:
                wait, self._connecting = seconds_to_wait(error), "limit"
            except InvalidToken:  # the library puts the token into this error's text: only its name goes on
                wait, self._connecting = self._back_off.fail(), "token refused"
            except Exception as error:  # no answer of a broken server may keep the bot from trying again
                wait, self._connecting = self._back_off.fail(), f"unreachable ({type(error).__name__})"
            else:
                self._connecting = None
                log.info("telegram.connected", account=self.account, webhook=self.router is not None)
                return
            log.warning("telegram.not_connected", problem=self._connecting, wait=wait)
            await asyncio.sleep(wait)

    async def _choose_intake(self) -> None:
        if self.router is None:
            await self._bot.delete_webhook(drop_pending_updates=False)
            return
        await self._bot.set_webhook(
            self._webhook_url,
            secret_token=self._secret,
            allowed_updates=ALLOWED_UPDATES,
            max_connections=40,
            drop_pending_updates=False,
        )

    async def _show_menu(self) -> None:
        """Indonesian for everybody, English for phones in English; without a menu the talk goes on all the same."""
        try:
            await self._bot.set_my_commands(MENU["id"])
            await self._bot.set_my_commands(MENU["en"], language_code="en")
        except Exception as error:  # see _connect
            log.warning("telegram.menu_not_set", error=type(error).__name__)


def _with_path(url: str) -> str:
    """A bare host gets the route's own path; anything longer is somebody's proxy and left alone."""
    return url.rstrip("/") + PATH if url and urlsplit(url).path in ("", "/") else url
