"""Which organisation gets the conversation of somebody who asks for a worker; they are asked about that one by name."""

from __future__ import annotations

from typing import Any

from sqlalchemy import or_, select

from bot.accounts.organisations import HOTLINE, hotline
from bot.accounts.permissions import allowed
from bot.accounts.store import organisation, staff_of
from bot.handoff.opening import abilities_of, hours_of
from bot.handoff.queue import workers_online
from bot.handoff.routing import Abilities, Needs, Receiver, choose
from bot.storage.unit_of_work import UnitOfWork

_OWN = organisation.c.code == HOTLINE


def receiver_for(uow: UnitOfWork, needs: Needs, own_name: str) -> tuple[str, str]:
    """The organisation to ask the person about, by id and name; nothing of theirs reaches it before their yes.

    `own_name` is what clients know the installation's own organisation by.
    """
    own = hotline(uow, own_name)
    found = choose(needs, [_receiver(uow, row) for row in uow.db.execute(_receiving())])
    return found.id, own_name if found.id == own else found.name


def receives(uow: UnitOfWork, organisation_id: str) -> bool:
    """Whether an organisation takes conversations (still)."""
    return any(row.id == organisation_id for row in uow.db.execute(_receiving()))


def _receiving() -> Any:
    """The installation's own organisation first, then whichever is here longest."""
    order = organisation.c.code != HOTLINE, organisation.c.created_at, organisation.c.id
    return select(organisation).where(or_(_OWN, organisation.c.receives.is_(True))).order_by(*order)


def _receiver(uow: UnitOfWork, row: Any) -> Receiver:
    able = abilities_of(uow, row.id)
    workers = [one for one in staff_of(uow, row.id) if one.active and allowed(one.roles, "handoff.claim")]
    return Receiver(
        row.id,
        row.name,
        tuple(able.get(one.id, Abilities()) for one in workers),
        at_desk=workers_online(uow, row.id) > 0,
        open=hours_of(uow, row.id).is_open(uow.now),
    )
