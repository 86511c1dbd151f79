"""Telegram update in, Inbound out. Never raises, whatever the update holds."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from telegram import CallbackQuery, Chat, Message, Update, User

from bot.channels.telegram.commands import payload_of, words_of
from bot.conversation.model import Inbound, Kind, is_payload

CHANNEL = "telegram"
NOWHERE = "0"
"""The chat of updates that name none, or say nothing: they are stored and counted, nobody is answered."""

ALLOWED_UPDATES = ["message", "edited_message", "callback_query"]
"""What Telegram is asked for. Reactions, blocks and the like are no talk: answering them would be unasked for."""

_LARGEST = 2**63 - 1
_LONGEST_CALLBACK_ID = 64
_GROUPS = frozenset({Chat.GROUP, Chat.SUPERGROUP, Chat.CHANNEL})
_MEDIA = (
    ("photo", Kind.PHOTO),
    ("voice", Kind.VOICE),
    ("audio", Kind.VOICE),
    ("sticker", Kind.STICKER),
    ("location", Kind.LOCATION),
    ("contact", Kind.CONTACT),
    ("document", Kind.FILE),
    ("video", Kind.FILE),
    ("video_note", Kind.FILE),
)


class NotJson(ValueError):
    """The body is not JSON that can be read."""


def parse(body: bytes) -> object:
    """Read a body. Raises NotJson."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise NotJson from None


def translate(raw: object, account: str, settle: timedelta = timedelta()) -> Inbound | None:
    """The update as Inbound; None only when it has no usable update id.

    What can't be read becomes Kind.UNKNOWN with whatever chat can be found, so that the person is told.
    """
    number = _whole(raw.get("update_id")) if isinstance(raw, dict) else None
    if number is None or number < 0 or not isinstance(raw, dict):
        return None
    unread = Inbound(
        channel=CHANNEL,
        account=account,
        update=str(number),
        chat=_chat_found_in(raw),
        kind=Kind.UNKNOWN,
        order=number,
        settle=settle,
    )
    if unread.chat.startswith("-"):
        unread = replace(unread, kind=Kind.GROUP)
    try:
        return _read(Update.de_json(raw, None), unread)
    except Exception:  # the library checks no types: hostile fields raise anything, anywhere
        return unread


def callback_id(raw: object) -> str | None:
    """The id of the button press to answer, so that the button stops spinning."""
    query = raw.get("callback_query") if isinstance(raw, dict) else None
    found = query.get("id") if isinstance(query, dict) else None
    return found if isinstance(found, str) and found.isascii() and 0 < len(found) <= _LONGEST_CALLBACK_ID else None


def clean(text: object) -> str:
    """Text as it can be stored: without NUL and half surrogate pairs. Raises TypeError for anything but text."""
    if not isinstance(text, str):
        raise TypeError("not a text")
    return text.replace("\0", "").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _read(update: Update, unread: Inbound) -> Inbound:
    if update.callback_query:
        return _read_press(update.callback_query, unread)
    chat = update.effective_chat
    if chat is None:
        return unread
    here = replace(unread, chat=_address(chat))
    message = update.effective_message
    if isinstance(message, Message):
        here = replace(here, ref=_ref(message.message_id), lang=_lang(message.from_user))
    if _is_group(chat):
        # What other people say in a group is neither read nor stored.
        return replace(here, kind=Kind.GROUP)
    if update.edited_message:
        words = _words(update.edited_message)
        # A shared live location is "edited" every few seconds: nothing was said, nobody waits for an answer.
        return replace(here, kind=Kind.EDIT, text=words) if words else replace(here, chat=NOWHERE)
    if update.message:
        return _read_message(update.message, here)
    return here


def _read_message(message: Message, here: Inbound) -> Inbound:
    if message.text:
        text = clean(message.text)
        payload = payload_of(text)
        if payload:
            return replace(here, kind=Kind.PRESS, text=text, payload=payload)
        return replace(here, kind=Kind.TEXT, text=words_of(text))
    kind = next((kind for name, kind in _MEDIA if getattr(message, name)), Kind.UNKNOWN)
    return replace(here, kind=kind, text=_words(message))


def _read_press(query: CallbackQuery, unread: Inbound) -> Inbound:
    message = query.message
    # Telegram leaves out messages that are too old; a press can then only come from the private chat.
    address = _address(message.chat) if message else _address(query.from_user)
    here = replace(unread, chat=address, lang=_lang(query.from_user))
    if message:
        here = replace(here, ref=_ref(message.message_id))
        if _is_group(message.chat):
            return replace(here, kind=Kind.GROUP)
    if query.data is None:
        return here
    data = clean(query.data)
    title = _title(message, data)
    if is_payload(data):
        return replace(here, kind=Kind.PRESS, text=title, payload=data)
    return replace(here, kind=Kind.TEXT, text=title or data)


def _title(message: object, data: str) -> str:
    keyboard = getattr(message, "reply_markup", None)
    rows = keyboard.inline_keyboard if keyboard else ()
    return next((clean(button.text) for row in rows for button in row if button.callback_data == data), "")


def _words(message: Message) -> str:
    return clean(message.text or message.caption or "")


def _is_group(chat: Chat) -> bool:
    return chat.type in _GROUPS or chat.id < 0


def _address(place: Chat | User) -> str:
    number = _whole(place.id)
    if number is None:
        raise TypeError("not an id")
    return str(number)


def _ref(message_id: object) -> str:
    number = _whole(message_id)
    return "" if number is None else str(number)


def _lang(user: User | None) -> str:
    code = user.language_code if user else None
    return "en" if isinstance(code, str) and code.lower().startswith("en") else "id"


def _whole(value: object) -> int | None:
    fits = isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST
    return value if fits and isinstance(value, int) else None


def _chat_found_in(raw: dict[Any, Any]) -> str:
    """The chat of an update that can't be read otherwise, looked for in the few places where it may be."""
    for part in raw.values():
        if not isinstance(part, dict):
            continue
        inner = part.get("message")
        for place in (part, inner if isinstance(inner, dict) else {}):
            chat = place.get("chat")
            number = _whole(chat.get("id")) if isinstance(chat, dict) else None
            if number is not None:
                return str(number)
    return NOWHERE
