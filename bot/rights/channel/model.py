"""An agency's Telegram channel: which chats may be one, and where a post stands. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

CHANNEL = re.compile(r"@[A-Za-z]\w{3,63}|-100\d{6,16}", re.ASCII)
"""A channel's public name or its number. A person's chat has a positive number: nobody is ever written to from here."""


class State(StrEnum):
    """Where a post stands. `dropped`: its version was no longer out when its turn came."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    DROPPED = "dropped"
    FAILED = "failed"


DONE = frozenset({State.WAITING, State.SENDING, State.SENT})
"""States in which the same version need not be sent again."""


@dataclass(frozen=True)
class Post:
    """One text on its way to a channel."""

    id: str
    chat: str
    text: str
    lang: str
