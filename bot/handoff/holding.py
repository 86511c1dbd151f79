"""Use cases of the worker who holds a conversation: claim, speak, be alive; and of the one who vanished."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, insert, select, update

from bot.accounts import audit
from bot.accounts.model import Staff
from bot.accounts.store import staff as staff_table
from bot.conversation.model import Holder, Message, Reply, Sender
from bot.conversation.store import message
from bot.conversation.transcript import QUEUE_TOPIC, change_holder, desk_topic, line, post
from bot.handoff.held import NO_TRANSFER, NOBODY, Say, announce, designation_of, find, held, held_locked, own_locked
from bot.handoff.model import (
    HELD,
    LEASE,
    MAX_SAY,
    AlreadyClaimed,
    Claim,
    ComesUnasked,
    Event,
    NotWaiting,
    SomebodyReadsAlong,
    State,
    advance,
    check_line,
    sources,
)
from bot.handoff.reaching import comes_unasked, is_here
from bot.handoff.store import handoff, handoff_line, lock_conversation, opened
from bot.killpoints import Point, reached
from bot.safety.service import ALERT_TOPIC
from bot.storage.unit_of_work import UnitOfWork


def claim(uow: UnitOfWork, handoff_id: str, staff: Staff, say: Say) -> Claim:
    """Take a waiting conversation. Of many at once exactly one wins; claiming twice is no error.

    Raises HandoffNotFound, AlreadyClaimed (it names the winner), NotWaiting.
    """
    row = own_locked(uow, handoff_id, staff)
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
    announce(uow, row.conversation_id, say, "utter_worker_joined", {"designation": staff.designation})
    audit.record(uow, staff, "handoff.claim", "handoff", handoff_id)
    reached(Point.CLAIMED)
    return Claim(handoff_id, row.conversation_id, epoch, uow.now + LEASE)


def _claimed_before(uow: UnitOfWork, handoff_id: str, staff: Staff) -> Claim:
    row = find(uow, handoff_id, staff)
    if State(row.state) not in HELD:
        raise NotWaiting(handoff_id)
    if row.claimant_id != staff.id:
        raise AlreadyClaimed(designation_of(uow, row.claimant_id))
    return Claim(handoff_id, row.conversation_id, row.epoch, row.lease_until)


def say(
    uow: UnitOfWork,
    handoff_id: str,
    staff: Staff,
    text: str,
    client_message_id: str,
    *,
    knowingly: bool = False,
    unasked: bool = False,
    begun: Collection[str] = (),
) -> Message:
    """Say a line to the person, once per `client_message_id`. Raises HandoffNotFound, NotYours, BadText.

    While somebody reads along only `knowingly`, and that is on record; else raises SomebodyReadsAlong. To a person who
    has left and waits for no answer only when it is meant to be `unasked`, on record too; else raises ComesUnasked.
    The line settles the draft that it is, and those that it was `begun` as; another one stays.
    """
    text = check_line(text)
    row = find(uow, handoff_id, staff)
    lock_conversation(uow, row.conversation_id)
    said = _said_before(uow, row, staff, client_message_id)
    if said is not None:
        return said
    row, talk = held(uow, handoff_id, staff)
    if talk.covert:
        if not knowingly:
            raise SomebodyReadsAlong(handoff_id)
        audit.record(uow, staff, "conversation.write_covert", "handoff", handoff_id)
    if comes_unasked(uow, row, talk):
        if not unasked:
            raise ComesUnasked(handoff_id)
        audit.record(uow, staff, "conversation.write_unasked", "handoff", handoff_id)
    spoken = Reply(response="", text=text, lang=talk.lang)
    message_id = post(uow, talk.id, spoken, sender=Sender.WORKER, staff_id=staff.id, under_cover=knowingly)
    uow.db.execute(
        insert(handoff_line).values(handoff_id=handoff_id, client_message_id=client_message_id, message_id=message_id)
    )
    uow.db.execute(
        update(handoff)
        .where(handoff.c.id == handoff_id)
        .values(
            state=advance(State(row.state), Event.SPEAK),
            lease_until=uow.now + LEASE,
            draft=None if _settled(opened(uow, row, "draft"), text, *begun) else row.draft,
        )
    )
    return _line(uow, talk.id, message_id)


def _settled(draft: str | None, *said: str) -> bool:
    """Whether a draft has become the line that is said; something else may be under way in another window."""
    return draft is None or draft.strip() in {one.strip() for one in said}


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
    return None if message_id is None else _line(uow, row.conversation_id, message_id)


def _line(uow: UnitOfWork, conversation_id: str, message_id: str) -> Message:
    found = line(uow, conversation_id, message_id)
    assert found is not None
    return found


def keep_draft(uow: UnitOfWork, handoff_id: str, staff: Staff, text: str) -> None:
    """What was begun and not sent, so that it outlives this browser and a change of hands.

    Raises HandoffNotFound, NotYours.
    """
    row, _ = held_locked(uow, handoff_id, staff)
    text = text[:MAX_SAY]
    sealed = uow.vault.seal(row.conversation_id, "handoff", "draft", row.id, text) if text.strip() else None
    uow.db.execute(update(handoff).where(handoff.c.id == row.id).values(draft=sealed))
    # Another window of the same conversation goes on with it.
    uow.wake(desk_topic(row.conversation_id))


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

    The person is told only while they are there: a cold chat may lie open before somebody else.
    """
    lost = uow.db.execute(
        select(handoff.c.id, handoff.c.conversation_id)
        .where(handoff.c.state.in_(HELD), _lease_over(uow))
        .order_by(handoff.c.conversation_id)
    ).all()
    return sum(_give_back(uow, row.id, row.conversation_id, say) for row in lost)


def _lease_over(uow: UnitOfWork) -> ColumnElement[bool]:
    """Also one that lasts twice as long as any lease does: the clock that wrote it ran ahead."""
    return (handoff.c.lease_until < uow.now) | (handoff.c.lease_until > uow.now + 2 * LEASE)


def _give_back(uow: UnitOfWork, handoff_id: str, conversation_id: str, say: Say) -> bool:
    lock_conversation(uow, conversation_id)
    changed = uow.db.execute(
        update(handoff)
        .where(
            handoff.c.id == handoff_id,
            handoff.c.state.in_(sources(Event.LOSE_WORKER)),
            _lease_over(uow),
        )
        .values(state=State.QUEUED, **NOBODY, **NO_TRANSFER)
    )
    if changed.rowcount != 1:
        return False
    change_holder(uow, conversation_id, Holder.QUEUE)
    uow.wake(ALERT_TOPIC)
    if is_here(uow, conversation_id):
        announce(uow, conversation_id, say, "utter_worker_lost", {})
    audit.record(uow, None, "handoff.worker_lost", "handoff", handoff_id)
    return True
