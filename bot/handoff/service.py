"""Use cases of the handoff: ask for a worker, leave the queue, claim, speak, end, notice who vanished.

Whoever touches a conversation and its handoff locks the conversation first, as a turn does.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from bot.accounts import audit
from bot.accounts.model import Staff
from bot.accounts.organisations import hotline
from bot.accounts.store import find_staff
from bot.accounts.store import staff as staff_table
from bot.conversation.model import Conversation, Holder, Message, Reply, Sender
from bot.conversation.store import message
from bot.conversation.transcript import QUEUE_TOPIC, change_holder, load, post, transcript
from bot.handoff.model import (
    HELD,
    LEASE,
    WARM,
    AlreadyClaimed,
    Claim,
    Event,
    HandoffNotFound,
    NotWaiting,
    NotYours,
    QueueState,
    SomebodyReadsAlong,
    State,
    advance,
    check_line,
    higher_risk,
    sources,
)
from bot.handoff.reading import place_in_queue, workers_online
from bot.handoff.store import assessment_value, handoff, handoff_line, is_live, live_of, lock_conversation
from bot.storage.unit_of_work import UnitOfWork

Say = Callable[[str, str, dict[str, Any]], Reply]
"""The catalogue of responses: name, language, values in; what is said out."""


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
) -> QueueState:
    """Put a conversation into the queue; asking again while it waits or is held changes nothing but a higher risk.

    An empty `note_text` means no consent to pass anything on: the worker then sees neither the note nor what
    was said before. The earlier messages are opened only by `consent["transcript"] = True`: agreeing to the
    note is agreeing to exactly its text. `until` is when that consent ends; a note without an end is shown to nobody.
    """
    lock_conversation(uow, conversation_id)
    live = live_of(uow, conversation_id)
    if live is None:
        handoff_id = _queue_up(uow, conversation_id, reason, risk, note_text, note, consent, until)
    else:
        handoff_id = live.id
        risk = higher_risk(live.risk, risk)
        uow.db.execute(update(handoff).where(handoff.c.id == handoff_id).values(risk=risk))
    return _queue_state(uow, handoff_id)


def _queue_up(
    uow: UnitOfWork,
    conversation_id: str,
    reason: str,
    risk: str,
    note_text: str,
    note: dict[str, Any],
    consent: dict[str, Any],
    until: datetime | None,
) -> str:
    state = advance(advance(State.OFFERED, Event.CONSENT), Event.QUEUE)
    handoff_id, shared = uow.new_id(), bool(note_text.strip())

    def sealed(column: str, value: str) -> bytes:
        return uow.vault.seal(conversation_id, "handoff", column, handoff_id, value)

    before = load(uow, conversation_id).last_number
    uow.db.execute(
        insert(handoff).values(
            id=handoff_id,
            conversation_id=conversation_id,
            organisation_id=hotline(uow),
            state=state,
            reason=reason,
            risk=risk,
            note_text=sealed("note_text", note_text) if shared else None,
            note=sealed("note", json.dumps(note, ensure_ascii=False)) if shared else None,
            consent=sealed("consent", json.dumps(consent, ensure_ascii=False)),
            note_sha256=hashlib.sha256(note_text.encode()).hexdigest() if shared else None,
            note_until=until if shared else None,
            opens_after=0 if shared and consent.get("transcript") is True else before,
            queued_at=uow.now,
        )
    )
    change_holder(uow, conversation_id, Holder.QUEUE)
    audit.record(uow, None, "handoff.queue", "handoff", handoff_id)
    return handoff_id


def queue_state(uow: UnitOfWork, conversation_id: str) -> QueueState | None:
    """What can honestly be said about the live handoff of a conversation; None when there is none."""
    live = live_of(uow, conversation_id)
    return None if live is None else _queue_state(uow, live.id)


def _queue_state(uow: UnitOfWork, handoff_id: str) -> QueueState:
    organisation_id, position = place_in_queue(uow, handoff_id)
    return QueueState(position, workers_online(uow, organisation_id), handoff_id)


def withdraw(uow: UnitOfWork, conversation_id: str, outcome: str | None = None) -> bool:
    """The person leaves the queue or the worker; the assistant holds the chat again. False when nothing was live."""
    lock_conversation(uow, conversation_id)
    live = live_of(uow, conversation_id)
    if live is None:
        return False
    _end(uow, live, Event.WITHDRAW, outcome)
    audit.record(uow, None, "handoff.withdraw", "handoff", live.id)
    return True


def forget(uow: UnitOfWork, conversation_id: str) -> None:
    """The person deletes everything: notes and consents of all their handoffs go, the bare facts stay for the audit.

    What staff wrote about the person goes with it.
    """
    ids = select(handoff.c.id).where(handoff.c.conversation_id == conversation_id)
    uow.db.execute(delete(assessment_value).where(assessment_value.c.conversation_id == conversation_id))
    uow.db.execute(delete(handoff_line).where(handoff_line.c.handoff_id.in_(ids)))
    uow.db.execute(
        update(handoff)
        .where(handoff.c.conversation_id == conversation_id)
        .values(note_text=None, note=None, consent=None, note_sha256=None, note_until=None)
    )


def claim(uow: UnitOfWork, handoff_id: str, staff: Staff, say: Say) -> Claim:
    """Take a waiting conversation. Of many at once exactly one wins; claiming twice is no error.

    Raises HandoffNotFound, AlreadyClaimed (it names the winner), NotWaiting.
    """
    row = find(uow, handoff_id, staff)
    lock_conversation(uow, row.conversation_id)
    won = uow.db.execute(
        update(handoff)
        .where(handoff.c.id == handoff_id, handoff.c.state.in_(sources(Event.CLAIM)))
        .values(
            state=advance(State.QUEUED, Event.CLAIM),
            claimant_id=staff.id,
            claimed_at=uow.now,
            lease_until=uow.now + LEASE,
        )
    )
    if won.rowcount != 1:
        return _claimed_before(uow, handoff_id, staff)
    epoch = change_holder(uow, row.conversation_id, Holder.WORKER)
    uow.db.execute(update(handoff).where(handoff.c.id == handoff_id).values(epoch=epoch))
    _announce(uow, row.conversation_id, say, "utter_worker_joined", {"designation": staff.designation})
    audit.record(uow, staff, "handoff.claim", "handoff", handoff_id)
    return Claim(handoff_id, row.conversation_id, epoch, uow.now + LEASE)


def _claimed_before(uow: UnitOfWork, handoff_id: str, staff: Staff) -> Claim:
    row = find(uow, handoff_id, staff)
    if State(row.state) not in HELD:
        raise NotWaiting(handoff_id)
    if row.claimant_id != staff.id:
        raise AlreadyClaimed(designation_of(uow, row.claimant_id))
    return Claim(handoff_id, row.conversation_id, row.epoch, row.lease_until)


def say(
    uow: UnitOfWork, handoff_id: str, staff: Staff, text: str, client_message_id: str, *, knowingly: bool = False
) -> Message:
    """Say a line to the person, once per `client_message_id`. Raises HandoffNotFound, NotYours, BadText.

    While somebody reads along only `knowingly`, and that is on record; else raises SomebodyReadsAlong.
    """
    text = check_line(text)
    row = find(uow, handoff_id, staff)
    lock_conversation(uow, row.conversation_id)
    said = _said_before(uow, row, staff, client_message_id)
    if said is not None:
        return said
    row, talk = _held(uow, handoff_id, staff)
    if talk.covert:
        if not knowingly:
            raise SomebodyReadsAlong(handoff_id)
        audit.record(uow, staff, "conversation.write_covert", "handoff", handoff_id)
    line = Reply(response="", text=text, lang=talk.lang)
    message_id = post(uow, talk.id, line, sender=Sender.WORKER, staff_id=staff.id, under_cover=knowingly)
    uow.db.execute(
        insert(handoff_line).values(handoff_id=handoff_id, client_message_id=client_message_id, message_id=message_id)
    )
    uow.db.execute(
        update(handoff)
        .where(handoff.c.id == handoff_id)
        .values(state=advance(State(row.state), Event.SPEAK), lease_until=uow.now + LEASE)
    )
    return _message(uow, talk.id, message_id)


def _said_before(uow: UnitOfWork, row: Any, staff: Staff, client_message_id: str) -> Message | None:
    message_id = uow.db.execute(
        select(handoff_line.c.message_id)
        .join(message, message.c.id == handoff_line.c.message_id)
        .where(
            handoff_line.c.handoff_id == row.id,
            handoff_line.c.client_message_id == client_message_id,
            message.c.staff_id == staff.id,
        )
    ).scalar_one_or_none()
    return None if message_id is None else _message(uow, row.conversation_id, message_id)


def _message(uow: UnitOfWork, conversation_id: str, message_id: str) -> Message:
    number = uow.db.execute(select(message.c.number).where(message.c.id == message_id)).scalar_one()
    return next(m for m in transcript(uow, conversation_id, after=number - 1) if m.number == number)


def close(uow: UnitOfWork, handoff_id: str, staff: Staff, outcome: str, say: Say) -> None:
    """End the conversation with the worker; the person is told how to come back. Raises HandoffNotFound, NotYours."""
    row, talk = held_locked(uow, handoff_id, staff)
    _end(uow, row, Event.CLOSE, outcome)
    _announce(uow, talk.id, say, "utter_worker_closed", {"designation": staff.designation})
    audit.record(uow, staff, "handoff.close", "handoff", handoff_id)


def return_to_bot(uow: UnitOfWork, handoff_id: str, staff: Staff, say: Say) -> None:
    """Give the chat back; the dialogue goes on at its stage. Raises HandoffNotFound, NotYours."""
    row, talk = held_locked(uow, handoff_id, staff)
    _end(uow, row, Event.RETURN)
    _announce(uow, talk.id, say, "utter_worker_returned", {"designation": staff.designation})
    audit.record(uow, staff, "handoff.return", "handoff", handoff_id)


def heartbeat(uow: UnitOfWork, staff: Staff) -> None:
    """The worker's desk is alive: present for 90 s, and each of their claims holds for 60 s more."""
    uow.db.execute(update(staff_table).where(staff_table.c.id == staff.id).values(seen_at=uow.now))
    if not staff.online(uow.now):
        # Whoever just came counts at once, on their own page and on the colleagues'.
        uow.wake(QUEUE_TOPIC)
    uow.db.execute(
        update(handoff)
        .where(handoff.c.claimant_id == staff.id, handoff.c.state.in_(HELD))
        .values(lease_until=uow.now + LEASE)
    )


