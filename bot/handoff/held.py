"""Who holds a conversation, and the steps that every use case shares. Whoever touches a conversation locks it first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import or_, select, update

from bot.accounts.model import Staff
from bot.accounts.store import find_staff
from bot.conversation.model import Conversation, Holder, Keeping, Reply, Sender
from bot.conversation.transcript import change_holder, load, post
from bot.handoff.model import HELD, Event, HandoffNotFound, NotYours, State, advance
from bot.handoff.reaching import is_here
from bot.handoff.store import handoff, is_live, lock_conversation
from bot.handoff.tasks.store import forget_tasks
from bot.handoff.team.store import forget_coaching
from bot.storage.unit_of_work import UnitOfWork

Say = Callable[[str, str, dict[str, Any]], Reply]
"""The catalogue of responses: name, language, values in; what is said out."""

NOBODY: Mapping[str, Any] = {
    "claimant_id": None,
    "claimed_at": None,
    "lease_until": None,
    "epoch": None,
}
NO_TRANSFER: Mapping[str, Any] = {
    "transfer_staff_id": None,
    "transfer_organisation_id": None,
    "transfer_asked_at": None,
    "transfer_agreed": None,
}


def visible_to(staff: Staff) -> Any:
    """The condition for handoffs that somebody may know of: their organisation's, or offered to it with a yes."""
    offered = (
        (handoff.c.transfer_organisation_id == staff.organisation_id)
        & handoff.c.transfer_agreed.is_not(None)
        & (handoff.c.state == State.TRANSFER_PENDING)
    )
    return or_(handoff.c.organisation_id == staff.organisation_id, offered)


def find(uow: UnitOfWork, handoff_id: str, staff: Staff) -> Any:
    """The handoff's row, if this person may know of it. Raises HandoffNotFound."""
    row = uow.db.execute(select(handoff).where(handoff.c.id == handoff_id, visible_to(staff))).first()
    if row is None:
        raise HandoffNotFound(handoff_id)
    return row


def own_locked(uow: UnitOfWork, handoff_id: str, staff: Staff) -> Any:
    """The row of a handoff of the own organisation, its conversation locked. Raises HandoffNotFound.

    One that is only offered to the organisation is not its own: it is accepted, and neither claimed nor taken over.
    """
    lock_conversation(uow, find(uow, handoff_id, staff).conversation_id)
    row = find(uow, handoff_id, staff)
    if row.organisation_id != staff.organisation_id:
        raise HandoffNotFound(handoff_id)
    return row


def designation_of(uow: UnitOfWork, staff_id: str | None) -> str:
    """What the person may know of a worker; empty for nobody."""
    who = find_staff(uow, staff_id) if staff_id else None
    return who.designation if who else ""


def held_locked(uow: UnitOfWork, handoff_id: str, staff: Staff) -> tuple[Any, Conversation]:
    """The handoff and its conversation, locked, for the worker who holds both. Raises HandoffNotFound, NotYours."""
    lock_conversation(uow, find(uow, handoff_id, staff).conversation_id)
    return held(uow, handoff_id, staff)


def held(uow: UnitOfWork, handoff_id: str, staff: Staff) -> tuple[Any, Conversation]:
    """The same for a conversation that is locked already."""
    row = find(uow, handoff_id, staff)
    if State(row.state) not in HELD:
        raise NotYours
    if row.claimant_id != staff.id:
        raise NotYours(designation_of(uow, row.claimant_id))
    talk = load(uow, row.conversation_id)
    if talk.holder is not Holder.WORKER or talk.epoch != row.epoch:
        raise NotYours
    return row, talk


def end(uow: UnitOfWork, row: Any, event: Event, outcome: str | None = None) -> None:
    """The handoff is over; the assistant holds the chat again."""
    uow.db.execute(
        update(handoff)
        .where(handoff.c.id == row.id, is_live())
        .values(
            state=advance(State(row.state), event),
            ended_at=uow.now,
            lease_until=None,
            outcome=outcome,
            draft=None,
            **NO_TRANSFER,
        )
    )
    talk = load(uow, row.conversation_id)
    if talk.keeping is not Keeping.GIVEN:
        forget_coaching(uow, row.conversation_id)
        forget_tasks(uow, row.conversation_id)
    # A person who stopped or deleted the chat meanwhile is not given back to the assistant.
    if talk.holder in (Holder.QUEUE, Holder.WORKER):
        change_holder(uow, row.conversation_id, Holder.BOT)


def announce(uow: UnitOfWork, conversation_id: str, say: Say, response: str, values: dict[str, Any]) -> None:
    """Tell the person who came, who left, or what is asked of them.

    Somebody who has left hears of it when they are back, or when a worker writes to them: nothing of ours lights up a
    screen that may lie before somebody else.
    """
    lang = load(uow, conversation_id).lang
    said = say(response, lang, values)
    post(uow, conversation_id, said, sender=Sender.SYSTEM, until_back=not is_here(uow, conversation_id))
