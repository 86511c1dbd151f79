"""Long polling: what is stored moves the offset, and nothing else does."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import urlencode

import structlog
from telegram import Bot
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError
from telegram.request import BaseRequest

from bot.channels.port import Intake
from bot.channels.telegram.client import LONG_POLL_S, BackOff, seconds_to_wait
from bot.channels.telegram.translate import ALLOWED_UPDATES, callback_id, translate
from bot.killpoints import Point, reached

log = structlog.get_logger()

BATCH = 100
_MAX_ANSWERS = 256


class NotStored(Exception):
    """Storing failed (the message is the name of the error); this update and all after it will be fetched again."""


_PROBLEMS: tuple[tuple[type[Exception], str], ...] = (
    (RetryAfter, "limit"),
    (Conflict, "conflict"),
    (InvalidToken, "token refused"),
    (NotStored, "not stored"),
    (TelegramError, "unreachable"),
)


class Poller:
    """Fetches updates for ever and stores each one before Telegram may forget it.

    Its state is kept by Telegram: asking for offset n + 1 says that everything up to n is stored. The library's own
    updater asks before storing, and parses a whole batch at once so that one odd update would stop all others.
    """

    def __init__(
        self,
        bot: Bot,
        request: BaseRequest,
        account: str,
        intake: Intake,
        *,
        long_poll_s: int = LONG_POLL_S,
        back_off: BackOff | None = None,
    ) -> None:
        self._bot = bot
        self._request = request
        self._account = account
        self._intake = intake
        self._long_poll_s = long_poll_s
        self._back_off = back_off or BackOff()
        self._offset: int | None = None
        self._answers: set[asyncio.Task[None]] = set()
        self.problem: str | None = None

    async def run(self) -> None:
        """Poll until cancelled. No failure ends it; `problem` names the one that it is waiting out."""
        try:
            while True:
                wait = await self._poll_safely()
                if wait:
                    await asyncio.sleep(wait)
        finally:
            for task in self._answers:
                task.cancel()
            await asyncio.gather(*self._answers, return_exceptions=True)

    async def poll(self) -> int:
        """Fetch once and store what came, in order. Returns how many were stored. Raises TelegramError, NotStored."""
        batch = await self._fetch()
        if not batch:
            # Everything before the offset is confirmed. After a quiet week Telegram starts a new series of ids,
            # which may be lower: an offset kept for ever would then hide all of them.
            self._offset = None
        stored = 0
        for raw in sorted(batch, key=_update_id):
            inbound = translate(raw, self._account)
            if inbound is None or inbound.order is None:
                log.warning("telegram.update_without_id")
                continue
            reached(Point.RECEIVED)
            try:
                await self._intake(inbound)
            except Exception as error:  # whatever storing failed with: the update was not stored
                raise NotStored(type(error).__name__) from None
            reached(Point.COMMITTED)
            self._offset = inbound.order + 1
            stored += 1
            self._answer_press(raw)
        if batch and not stored:
            raise NotStored("NoUpdateId")  # nothing that could move the offset: don't ask again at once
        return stored

    async def _poll_safely(self) -> float:
        """One poll; returns how many seconds to wait before the next."""
        try:
            await self.poll()
        except Exception as error:  # the loop outlives anything a broken server may answer
            return self._trouble(error)
        if self.problem:
            log.info("telegram.polling_again")
        self.problem = None
        self._back_off.reset()
        return 0.0

    def _trouble(self, error: Exception) -> float:
        self.problem = next((name for kind, name in _PROBLEMS if isinstance(error, kind)), "unexpected answer")
        wait = self._back_off.fail()
        if isinstance(error, RetryAfter):
            wait = max(wait, seconds_to_wait(error))
        cause = str(error) if isinstance(error, NotStored) else type(error).__name__
        log.warning("telegram.polling_failed", problem=self.problem, error=cause, wait=wait)
        return wait

    async def _fetch(self) -> list[object]:
        query = {"timeout": self._long_poll_s, "limit": BATCH, "allowed_updates": json.dumps(ALLOWED_UPDATES)}
        if self._offset is not None:
            query["offset"] = self._offset
        result: object = await self._request.post(f"{self._bot.base_url}/getUpdates?{urlencode(query)}")
        return list(result) if isinstance(result, list) else []

    def _answer_press(self, raw: object) -> None:
        """Stop the pressed button's spinning; best effort, and never in the way of the next update."""
        query = callback_id(raw)
        if query is None or len(self._answers) >= _MAX_ANSWERS:
            return
        task = asyncio.create_task(self._answer(query))
        self._answers.add(task)
        task.add_done_callback(self._answers.discard)

    async def _answer(self, query: str) -> None:
        try:
            await self._bot.answer_callback_query(query)
        except TelegramError as error:
            log.info("telegram.press_not_answered", error=type(error).__name__)


def _update_id(raw: object) -> int:
    number = raw.get("update_id") if isinstance(raw, dict) else None
    return number if isinstance(number, int) else -1
