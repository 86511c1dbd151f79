"""Use cases of the person who waits: ask for a worker, the honest state, leave a message, agree on contact, leave."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from bot.accounts import audit
from bot.accounts.organisations import hotline
from bot.conversation.model import Holder
from bot.conversation.transcript import QUEUE_TOPIC, change_holder, load
from bot.handoff.held import end
from bot.handoff.model import Event, QueueState, State, advance, higher_risk
from bot.handoff.opening import hours_of
from bot.handoff.queue import needs_of, place_in_queue, workers_online
from bot.handoff.routing import Needs
from bot.handoff.store import (
    assessment_value,
    closing_answer,
    handoff,
    handoff_line,
    live_of,
    lock_conversation,
)
from bot.handoff.tasks.store import forget_tasks
from bot.handoff.team.store import forget_coaching
from bot.safety.service import ALERT_TOPIC
from bot.storage.unit_of_work import UnitOfWork


def request(
    uow: UnitOfWork,
    conversation_id: str,
    *,
    reason: str,
    risk: str,
    note_text: str,
    note: dict[str, Any],
    consent: dict[str, Any],
    until: datetime | None = None,
    organisation_id: str = "",
    needs: Needs | None = None,
) -> QueueState:
    """Put a conversation into the queue; asking again while it waits or is held changes nothing but a higher risk.

    An empty `note_text` means no consent to pass anything on: the worker then sees neither the note nor what
    was said before. The earlier messages are opened only by `consent["transcript"] = True`: agreeing to the
    note is agreeing to exactly its text. `until` is when that consent ends; a note without an end is shown to nobody.
    `organisation_id` is the one that the person said yes to; whoever was asked nothing comes to the installation's own.
    `needs` orders the workers' queues and is shown to nobody.
    """
    lock_conversation(uow, conversation_id)
    live, home = live_of(uow, conversation_id), organisation_id or hotline(uow)
    if live is not None and not organisation_id and _waits_for_nobody(uow, live, home):
        end(uow, live, Event.WITHDRAW)
        live = None
    if live is None:
        handoff_id = _queue_up(uow, conversation_id, home, reason, risk, note_text, note, consent, until, needs)
    else:
        handoff_id = live.id
        risk = higher_risk(live.risk, risk)
        uow.db.execute(update(handoff).where(handoff.c.id == handoff_id).values(risk=risk))
    return _queue_state(uow, handoff_id)


def _waits_for_nobody(uow: UnitOfWork, live: Any, own: str) -> bool:
    """Whether somebody in danger waits with another organisation while its desk is empty.

    Then they come to the installation's own, which is called out: as always in danger without a note. What they agreed
    to pass on to the other one stays closed to it.
    """
    elsewhere = live.organisation_id != own and State(live.state) is State.QUEUED
    return elsewhere and not workers_online(uow, live.organisation_id)


def _queue_up(
    uow: UnitOfWork,
    conversation_id: str,
    organisation_id: str,
    reason: str,
    risk: str,
    note_text: str,
    note: dict[str, Any],
    consent: dict[str, Any],
    until: datetime | None,
    needs: Needs | None,
) -> str:
    state = advance(advance(State.OFFERED, Event.CONSENT), Event.QUEUE)
    handoff_id, shared = uow.new_id(), bool(note_text.strip())

    def sealed(column: str, value: object) -> bytes:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        return uow.vault.seal(conversation_id, "handoff", column, handoff_id, text)

    before = load(uow, conversation_id).last_number
    uow.db.execute(
        insert(handoff).values(
            id=handoff_id,
            conversation_id=conversation_id,
            organisation_id=organisation_id,
            state=state,
            reason=reason,
            risk=risk,
            note_text=sealed("note_text", note_text) if shared else None,
            note=sealed("note", note) if shared else None,
            consent=sealed("consent", consent),
            note_sha256=hashlib.sha256(note_text.encode()).hexdigest() if shared else None,
            note_until=until if shared else None,
            needs=None if needs is None else sealed("needs", _as_json(needs)),
            opens_after=0 if shared and consent.get("transcript") is True else before,
            queued_at=uow.now,
        )
    )
    change_holder(uow, conversation_id, Holder.QUEUE)
    # Where nobody is at the desk, the worker on call is told at once.
    uow.wake(ALERT_TOPIC)
    audit.record(uow, None, "handoff.queue", "handoff", handoff_id)
    return handoff_id


def _as_json(needs: Needs) -> dict[str, Any]:
    return {**asdict(needs), "skills": sorted(needs.skills)}


def note_wish(uow: UnitOfWork, conversation_id: str, wish: str) -> bool:
    """Whom somebody who waits would rather talk to, as a worker's skill; the last wish counts. False for nobody."""
    lock_conversation(uow, conversation_id)
    live = live_of(uow, conversation_id)
    if live is None:
        return False
    needs = replace(needs_of(uow, live, load(uow, conversation_id).lang), skills=frozenset({wish}))
    text = json.dumps(_as_json(needs), ensure_ascii=False)
    sealed = uow.vault.seal(conversation_id, "handoff", "needs", live.id, text)
    uow.db.execute(update(handoff).where(handoff.c.id == live.id).values(needs=sealed))
    uow.wake(QUEUE_TOPIC)
    return True