def expire_leases(uow: UnitOfWork, say: Say) -> int:
    """Conversations whose worker vanished go back to their place in the queue. Returns how many.

    The person is told only while the chat is warm: a cold chat may lie open before somebody else.
    """
    lost = uow.db.execute(
        select(handoff.c.id, handoff.c.conversation_id)
        .where(handoff.c.state.in_(HELD), handoff.c.lease_until < uow.now)
        .order_by(handoff.c.conversation_id)
    ).all()
    return sum(_give_back(uow, row.id, row.conversation_id, say) for row in lost)


def _give_back(uow: UnitOfWork, handoff_id: str, conversation_id: str, say: Say) -> bool:
    lock_conversation(uow, conversation_id)
    changed = uow.db.execute(
        update(handoff)
        .where(
            handoff.c.id == handoff_id,
            handoff.c.state.in_(sources(Event.LOSE_WORKER)),
            handoff.c.lease_until < uow.now,
        )
        .values(state=State.QUEUED, claimant_id=None, claimed_at=None, lease_until=None, epoch=None)
    )
    if changed.rowcount != 1:
        return False
    talk = load(uow, conversation_id)
    change_holder(uow, conversation_id, Holder.QUEUE)
    if uow.now - talk.last_at <= WARM:
        _announce(uow, conversation_id, say, "utter_worker_lost", {})
    audit.record(uow, None, "handoff.worker_lost", "handoff", handoff_id)
    return True


