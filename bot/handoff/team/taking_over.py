"""A supervisor takes a held conversation over: compare and set, a new epoch, and the person is told who came."""

from __future__ import annotations

from sqlalchemy import update

from bot.accounts import audit
from bot.accounts.model import Staff
from bot.conversation.model import Holder
from bot.conversation.transcript import change_holder
from bot.handoff.held import NO_TRANSFER, Say, announce, designation_of, find, own_locked
from bot.handoff.model import HELD, LEASE, AlreadyClaimed, Claim, Event, NotHeld, State, advance
from bot.handoff.store import handoff
from bot.handoff.team.model import REASONS, BadReason
from bot.handoff.transfer import tell_called_off
from bot.storage.unit_of_work import UnitOfWork


def take_over(uow: UnitOfWork, handoff_id: str, staff: Staff, seen_epoch: int, reason: str, say: Say) -> Claim:
    """Take a conversation from the colleague who holds it; draft, note and consent stay. Twice is no error.

    `seen_epoch` is the holding that the supervisor saw: of many who take the same one over, one wins. `reason` is one
    of REASONS and stands in the audit trail. Raises HandoffNotFound, BadReason, NotHeld, AlreadyClaimed (it names
    whoever holds it by now).
    """
    row = own_locked(uow, handoff_id, staff)
    if State(row.state) not in HELD:
        raise NotHeld(handoff_id)
    if row.claimant_id == staff.id:
        return Claim(handoff_id, row.conversation_id, row.epoch, row.lease_until)
    if reason not in REASONS:
        raise BadReason(reason)
    won = uow.db.execute(
        update(handoff)
        .where(handoff.c.id == handoff_id, handoff.c.state == row.state, handoff.c.epoch == seen_epoch)
        .values(
            state=advance(State(row.state), Event.STEP_IN),
            claimant_id=staff.id,
            claimed_at=uow.now,
            lease_until=uow.now + LEASE,
            **NO_TRANSFER,
        )
    )
    if won.rowcount != 1:
        raise AlreadyClaimed(designation_of(uow, find(uow, handoff_id, staff).claimant_id))
    epoch = change_holder(uow, row.conversation_id, Holder.WORKER)
    uow.db.execute(update(handoff).where(handoff.c.id == handoff_id).values(epoch=epoch))
    tell_called_off(uow, row, say)
    values = {"before": designation_of(uow, row.claimant_id), "designation": staff.designation}
    announce(uow, row.conversation_id, say, "utter_worker_changed", values)
    audit.record(uow, staff, f"handoff.take_over_{reason}", "handoff", handoff_id)
    return Claim(handoff_id, row.conversation_id, epoch, uow.now + LEASE)
