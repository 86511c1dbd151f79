"""Who of an organisation is on, who holds what, how long people have waited: numbers and times, never content."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from bot.accounts.model import Staff
from bot.accounts.permissions import allowed
from bot.accounts.store import staff_of
from bot.handoff.levels import service_levels
from bot.handoff.model import HELD, Row, risk_rank
from bot.handoff.opening import abilities_of
from bot.handoff.queue import colleagues, mine, queue
from bot.handoff.reaching import unanswered_since
from bot.handoff.routing import Abilities
from bot.handoff.store import handoff
from bot.handoff.team.model import Held, Member, TeamBoard, waits_of
from bot.storage.unit_of_work import UnitOfWork


def team_board(uow: UnitOfWork, staff: Staff) -> TeamBoard:
    """The team of somebody's own organisation as it is now."""
    rows = [*mine(uow, staff), *colleagues(uow, staff)]
    unanswered = unanswered_since(uow, [row.id for row in rows])
    held = [_held(uow, row, unanswered.get(row.id)) for row in rows]
    waiting = queue(uow, staff)
    return TeamBoard(
        members=_members(uow, staff),
        held=tuple(sorted(held, key=lambda one: (-risk_rank(one.row.risk), one.unanswered_since or uow.now))),
        waits=waits_of(waiting, service_levels()),
        waiting=tuple(waiting),
    )


def _held(uow: UnitOfWork, row: Row, since: datetime | None) -> Held:
    return Held(row, since, overdue=since is not None and uow.now - since > service_levels()[row.risk])


def _members(uow: UnitOfWork, staff: Staff) -> tuple[Member, ...]:
    """Whoever may claim; who is at the desk comes first."""
    counted = (
        select(handoff.c.claimant_id, func.count().label("holding"))
        .where(handoff.c.organisation_id == staff.organisation_id, handoff.c.state.in_(HELD))
        .group_by(handoff.c.claimant_id)
    )
    holding = {row.claimant_id: row.holding for row in uow.db.execute(counted)}
    known = abilities_of(uow, staff.organisation_id)
    found = [
        Member(one.id, one.designation, one.online(uow.now), holding.get(one.id, 0), known.get(one.id, Abilities()))
        for one in staff_of(uow, staff.organisation_id)
        if one.active and allowed(one.roles, "handoff.claim")
    ]
    return tuple(sorted(found, key=lambda one: not one.online))
