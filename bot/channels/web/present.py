"""How lines and state look outside: the same fields for the page and for the event stream."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.channels.web.model import ChatState, Line
from bot.conversation.model import Sender

HOME_ZONE = ZoneInfo("Asia/Jakarta")
"""The time zone of pages without scripts; scripts show the reader's own."""

Words = Callable[..., str]
"""`t(key, **values)` of one language."""


@dataclass(frozen=True)
class Shown:
    """A line as it is shown. `kind` is the look: client, bot, worker or system."""

    number: int
    kind: str
    who: str
    text: str
    kept: bool
    buttons: tuple[tuple[str, str], ...]
    at: str
    clock: str
    ref: str


def shown(line: Line, t: Words) -> Shown:
    """The words and marks of one line."""
    return Shown(
        number=line.number,
        kind=line.sender.value,
        who=_who(line, t),
        text=t("chat.not_kept") if line.text is None else line.text,
        kept=line.text is not None,
        buttons=tuple((button.title, button.payload) for button in line.buttons),
        at=line.at.isoformat(),
        clock=_clock(line.at),
        ref=line.ref,
    )


def _who(line: Line, t: Words) -> str:
    if line.sender is Sender.WORKER and line.designation:
        return t("chat.from_worker_as", designation=line.designation)
    return t(f"chat.from_{line.sender.value}")


def _clock(at: datetime) -> str:
    return at.astimezone(HOME_ZONE).strftime("%d/%m %H.%M")


def shown_state(state: ChatState, t: Words) -> dict[str, Any]:
    """The state as the page's script reads it."""
    return {
        "holder": state.holder.value,
        "status": t(f"chat.status_{state.holder.value}"),
        "lang": state.lang,
        "keeping": state.keeping,
        "busy": state.busy,
        "read": state.read,
    }


def worker_types(state: ChatState, t: Words) -> str:
    """That the worker is writing, by the designation that the person knows them by."""
    return t("chat.worker_types", who=state.worker or t("chat.from_worker"))
