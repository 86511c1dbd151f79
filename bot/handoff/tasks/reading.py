"""Which tasks somebody sees, and how many of their own are due: numbers and days, never what was said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select

from bot.accounts.model import Staff
from bot.accounts.permissions import allowed
from bot.clock import WIB
from bot.conversation.store import conversation
from bot.handoff.held import designation_of
from bot.handoff.model import HELD
from bot.handoff.store import handoff
from bot.handoff.tasks.model import Task
from bot.handoff.tasks.store import task
from bot.storage.encryption import CannotDecrypt
from bot.storage.unit_of_work import UnitOfWork

RECENT = timedelta(days=30)
"""How long a task that is done stays on the page of tasks."""


@dataclass(frozen=True)
class TaskBoard:
    """What is open, by day, one's own apart from the others'; and what was done lately, the newest first."""

    mine: tuple[Task, ...]
    others: tuple[Task, ...]
    done: tuple[Task, ...]


def today(uow: UnitOfWork) -> date:
    """The day in Western Indonesian time."""
    return (uow.now + WIB).date()


def seen_by(staff: Staff) -> ColumnElement[bool]:
    """The condition for tasks that somebody sees and may change: their own, those of whom they hold; supervisors all.

    Where another organisation holds the conversation by now, nobody of the one before sees them any more.
    """
    here = (task.c.organisation_id == staff.organisation_id) & (handoff.c.organisation_id == staff.organisation_id)
    if allowed(staff.roles, "team.see"):
        return here
    holds = (handoff.c.claimant_id == staff.id) & handoff.c.state.in_(HELD)
    return here & or_(task.c.owner_id == staff.id, holds)


def with_number() -> Select[Any]:
    """Tasks with the number of their conversation."""
    return (
        select(task, conversation.c.number)
        .join(handoff, handoff.c.id == task.c.handoff_id)
        .join(conversation, conversation.c.id == task.c.conversation_id)
    )


def task_board(uow: UnitOfWork, staff: Staff) -> TaskBoard:
    """The tasks that somebody sees."""
    query = with_number().where(seen_by(staff)).order_by(task.c.due, task.c.made_at)
    found = _opened(uow, staff, query.where(task.c.done_at.is_(None)))
    lately = query.where(task.c.done_at > uow.now - RECENT).order_by(None).order_by(task.c.done_at.desc())
    return TaskBoard(
        mine=tuple(one for one in found if one.mine),
        others=tuple(one for one in found if not one.mine),
        done=tuple(_opened(uow, staff, lately)),
    )


def tasks_of(uow: UnitOfWork, handoff_id: str, staff: Staff) -> tuple[Task, ...]:
    """What is planned and done for the person of one handoff, by day."""
    query = with_number().where(task.c.handoff_id == handoff_id, seen_by(staff))
    return tuple(_opened(uow, staff, query.order_by(task.c.due, task.c.made_at)))


def due_count(uow: UnitOfWork, staff: Staff) -> int:
    """How many of somebody's own tasks are due today or overdue."""
    query = select(func.count()).select_from(task).join(handoff, handoff.c.id == task.c.handoff_id)
    own = (task.c.owner_id == staff.id) & task.c.done_at.is_(None) & (task.c.due <= today(uow))
    return int(uow.db.execute(query.where(seen_by(staff), own)).scalar_one())


def _opened(uow: UnitOfWork, staff: Staff, query: Select[Any]) -> Sequence[Task]:
    """The tasks of a query; one whose key was destroyed meanwhile is left out."""
    rows = uow.db.execute(query).all()
    names = {who: designation_of(uow, who) for who in {row.owner_id for row in rows} | {row.done_by for row in rows}}
    found = []
    for row in rows:
        try:
            kind = uow.vault.open(row.conversation_id, "task", "kind", row.id, row.kind)
        except CannotDecrypt:
            continue
        found.append(
            Task(
                id=row.id,
                handoff_id=row.handoff_id,
                number=f"K-{row.number}",
                kind=kind,
                owner_id=row.owner_id,
                owner=names[row.owner_id],
                due=row.due,
                late=row.done_at is None and row.due < today(uow),
                mine=row.owner_id == staff.id,
                done_by=names[row.done_by],
                done_at=row.done_at,
            )
        )
    return found
