"""Whether a person is there to be written to. A screen that lights up unasked may lie before somebody else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select

from bot.conversation.model import Conversation, Sender
from bot.conversation.store import message
from bot.counselling import service as counselling
from bot.handoff.model import WARM
from bot.handoff.store import handoff
from bot.storage.unit_of_work import UnitOfWork

QUICK_EXIT = "utter_quick_exit"
"""What is said to somebody who leaves in a hurry; from then on they are gone, however recent their last line is."""

RULES = "contact_rules"
"""The part of the note in which the person says how, when and never to make contact."""


def is_here(uow: UnitOfWork, conversation_id: str) -> bool:
    """Whether the person themselves wrote a moment ago and did not leave by the quick exit since.

    What others say keeps nobody in front of a screen.
    """
    of_it = message.c.conversation_id == conversation_id
    last = uow.db.execute(
        select(func.max(message.c.at).label("at"), func.max(message.c.number).label("number")).where(
            of_it, message.c.sender == Sender.CLIENT
        )
    ).one()
    if last.at is None or uow.now - last.at > WARM:
        return False
    exits = select(message.c.id).where(of_it, message.c.response == QUICK_EXIT, message.c.number > last.number)
    return uow.db.execute(exits.limit(1)).first() is None


def comes_unasked(uow: UnitOfWork, row: Any, talk: Conversation) -> bool:
    """Whether a worker's line now would reach a person who has left, and who waits for no answer or set rules for it.

    `row` is the handoff's. Whoever still waits for an answer is answered, however long it took, unless they agreed on
    how they can safely be reached or asked that nobody writes first. While somebody reads along that comes first.
    """
    if talk.covert or is_here(uow, talk.id):
        return False
    set_rules = talk.safe_to_contact is False or has_contact_rules(uow, row)
    return set_rules or row.id not in unanswered_since(uow, [row.id])


def has_contact_rules(uow: UnitOfWork, row: Any) -> bool:
    """Whether the person has said how they can safely be reached, to whomever; it binds whoever holds the handoff."""
    return row.contact_message_id is not None or counselling.was_told(uow, row.conversation_id, RULES)


def contact_rules(row_contact: str | None, note: Mapping[str, Any]) -> str:
    """How, when and never to make contact, in the person's words: agreed while waiting, else from the shared note."""
    told = (entry for entry in note.get("dimensions") or () if entry.get("name") == RULES)
    return row_contact or next((str(entry.get("words") or "") for entry in told), "")


def unanswered_since(uow: UnitOfWork, handoff_ids: Iterable[str]) -> Mapping[str, datetime]:
    """By handoff, since when its person has waited for a worker's answer; who has had the last word is left out.

    Before a worker's first line they have waited since they joined the queue, afterwards since their first line that
    no worker's line follows.
    """
    ids = list(handoff_ids)
    since_queued = and_(message.c.conversation_id == handoff.c.conversation_id, message.c.at >= handoff.c.queued_at)
    answered = (
        select(handoff.c.id, func.max(message.c.number).label("number"))
        .join(message, since_queued)
        .where(handoff.c.id.in_(ids), message.c.sender == Sender.WORKER)
        .group_by(handoff.c.id)
        .subquery()
    )
    asked_again = (
        select(handoff.c.id, func.min(message.c.at).label("at"))
        .join(answered, answered.c.id == handoff.c.id)
        .join(message, and_(since_queued, message.c.number > answered.c.number))
        .where(message.c.sender == Sender.CLIENT)
        .group_by(handoff.c.id)
    )
    never_answered = (
        select(handoff.c.id, handoff.c.queued_at.label("at"))
        .outerjoin(answered, answered.c.id == handoff.c.id)
        .where(handoff.c.id.in_(ids), answered.c.id.is_(None))
    )
    return {row.id: row.at for query in (asked_again, never_answered) for row in uow.db.execute(query)}
