"""Use cases of the tasks: plan one, give it another day or owner, tick it, take it back. Each is on record."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, insert, select, update

from bot.accounts import audit
from bot.accounts.model import RecordNotFound, Staff
from bot.accounts.permissions import allowed
from bot.accounts.store import find_staff, staff_of
from bot.conversation.model import Keeping
from bot.conversation.transcript import QUEUE_TOPIC
from bot.handoff.held import held_locked
from bot.handoff.model import NotKept
from bot.handoff.store import handoff, lock_conversation
from bot.handoff.tasks.content import duties
from bot.handoff.tasks.model import BadTask, day_given
from bot.handoff.tasks.reading import seen_by, today
from bot.handoff.tasks.store import task
from bot.storage.unit_of_work import UnitOfWork


def owners(uow: UnitOfWork, staff: Staff) -> list[Staff]:
    """Who of one's own organisation may be given a task: whoever may hold conversations; oneself comes first."""
    found = [one for one in staff_of(uow, staff.organisation_id) if _may_own(one, staff)]
    return sorted(found, key=lambda one: one.id != staff.id)


def _may_own(who: Staff | None, staff: Staff) -> bool:
    return (
        who is not None
        and who.active
        and who.organisation_id == staff.organisation_id
        and allowed(who.roles, "handoff.claim")
    )


def plan(
    uow: UnitOfWork, handoff_id: str, staff: Staff, kind: str, due: str, owner_id: str, *, done: bool = False
) -> str:
    """Plan a duty for the person of a held conversation; with `done` it was seen to just now, by oneself.

    Returns its id. Raises HandoffNotFound, NotYours, NotKept, BadTask.
    """
    row, talk = held_locked(uow, handoff_id, staff)
    if talk.keeping is not Keeping.GIVEN:
        raise NotKept
    if kind not in duties():
        raise BadTask("kind")
    day = today(uow) if done else day_given(due, today(uow))
    owner = staff if done else find_staff(uow, owner_id)
    if owner is None or not _may_own(owner, staff):
        raise BadTask("owner")
    made = uow.new_id()
    uow.db.execute(
        insert(task).values(
            id=made,
            conversation_id=talk.id,
            handoff_id=row.id,
            organisation_id=staff.organisation_id,
            kind=uow.vault.seal(talk.id, "task", "kind", made, kind),
            owner_id=owner.id,
            due=day,
            made_by=staff.id,
            made_at=uow.now,
            done_by=staff.id if done else None,
            done_at=uow.now if done else None,
        )
    )
    _told(uow, staff, "task.done" if done else "task.plan", handoff_id)
    return made


def change(uow: UnitOfWork, task_id: str, staff: Staff, due: str, owner_id: str) -> str:
    """Another day, another owner; an overdue one may keep its day. Returns its handoff's id.

    Raises RecordNotFound, BadTask.
    """
    row = _locked(uow, task_id, staff)
    day = row.due if due == row.due.isoformat() else day_given(due, today(uow))
    if not _may_own(find_staff(uow, owner_id), staff):
        raise BadTask("owner")
    uow.db.execute(update(task).where(task.c.id == task_id).values(due=day, owner_id=owner_id))
    return _told(uow, staff, "task.change", row.handoff_id)


def tick(uow: UnitOfWork, task_id: str, staff: Staff, *, done: bool) -> str:
    """It was seen to, or was not after all; twice changes nothing. Returns its handoff's id. Raises RecordNotFound."""
    row = _locked(uow, task_id, staff)
    if done is (row.done_at is not None):
        return str(row.handoff_id)
    values = {"done_by": staff.id if done else None, "done_at": uow.now if done else None}
    uow.db.execute(update(task).where(task.c.id == task_id).values(values))
    return _told(uow, staff, "task.done" if done else "task.reopen", row.handoff_id)


def drop(uow: UnitOfWork, task_id: str, staff: Staff) -> str:
    """It was planned by mistake, or is wanted no more. Returns its handoff's id. Raises RecordNotFound."""
    row = _locked(uow, task_id, staff)
    uow.db.execute(delete(task).where(task.c.id == task_id))
    return _told(uow, staff, "task.drop", row.handoff_id)


def _locked(uow: UnitOfWork, task_id: str, staff: Staff) -> Any:
    """The row of a task that this person may change, its conversation locked. Raises RecordNotFound."""
    query = select(task).join(handoff, handoff.c.id == task.c.handoff_id).where(task.c.id == task_id, seen_by(staff))
    row = uow.db.execute(query).first()
    if row is None:
        raise RecordNotFound(task_id)
    lock_conversation(uow, row.conversation_id)
    row = uow.db.execute(query).first()
    if row is None:
        raise RecordNotFound(task_id)
    return row


def _told(uow: UnitOfWork, staff: Staff, action: str, handoff_id: str) -> str:
    audit.record(uow, staff, action, "handoff", handoff_id)
    # The owner's desk counts what is due.
    uow.wake(QUEUE_TOPIC)
    return handoff_id