def queue_state(uow: UnitOfWork, conversation_id: str) -> QueueState | None:
    """What can honestly be said about the live handoff of a conversation; None when there is none."""
    live = live_of(uow, conversation_id)
    return None if live is None else _queue_state(uow, live.id)


def _queue_state(uow: UnitOfWork, handoff_id: str) -> QueueState:
    organisation_id, position = place_in_queue(uow, handoff_id)
    hours = hours_of(uow, organisation_id)
    open_now = hours.is_open(uow.now)
    return QueueState(
        position=position,
        workers_online=workers_online(uow, organisation_id),
        handoff_id=handoff_id,
        open_now=open_now,
        opens_at=None if open_now else hours.next_opening(uow.now),
        zone=hours.zone,
    )


def leave_message(uow: UnitOfWork, conversation_id: str, message_id: str) -> bool:
    """The line is a message to whoever comes: it stands on top at the desk. False when nobody is waited for."""
    return _mark(uow, conversation_id, left_message_id=message_id)


def agree_contact(uow: UnitOfWork, conversation_id: str, message_id: str) -> bool:
    """The line says when and how the person can safely be reached. False when nobody is waited for."""
    return _mark(uow, conversation_id, contact_message_id=message_id)


def _mark(uow: UnitOfWork, conversation_id: str, **values: str) -> bool:
    lock_conversation(uow, conversation_id)
    live = live_of(uow, conversation_id)
    if live is None:
        return False
    uow.db.execute(update(handoff).where(handoff.c.id == live.id).values(**values))
    return True


def withdraw(uow: UnitOfWork, conversation_id: str, outcome: str | None = None) -> bool:
    """The person leaves the queue or the worker; the assistant holds the chat again. False when nothing was live."""
    lock_conversation(uow, conversation_id)
    live = live_of(uow, conversation_id)
    if live is None:
        return False
    end(uow, live, Event.WITHDRAW, outcome)
    audit.record(uow, None, "handoff.withdraw", "handoff", live.id)
    return True


def forget(uow: UnitOfWork, conversation_id: str) -> None:
    """The person deletes everything: notes and consents of all their handoffs go, the bare facts stay for the audit.

    What staff wrote about the person, or to one another about them, goes with it, and so do their answers at the end.
    """
    ids = select(handoff.c.id).where(handoff.c.conversation_id == conversation_id)
    uow.db.execute(delete(assessment_value).where(assessment_value.c.conversation_id == conversation_id))
    forget_coaching(uow, conversation_id)
    forget_tasks(uow, conversation_id)
    for table in (handoff_line, closing_answer):
        uow.db.execute(delete(table).where(table.c.handoff_id.in_(ids)))
    uow.db.execute(
        update(handoff)
        .where(handoff.c.conversation_id == conversation_id)
        .values(
            **dict.fromkeys(("note_text", "note", "consent", "note_sha256", "note_until", "needs", "draft")),
            **dict.fromkeys(("left_message_id", "contact_message_id")),
        )
    )
