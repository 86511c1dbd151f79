"""Use cases of passing a held conversation on: offered first, held until somebody accepts, never let go in between.

A colleague of the same organisation is covered by the consent; about another one the person is asked, with the note in
view.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from sqlalchemy import select, update

from bot.accounts import audit
from bot.accounts.model import Staff, load_roles
from bot.accounts.permissions import allowed
from bot.accounts.store import find_staff, organisation, staff_of
from bot.accounts.store import staff as staff_table
from bot.clock import moment_in_words
from bot.conversation.model import Holder
from bot.conversation.transcript import QUEUE_TOPIC, change_holder, load
from bot.counselling import service as counselling
from bot.handoff.held import NO_TRANSFER, Say, announce, designation_of, find, held_locked
from bot.handoff.model import (
    HELD,
    LEASE,
    WITH_NOTE,
    WITHOUT_NOTE,
    AlreadyClaimed,
    Claim,
    Event,
    NotPermitted,
    NoTransfer,
    State,
    advance,
    sources,
)
from bot.handoff.store import handoff, live_of, lock_conversation, note_stands, opened
from bot.killpoints import Point, reached
from bot.storage.unit_of_work import UnitOfWork


class Targets(NamedTuple):
    """To whom a conversation may be offered: colleagues, and (id, name) of other organisations."""

    colleagues: list[Staff]
    organisations: list[tuple[str, str]]


def targets(uow: UnitOfWork, staff: Staff) -> Targets:
    """Everybody a worker may offer a conversation to; who is at the desk now comes first."""
    found = [one for one in staff_of(uow, staff.organisation_id) if one.id != staff.id and _may_take(one)]
    others = uow.db.execute(
        select(organisation.c.id, organisation.c.name, staff_table.c.roles)
        .join(staff_table, staff_table.c.organisation_id == organisation.c.id)
        .where(organisation.c.id != staff.organisation_id, staff_table.c.active.is_(True))
        .order_by(organisation.c.name)
    )
    # An organisation without anybody who may claim would let the person wait for nobody.
    can_take = {row.id: row.name for row in others if allowed(load_roles(row.roles), "handoff.claim")}
    return Targets(sorted(found, key=lambda one: not one.online(uow.now)), list(can_take.items()))


def _may_take(who: Staff) -> bool:
    return who.active and allowed(who.roles, "handoff.claim")


def offer_to_colleague(uow: UnitOfWork, handoff_id: str, staff: Staff, colleague_id: str) -> None:
    """Offer a conversation to somebody of the same organisation. Raises HandoffNotFound, NotYours, NoTransfer."""
    row, _ = held_locked(uow, handoff_id, staff)
    colleague = find_staff(uow, colleague_id)
    if colleague is None or colleague.id == staff.id or colleague.organisation_id != row.organisation_id:
        raise NoTransfer(colleague_id)
    if not _may_take(colleague):
        raise NoTransfer(colleague_id)
    _offer(uow, row, staff, transfer_staff_id=colleague.id)


def offer_to_organisation(uow: UnitOfWork, handoff_id: str, staff: Staff, organisation_id: str, say: Say) -> None:
    """Ask the person whether another organisation may have the conversation; it learns of it after their yes alone.

    Raises HandoffNotFound, NotYours, NoTransfer.
    """
    row, talk = held_locked(uow, handoff_id, staff)
    name = name_of(uow, organisation_id)
    if not name or organisation_id == row.organisation_id:
        raise NoTransfer(organisation_id)
    _offer(uow, row, staff, transfer_organisation_id=organisation_id)
    asking = staff.designation
    if note_stands(row, uow.now):
        note = opened(uow, row, "note_text") or ""
        until = moment_in_words(uow.now + counselling.SHARE_LASTS, talk.lang)
        values = {"designation": asking, "organisation": name, "note": note, "until": until}
        announce(uow, talk.id, say, "utter_ask_transfer", values)
    else:
        announce(uow, talk.id, say, "utter_ask_transfer_bare", {"designation": asking, "organisation": name})


def name_of(uow: UnitOfWork, organisation_id: str) -> str:
    """The name of an organisation; empty for one that there is not."""
    query = select(organisation.c.name).where(organisation.c.id == organisation_id)
    return str(uow.db.execute(query).scalar_one_or_none() or "")


def _offer(uow: UnitOfWork, row: Any, staff: Staff, **to: str) -> None:
    try:
        state = advance(State(row.state), Event.OFFER_TRANSFER)
    except NotPermitted:
        raise NoTransfer(row.id) from None
    uow.db.execute(
        update(handoff)
        .where(handoff.c.id == row.id)
        .values(**{**NO_TRANSFER, **to, "transfer_asked_at": uow.now, "state": state})
    )
    uow.wake(QUEUE_TOPIC)
    audit.record(uow, staff, "handoff.offer_transfer", "handoff", row.id)


def answer(uow: UnitOfWork, conversation_id: str, agreed: str) -> str | None:
    """The person's yes (`note`, `bare`) or no (empty) to another organisation. Its name; None where nothing was asked.

    A yes with the note is a consent to exactly its text, for this recipient.
    """
    lock_conversation(uow, conversation_id)
    row = live_of(uow, conversation_id)
    if row is None or row.transfer_organisation_id is None or row.transfer_agreed is not None:
        return None
    name = name_of(uow, row.transfer_organisation_id)
    if not agreed:
        _back_to_active(uow, row)
        audit.record(uow, None, "handoff.refuse_transfer", "handoff", row.id)
        return name
    text = (opened(uow, row, "note_text") or "") if agreed == WITH_NOTE and note_stands(row, uow.now) else ""
    given = {"text": text, "response": "utter_ask_transfer" if text else "utter_ask_transfer_bare"}
    purpose = "share" if text else "talk"
    counselling.record_consent(uow, conversation_id, purpose=purpose, kind="given", data=given, recipient=name)
    uow.db.execute(
        update(handoff).where(handoff.c.id == row.id).values(transfer_agreed=WITH_NOTE if text else WITHOUT_NOTE)
    )
    uow.wake(QUEUE_TOPIC)
    audit.record(uow, None, "handoff.agree_transfer", "handoff", row.id)
    return name


def accept(uow: UnitOfWork, handoff_id: str, staff: Staff, say: Say) -> Claim:
    """Take over what was offered; only now the one before lets go.

    Raises HandoffNotFound, AlreadyClaimed, NoTransfer.
    """
    lock_conversation(uow, find(uow, handoff_id, staff).conversation_id)
    row = find(uow, handoff_id, staff)
    if State(row.state) not in sources(Event.TAKE_OVER) or not _is_for(row, staff):
        if State(row.state) in HELD and row.claimant_id != staff.id and row.organisation_id == staff.organisation_id:
            raise AlreadyClaimed(designation_of(uow, row.claimant_id))
        raise NoTransfer(handoff_id)
    talk = load(uow, row.conversation_id)
    epoch = change_holder(uow, talk.id, Holder.WORKER)
    other = row.organisation_id != staff.organisation_id
    uow.db.execute(
        update(handoff)
        .where(handoff.c.id == handoff_id)
        .values(
            state=advance(State(row.state), Event.TAKE_OVER),
            claimant_id=staff.id,
            claimed_at=uow.now,
            lease_until=uow.now + LEASE,
            epoch=epoch,
            **NO_TRANSFER,
            **(_what_another_may_read(uow, row, staff, talk.last_number) if other else {}),
        )
    )
    values = {"before": designation_of(uow, row.claimant_id), "designation": staff.designation}
    if other:
        values["organisation"] = name_of(uow, staff.organisation_id)
    announce(uow, talk.id, say, "utter_worker_changed_organisation" if other else "utter_worker_changed", values)
    audit.record(uow, staff, "handoff.accept_transfer", "handoff", handoff_id)
    reached(Point.TRANSFERRED)
    return Claim(handoff_id, talk.id, epoch, uow.now + LEASE)


def _is_for(row: Any, staff: Staff) -> bool:
    if row.transfer_staff_id is not None:
        return bool(row.transfer_staff_id == staff.id)
    return row.transfer_organisation_id == staff.organisation_id and row.transfer_agreed is not None


def _what_another_may_read(uow: UnitOfWork, row: Any, staff: Staff, last_number: int) -> dict[str, Any]:
    """Another organisation reads what the person agreed to: the note or not, and messages from now on."""
    text = (opened(uow, row, "note_text") or "") if row.transfer_agreed == WITH_NOTE else ""
    recipient = name_of(uow, staff.organisation_id)
    until = counselling.share_ends(uow, row.conversation_id, text, recipient) if text else None
    consent = {"recipient": recipient, "purpose": "share" if until else "talk", "transcript": False}
    sealed = uow.vault.seal(row.conversation_id, "handoff", "consent", row.id, json.dumps(consent, ensure_ascii=False))
    kept = {"note_until": until} if until else dict.fromkeys(("note_text", "note", "note_sha256", "note_until"))
    return {
        **kept,
        "consent": sealed,
        "organisation_id": staff.organisation_id,
        "opens_after": last_number,
        # That there are rules for making contact binds whoever comes; their words stay closed like all before.
        **dict.fromkeys(("left_message_id", "needs")),
    }


def call_off(uow: UnitOfWork, handoff_id: str, staff: Staff, say: Say) -> bool:
    """Take an offer back, or turn it down as the one it was made to; the claimant goes on. Whether that is this person.

    Raises HandoffNotFound, NoTransfer.
    """
    lock_conversation(uow, find(uow, handoff_id, staff).conversation_id)
    row = find(uow, handoff_id, staff)
    if State(row.state) not in sources(Event.CALL_OFF) or not (row.claimant_id == staff.id or _is_for(row, staff)):
        raise NoTransfer(handoff_id)
    _back_to_active(uow, row)
    tell_called_off(uow, row, say)
    audit.record(uow, staff, "handoff.call_off_transfer", "handoff", handoff_id)
    return bool(row.claimant_id == staff.id)


def tell_called_off(uow: UnitOfWork, row: Any, say: Say) -> None:
    """Whoever was asked about another organisation hears what became of it."""
    if row.transfer_organisation_id is None:
        return
    name, who = name_of(uow, row.transfer_organisation_id), designation_of(uow, row.claimant_id)
    values = {"organisation": name, "designation": who}
    announce(uow, row.conversation_id, say, "utter_transfer_called_off", values)


def _back_to_active(uow: UnitOfWork, row: Any) -> None:
    state = advance(State(row.state), Event.CALL_OFF)
    uow.db.execute(update(handoff).where(handoff.c.id == row.id).values(**{**NO_TRANSFER, "state": state}))
    uow.wake(QUEUE_TOPIC)
