"""What a conversation is made of. Pure: no I/O, no framework."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


class Holder(StrEnum):
    """Who holds the chat and may speak in it."""

    BOT = "bot"
    QUEUE = "queue"
    WORKER = "worker"
    NONE = "none"


class Keeping(StrEnum):
    """What the person said to keeping the conversation."""

    UNDECIDED = "undecided"
    GIVEN = "given"
    REFUSED = "refused"


class Sender(StrEnum):
    """Who said a message."""

    CLIENT = "client"
    BOT = "bot"
    WORKER = "worker"
    SYSTEM = "system"


class Kind(StrEnum):
    """What arrived. Everything but text, press and edit gets a fixed, honest answer."""

    TEXT = "text"
    PRESS = "press"
    EDIT = "edit"
    PHOTO = "photo"
    VOICE = "voice"
    STICKER = "sticker"
    LOCATION = "location"
    CONTACT = "contact"
    FILE = "file"
    GROUP = "group"
    UNKNOWN = "unknown"


LEASE = timedelta(seconds=30)
"""How long a runner may hold a conversation without renewing; a turn takes 10 s at the very most."""

FLOOD_MESSAGES = 30
FLOOD_WINDOW = timedelta(seconds=60)
"""More than this many messages in the window are stored and checked for danger, but answered with one notice."""

MAX_TEXT = 8_000
"""Longer client texts are cut at intake; Telegram itself stops at 4,096 characters."""

LABEL = re.compile(r"^\s*(?:k-?)?(\d{1,9})\s*$", re.IGNORECASE)
PAYLOAD = re.compile(r"^/[a-z_]{2,40}(\{.{0,120}\})?\Z", re.DOTALL)


@dataclass(frozen=True)
class Button:
    """An answer one tap away."""

    title: str
    payload: str


@dataclass(frozen=True)
class Reply:
    """Something to be said: the name of a reviewed response, its words, its buttons."""

    response: str
    text: str
    lang: str
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True)
class Inbound:
    """One update of a channel, translated and nothing else.

    `update` is the channel's own id (duplicates are dropped by it); `order` is its place among the updates
    of the same account, None where arrival order is the order; `chat` is the address to answer to.
    """

    channel: str
    account: str
    update: str
    chat: str
    kind: Kind
    text: str = ""
    payload: str = ""
    order: int | None = None
    settle: timedelta = timedelta()
    lang: str = ""
    ref: str = ""

    def content(self) -> str:
        """What has to be sealed, as JSON."""
        return json.dumps({"text": self.text[:MAX_TEXT], "payload": self.payload, "ref": self.ref}, ensure_ascii=False)


@dataclass(frozen=True)
class Received:
    """The outcome of an intake."""

    conversation: str
    duplicate: bool


@dataclass(frozen=True)
class Conversation:
    """The state of a conversation that holds no client content."""

    id: str
    number: int
    channel: str
    account: str
    lang: str
    stage: str
    asked: str | None
    holder: Holder
    epoch: int
    keeping: Keeping
    risk: str
    safe_to_contact: bool | None
    last_number: int
    created_at: datetime
    last_at: datetime
    deleted: bool = False
    successor: str | None = None
    covert_at: datetime | None = None
    covert_from: int = 0

    @property
    def label(self) -> str:
        """The neutral name that staff see."""
        return f"K-{self.number}"

    @property
    def covert(self) -> bool:
        """Whether somebody reads along, as the person has signalled: nothing about counselling may reach the screen."""
        return self.covert_at is not None


@dataclass(frozen=True)
class Message:
    """One line of the transcript; `text` is None where nothing may be kept."""

    id: str
    number: int
    sender: Sender
    kind: Kind
    text: str | None
    buttons: tuple[Button, ...]
    response: str | None
    lang: str
    at: datetime
    staff: str | None = None
    delivery: str = "sent"
    held: bool = False


@dataclass(frozen=True)
class Pending:
    """The next update of a claimed conversation."""

    inbox_id: str
    kind: Kind
    text: str
    payload: str
    attempts: int
    received_at: datetime
    ref: str = ""
    screened: bool = False
    silent: bool = False


@dataclass(frozen=True)
class DialogueMemory:
    """What the dialogue needs between two turns: the assistant's state and the last few client texts.

    The safe word and the region are kept in columns of their own; they come along for whoever needs them.
    """

    assistant: dict[str, Any] | None = None
    recent: tuple[str, ...] = ()
    safe_word: str | None = None
    region: str | None = None

    RECENT = 3

    @property
    def asked(self) -> str | None:
        """The question of the dialogue that is open, whatever the app itself asks in between."""
        asked: str | None = ((self.assistant or {}).get("slots") or {}).get("asked")
        return asked

    @property
    def topic(self) -> str | None:
        """The type of problem that the assistant took the talk to be about."""
        slots = (self.assistant or {}).get("slots") or {}
        return (slots.get("dialogue") or {}).get("problem")

    def heard(self, text: str) -> DialogueMemory:
        """Remember one more client text, forget the oldest."""
        return replace(self, recent=(*self.recent, text)[-self.RECENT :])

    def dump(self) -> str:
        return json.dumps({"assistant": self.assistant, "recent": self.recent}, ensure_ascii=False)

    @staticmethod
    def load(text: str | None) -> DialogueMemory:
        if not text:
            return DialogueMemory()
        raw = json.loads(text)
        return DialogueMemory(raw["assistant"], tuple(raw["recent"]))


@dataclass(frozen=True)
class Command:
    """An effect that the assistant asks for; the app applies it in the transaction of the turn."""

    name: str
    data: dict[str, Any] = field(default_factory=dict)


def keep_text(keeping: Keeping, holder: Holder) -> bool:
    """Whether a client text may go into the transcript: with consent, or while a human reads along."""
    return keeping is Keeping.GIVEN or holder in (Holder.WORKER, Holder.QUEUE)


def number_of(label: str) -> int | None:
    """The number of a conversation from its neutral name, as people type it: K-27, k27, 27."""
    found = LABEL.match(label)
    return int(found[1]) if found else None


def is_payload(text: str) -> bool:
    """Whether a text has the form of a button's payload."""
    return bool(PAYLOAD.match(text))