def find(uow: UnitOfWork, handoff_id: str, staff: Staff) -> Any:
    """The handoff's row, if it is the own organisation's. Raises HandoffNotFound."""
    row = uow.db.execute(
        select(handoff).where(handoff.c.id == handoff_id, handoff.c.organisation_id == staff.organisation_id)
    ).first()
    if row is None:
        raise HandoffNotFound(handoff_id)
    return row


def designation_of(uow: UnitOfWork, staff_id: str | None) -> str:
    who = find_staff(uow, staff_id) if staff_id else None
    return who.designation if who else ""


def held_locked(uow: UnitOfWork, handoff_id: str, staff: Staff) -> tuple[Any, Conversation]:
    """The handoff and its conversation, locked, for the worker who holds both. Raises HandoffNotFound, NotYours."""
    lock_conversation(uow, find(uow, handoff_id, staff).conversation_id)
    return _held(uow, handoff_id, staff)


def _held(uow: UnitOfWork, handoff_id: str, staff: Staff) -> tuple[Any, Conversation]:
    """The handoff and its conversation, if this worker holds both. The conversation is locked already."""
    row = find(uow, handoff_id, staff)
    if State(row.state) not in HELD:
        raise NotYours
    if row.claimant_id != staff.id:
        raise NotYours(designation_of(uow, row.claimant_id))
    talk = load(uow, row.conversation_id)
    if talk.holder is not Holder.WORKER or talk.epoch != row.epoch:
        raise NotYours
    return row, talk


def _end(uow: UnitOfWork, row: Any, event: Event, outcome: str | None = None) -> None:
    uow.db.execute(
        update(handoff)
        .where(handoff.c.id == row.id, is_live())
        .values(state=advance(State(row.state), event), ended_at=uow.now, lease_until=None, outcome=outcome)
    )
    # A person who stopped or deleted the chat meanwhile is not given back to the assistant.
    if load(uow, row.conversation_id).holder in (Holder.QUEUE, Holder.WORKER):
        change_holder(uow, row.conversation_id, Holder.BOT)


def _announce(uow: UnitOfWork, conversation_id: str, say: Say, response: str, values: dict[str, Any]) -> None:
    lang = load(uow, conversation_id).lang
    post(uow, conversation_id, say(response, lang, values), sender=Sender.SYSTEM)
