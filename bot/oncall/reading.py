"""What the desk is shown of open alerts, and that somebody has seen to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from bot.accounts import audit
from bot.accounts.model import RecordNotFound, Staff
from bot.accounts.organisations import hotline
from bot.conversation.store import conversation
from bot.handoff.store import live_of
from bot.safety import service as safety
from bot.safety.model import Alert
from bot.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class OpenAlert:
    """A conversation in danger that nobody has acknowledged; `handoff_id` where it can still be claimed."""

    conversation_id: str
    label: str
    risk: str
    since: datetime
    count: int
    not_meant: bool
    covert: bool
    handoff_id: str | None


def alerts_for(uow: UnitOfWork, staff: Staff) -> list[OpenAlert]:
    """One entry a conversation, the nearest danger first.

    The installation's own staff see all of them; another organisation those of the conversations that it was given.
    """
    found: dict[str, list[Alert]] = {}
    for item in safety.open_alerts(uow):
        found.setdefault(item.conversation_id, []).append(item)
    entries = ((talk, items, _given(uow, talk, staff)) for talk, items in found.items())
    own = staff.organisation_id == hotline(uow)
    return [_entry(uow, talk, items, given) for talk, items, given in entries if own or given]


def _given(uow: UnitOfWork, conversation_id: str, staff: Staff) -> str | None:
    """The live handoff of a conversation, where it is this person's organisation that has it."""
    live = live_of(uow, conversation_id)
    return live.id if live is not None and live.organisation_id == staff.organisation_id else None


def _entry(uow: UnitOfWork, conversation_id: str, items: list[Alert], handoff_id: str | None) -> OpenAlert:
    number = uow.db.execute(select(conversation.c.number).where(conversation.c.id == conversation_id)).scalar_one()
    return OpenAlert(
        conversation_id=conversation_id,
        label=f"K-{number}",
        risk=items[0].risk,
        since=min(item.at for item in items),
        count=len(items),
        not_meant=all(item.not_meant_at is not None for item in items),
        covert=any(item.category is safety.COVERT for item in items),
        handoff_id=handoff_id,
    )


def acknowledge(uow: UnitOfWork, conversation_id: str, staff: Staff) -> None:
    """Somebody has seen to it: the calls stop, and who it was is on record. Raises RecordNotFound."""
    may = staff.organisation_id == hotline(uow) or _given(uow, conversation_id, staff) is not None
    if not may or not safety.acknowledge(uow, conversation_id, staff.id):
        raise RecordNotFound(conversation_id)
    audit.record(uow, staff, "alert.acknowledge", "conversation", conversation_id)
