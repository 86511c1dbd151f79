"""What the web chat accepts and shows. Pure: no I/O, no framework."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.conversation.model import Button, Conversation, Holder, Keeping, Kind, Sender, is_payload

CHANNEL = "web"
ACCOUNT = "web"

MAX_TEXT = 4_000
"""Characters of one message; the page says so before the limit is reached."""

BURST = 20
BURST_WINDOW = timedelta(seconds=10)
"""More messages than this in the window have to wait; the page keeps them and sends them again."""

CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_GROUPS = 5
CODE_GROUP = 4
CODE_LIFE = timedelta(days=90)
"""A return code that was not used for this long no longer opens anything."""

MENU = (
    ("ask_human", "/ask_human"),
    ("ask_rights", "/ask_rights"),
    ("show_record", "/show_record"),
    ("safe_word", "/safe_word"),
    ("safe_word_remove", "/safe_word_remove"),
    ("region", "/region"),
    ("change_language", "/change_language"),
    ("pause", "/pause"),
    ("stop", "/stop"),
    ("revoke_consent", "/revoke_consent"),
    ("delete_data", "/delete_data"),
)
"""Name of the words and payload of what is always one tap away."""

START_PAYLOAD = "/greet"

EXIT_PAYLOAD = "/quick_exit"
"""An answer with this payload is not sent: here it leaves, like the quick exit in the bar."""

_MESSAGE_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_SURROGATE = re.compile("[\ud800-\udfff]")


class NotAcceptable(Exception):
    """A message from the browser breaks a rule; `reason` names it (`id`, `empty`, `too_long`, `payload`)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TooFast(Exception):
    """Too many messages in a short time; nothing was stored, the page keeps what was written."""


class SessionClosed(Exception):
    """The page shows a conversation that this browser can no longer open: deleted, or continued elsewhere."""


class UnknownCode(Exception):
    """A return code that opens nothing: mistyped, replaced, expired, or its conversation is gone."""


@dataclass(frozen=True)
class Incoming:
    """A message as the browser sent it, checked. `id` is the browser's own, so that a repetition is noticed."""

    id: str
    kind: Kind
    text: str = ""
    payload: str = ""


@dataclass(frozen=True)
class Line:
    """One line of the chat as the page shows it. `number` is 0 while nobody has taken the message up yet.

    `text` is None where nothing may be kept; `ref` is the browser's id of a client's message.
    """

    number: int
    sender: Sender
    text: str | None
    buttons: tuple[Button, ...]
    lang: str
    at: datetime
    ref: str = ""
    designation: str = ""


@dataclass(frozen=True)
class ChatState:
    """What the page needs besides the lines; `busy` means that an answer is being made.

    `worker` is the designation of who holds the chat, and `read` the last line that they have read.
    """

    holder: Holder
    lang: str
    keeping: bool
    busy: bool
    covert: bool = False
    worker: str = ""
    read: int = 0

    @property
    def held(self) -> bool:
        """Whether the worker and the person may know of each other's writing and reading."""
        return self.holder is Holder.WORKER and not self.covert

    @staticmethod
    def of(conversation: Conversation, *, busy: bool, worker: str = "", read: int = 0) -> ChatState:
        return ChatState(
            holder=conversation.holder,
            lang=conversation.lang,
            keeping=conversation.keeping is Keeping.GIVEN,
            busy=busy and (conversation.holder is Holder.BOT or conversation.covert),
            covert=conversation.covert,
            worker=worker,
            read=read,
        )


def read_message(message_id: Any, text: Any, payload: Any) -> Incoming:
    """Check what a browser sent. Raises NotAcceptable."""
    if not isinstance(message_id, str) or not _MESSAGE_ID.fullmatch(message_id):
        raise NotAcceptable("id")
    if payload:
        if not isinstance(payload, str) or _SURROGATE.search(payload) or not is_payload(payload):
            raise NotAcceptable("payload")
        return Incoming(message_id.lower(), Kind.PRESS, payload=payload)
    if not isinstance(text, str):
        raise NotAcceptable("empty")
    clean = clean_text(text)
    if not clean:
        raise NotAcceptable("empty")
    if len(clean) > MAX_TEXT:
        raise NotAcceptable("too_long")
    return Incoming(message_id.lower(), Kind.TEXT, text=clean)


def clean_text(text: str) -> str:
    """Line ends as one character, nothing that can't be stored, no blanks around it."""
    return _SURROGATE.sub("\ufffd", text).replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").strip()


def new_secret() -> str:
    """What a browser session is known by: 256 bits, only in the cookie."""
    return secrets.token_urlsafe(32)


def new_code() -> str:
    """A return code of 100 bits in groups that can be written on paper."""
    letters = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_GROUPS * CODE_GROUP))
    return "-".join(letters[start : start + CODE_GROUP] for start in range(0, len(letters), CODE_GROUP))


def normal_code(typed: str) -> str:
    """A code as typed by a person: any case, any separators, O for 0, I or L for 1. Raises UnknownCode."""
    letters = re.sub(r"[\s\-._]", "", typed[:200]).upper().translate(str.maketrans("OIL", "011"))
    if len(letters) != CODE_GROUPS * CODE_GROUP or not set(letters) <= set(CODE_ALPHABET):
        raise UnknownCode
    return letters
