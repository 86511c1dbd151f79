"""Messages out: plain text, split where Telegram's limit asks for it, buttons on the last part."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import httpx
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions
from telegram.constants import ChatAction
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
)

from bot.channels.port import MaybeArrived, RetryLater, Undeliverable
from bot.channels.telegram.client import seconds_to_wait
from bot.channels.telegram.split import split
from bot.channels.telegram.translate import NOWHERE
from bot.conversation.model import Button

MAX_CALLBACK_BYTES = 64
MAX_REF = 80
"""What the outbox keeps of the ids of a message's parts."""

DELETABLE = timedelta(hours=48)
MAX_DELETED_AT_ONCE = 100
UNREACHABLE_S = 3.0
TOKEN_REFUSED_S = 60.0
_REMEMBERED = 1000
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class ButtonTooLong(Undeliverable):
    """A payload is over Telegram's 64 bytes: a mistake in the catalogue, named by the payload's own name."""


def keyboard(buttons: Sequence[Button]) -> InlineKeyboardMarkup | None:
    """One button per row, so that titles aren't cut on a small screen. Raises ButtonTooLong."""
    for button in buttons:
        if len(button.payload.encode()) > MAX_CALLBACK_BYTES:
            name = button.payload.partition("{")[0][:40]
            raise ButtonTooLong(f"the payload of {name} has more than {MAX_CALLBACK_BYTES} bytes")
    rows = [[InlineKeyboardButton(button.title, callback_data=button.payload)] for button in buttons]
    return InlineKeyboardMarkup(rows) if rows else None


@dataclass(frozen=True)
class Part:
    """One message as it appears on the phone."""

    text: str
    buttons: tuple[Button, ...] = ()


def compose(text: str, buttons: Sequence[Button]) -> list[Part]:
    """What a text becomes in Telegram: as many messages as its limit asks for, the buttons under the last."""
    parts = [part for part in split(text) if part.strip()]
    return [Part(part, tuple(buttons) if at == len(parts) else ()) for at, part in enumerate(parts, 1)]


class TelegramChannel:
    """Delivers to the chats of one bot account; implements PushChannel."""

    def __init__(self, bot: Bot, account: str) -> None:
        self._bot = bot
        self._account = account
        # Parts already delivered of messages whose later parts have to wait: a retry goes on after them.
        self._begun: OrderedDict[str, list[str]] = OrderedDict()

    @property
    def account(self) -> str:
        return self._account

    async def send(self, chat: str, text: str, buttons: Sequence[Button], lang: str) -> str:
        """Deliver one message as plain text; returns the ids of its parts, separated by commas.

        Raises RetryLater (as MaybeArrived where that is possible), Undeliverable.
        """
        keyboard(buttons)  # a payload that is too long stops the message before its first part leaves
        parts = compose(text, buttons)
        if chat == NOWHERE or not parts:
            raise Undeliverable("there is no chat to answer to" if chat == NOWHERE else "there is no text to send")
        digest = hashlib.sha256(f"{chat}\0{text}".encode()).hexdigest()
        sent = self._begun.pop(digest, [])
        for part in parts[len(sent) :]:
            try:
                sent.append(await self._send_part(chat, part))
            except RetryLater:
                self._remember(digest, sent)
                raise
        return _ref(sent)

    async def typing(self, chat: str) -> None:
        """Show that an answer is coming; failures are of no consequence."""
        try:
            await self._bot.send_chat_action(chat, ChatAction.TYPING)
        except TelegramError:
            return

    async def delete_message(self, chat: str, ref: str) -> bool:
        """Take a message (all its parts, or one of the client's) off the screen.

        False when Telegram refuses, as it does after 48 hours. Raises RetryLater, Undeliverable.
        """
        gone = True
        for part in filter(None, ref.split(",")):
            try:
                await self._bot.delete_message(chat, int(part))
            except BadRequest as error:
                gone = gone and "not found" in error.message
            except TelegramError as error:
                raise _named(error) from None
        return gone

    @property
    def sweep_reaches(self) -> timedelta:
        """The Bot API deletes messages of the last 48 hours, in private chats those of the person as well."""
        return DELETABLE

    async def sweep(self, chat: str, refs: Sequence[str]) -> Sequence[str]:
        """Take messages off the screen, many at a time; returns those that Telegram refuses to delete.

        Raises RetryLater, Undeliverable.
        """
        stay: list[str] = []
        for start in range(0, len(refs), MAX_DELETED_AT_ONCE):
            batch = refs[start : start + MAX_DELETED_AT_ONCE]
            if not await self._delete(chat, batch):
                # One that can't be deleted refuses the whole batch.
                stay += [ref for ref in batch if not await self.delete_message(chat, ref)]
        return stay

    async def _delete(self, chat: str, refs: Sequence[str]) -> bool:
        try:
            return await self._bot.delete_messages(chat, [int(ref) for ref in refs])
        except BadRequest:
            return False
        except TelegramError as error:
            raise _named(error) from None

    async def _send_part(self, chat: str, part: Part) -> str:
        try:
            # No parse mode: text is only ever text. No previews: they would show what a link is about.
            message = await self._bot.send_message(
                chat,
                part.text,
                reply_markup=keyboard(part.buttons),
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )
        except TelegramError as error:
            raise _named(error) from None
        return str(message.message_id)

    def _remember(self, digest: str, sent: list[str]) -> None:
        if not sent:
            return
        self._begun[digest] = sent
        while len(self._begun) > _REMEMBERED:
            self._begun.popitem(last=False)


def _named(error: TelegramError) -> RetryLater | Undeliverable:
    """What an error means for the message: wait, or give up. Telegram's own words stay out of it."""
    if isinstance(error, RetryAfter):
        return RetryLater(seconds_to_wait(error), "limit")
    if isinstance(error, (BadRequest, Forbidden, ChatMigrated)):  # BadRequest is a NetworkError to the library
        return Undeliverable(type(error).__name__)
    if isinstance(error, InvalidToken):
        return RetryLater(TOKEN_REFUSED_S, "token refused")
    if isinstance(error.__cause__, httpx.TransportError) and not isinstance(error.__cause__, _NEVER_LEFT):
        return MaybeArrived(UNREACHABLE_S, "connection lost")
    return RetryLater(UNREACHABLE_S, "unreachable")


def _ref(ids: list[str]) -> str:
    kept = list(ids)
    while len(",".join(kept)) > MAX_REF:
        kept.pop(0)
    return ",".join(kept)
