"""What people answered when their conversation was closed, counted by month; nothing that could point at somebody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby

from sqlalchemy import select

from bot.accounts.model import Staff
from bot.clock import WIB
from bot.handoff.store import closing_answer, handoff
from bot.handoff.team.model import Month, month_of
from bot.storage.unit_of_work import UnitOfWork

MONTHS_BACK = 13


def answers_by_month(uow: UnitOfWork, staff: Staff) -> list[Month]:
    """The months of one's own organisation, the newest first, each by Western Indonesian time and only once it is over.

    A month that still runs would tell one person's answer by how the numbers change from one look to the next.
    """
    this_month = (uow.now + WIB).date().replace(day=1)
    rows = uow.db.execute(
        select(handoff.c.ended_at, closing_answer.c.question, closing_answer.c.answer)
        .join(handoff, handoff.c.id == closing_answer.c.handoff_id)
        .where(
            handoff.c.organisation_id == staff.organisation_id,
            handoff.c.ended_at >= uow.now - timedelta(days=31 * MONTHS_BACK),
        )
        .order_by(handoff.c.ended_at.desc())
    ).all()
    dated = [((row.ended_at + WIB).date().replace(day=1), (row.question, row.answer)) for row in rows]
    return list(_months([one for one in dated if one[0] < this_month]))


def _months(dated: list[tuple[date, tuple[str, str]]]) -> Iterator[Month]:
    for first, given in groupby(dated, key=lambda one: one[0]):
        yield month_of(first.year, first.month, [pair for _, pair in given])
