"""Who of an organisation is on, who holds what, how long people have waited: numbers and times, never content."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import and_, func, select

from bot.accounts.model import Staff
from bot.accounts.permissions import allowed
from bot.accounts.store import staff_of
from bot.conversation.model import Sender
from bot.conversation.store import message
from bot.handoff.levels import service_levels
from bot.handoff.model import HELD, Row, risk_rank
from bot.handoff.opening import abilities_of
from bot.handoff.queue import colleagues, mine, queue
from bot.handoff.routing import SETS, Abilities, joined
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
        Member(
            one.id, one.designation, one.online(uow.now), holding.get(one.id, 0), _can(known.get(one.id, Abilities()))
        )
        for one in staff_of(uow, staff.organisation_id)
        if one.active and allowed(one.roles, "handoff.claim")
    ]
    return tuple(sorted(found, key=lambda one: not one.online))


def _can(abilities: Abilities) -> str:
    return joined(tag for name in SETS for tag in getattr(abilities, name))


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
