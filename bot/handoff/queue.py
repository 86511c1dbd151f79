"""The lists of the desk: who waits and in which order, whom one holds, whom others hold, what is offered to one."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select

from bot.accounts.model import ONLINE, Staff, load_roles
from bot.accounts.permissions import allowed
from bot.accounts.store import find_staff, organisation
from bot.accounts.store import staff as staff_table
from bot.conversation.store import conversation
from bot.handoff.held import designation_of
from bot.handoff.levels import service_levels
from bot.handoff.model import HELD, Row, State, Transfer, higher_risk, risk_rank
from bot.handoff.opening import abilities_of
from bot.handoff.routing import Abilities, Needs, fits, suits
from bot.handoff.store import handoff, is_live, note_stands, opened
from bot.handoff.team.coaching import with_unread
from bot.storage.encryption import CannotDecrypt
from bot.storage.unit_of_work import UnitOfWork

SHOWN = 200
"""Rows of a list on one page."""
PREVIEW = 90


def with_conversation() -> Select[Any]:
    """Handoffs with what the lists show of their conversations."""
    return select(
        handoff,
        conversation.c.number,
        conversation.c.channel,
        conversation.c.lang,
        conversation.c.stage,
        conversation.c.last_number,
        conversation.c.risk.label("present_risk"),
        conversation.c.covert_at,
    ).join(conversation, conversation.c.id == handoff.c.conversation_id)


def _rows(uow: UnitOfWork, staff: Staff, *conditions: Any) -> list[Any]:
    query = with_conversation().where(handoff.c.organisation_id == staff.organisation_id, is_live(), *conditions)
    return list(uow.db.execute(query))


def _order(row: Any) -> tuple[int, datetime, str]:
    """Danger first, then whoever has waited longest. Danger that came up while waiting counts."""
    return (-risk_rank(_risk(row)), row.queued_at, row.id)


def _risk(row: Any) -> str:
    return higher_risk(row.risk, row.present_risk)


def queue(uow: UnitOfWork, staff: Staff) -> list[Row]:
    """Who waits, in the order of their turn with this worker: danger, then what fits, then whoever waited longest.

    Somebody who is overdue stands among those that fit, so that nobody waits behind them for ever.
    """
    worker = abilities_of(uow, staff.organisation_id).get(staff.id, Abilities())
    rows = _rows(uow, staff, handoff.c.state == State.QUEUED)
    needs = {row.id: needs_of(uow, row, row.lang) for row in rows}
    fitting = {row.id: fits(needs[row.id], worker) for row in rows}
    rows.sort(key=lambda row: (_order(row)[0], not (fitting[row.id] or is_overdue(uow, row)), *_order(row)[1:]))
    return [to_row(uow, row, staff, fits=fitting[row.id], suits=suits(needs[row.id], worker)) for row in rows[:SHOWN]]


def needs_of(uow: UnitOfWork, row: Any, lang: str) -> Needs:
    """What the person of a row is best served with; the language is always known."""
    try:
        sealed = json.loads(opened(uow, row, "needs") or "{}")
    except CannotDecrypt:
        sealed = {}
    return Needs(
        lang=lang,
        region=sealed.get("region", ""),
        topic=sealed.get("topic", ""),
        skills=frozenset(sealed.get("skills", ())),
    )


def is_overdue(uow: UnitOfWork, row: Any) -> bool:
    """Whether somebody waits longer than the service level of their risk allows."""
    return bool(row.state == State.QUEUED and uow.now - row.queued_at > service_levels()[_risk(row)])


def mine(uow: UnitOfWork, staff: Staff) -> list[Row]:
    """The conversations this worker holds, danger first."""
    rows = _rows(uow, staff, handoff.c.state.in_(HELD), handoff.c.claimant_id == staff.id)
    unread = with_unread(uow, staff)
    return [to_row(uow, row, staff, coached=row.id in unread) for row in sorted(rows, key=_order)]


def colleagues(uow: UnitOfWork, staff: Staff) -> list[Row]:
    """The conversations that others of the organisation hold."""
    rows = _rows(uow, staff, handoff.c.state.in_(HELD), handoff.c.claimant_id != staff.id)
    return [to_row(uow, row, staff) for row in sorted(rows, key=_order)[:SHOWN]]


def offered(uow: UnitOfWork, staff: Staff) -> list[Row]:
    """What others would pass on to this worker, or to the whole organisation once the person agreed."""
    to_me = or_(
        handoff.c.transfer_staff_id == staff.id,
        (handoff.c.transfer_organisation_id == staff.organisation_id) & handoff.c.transfer_agreed.is_not(None),
    )
    rows = uow.db.execute(with_conversation().where(handoff.c.state == State.TRANSFER_PENDING, is_live(), to_me))
    return [to_row(uow, row, staff) for row in sorted(rows, key=_order)[:SHOWN]]


def to_row(
    uow: UnitOfWork, row: Any, staff: Staff, *, fits: bool = True, suits: bool = False, coached: bool = False
) -> Row:
    """One line of a list, as this person may see it."""
    state = State(row.state)
    holder = find_staff(uow, row.claimant_id) if state in HELD else None
    return Row(
        id=row.id,
        conversation_id=row.conversation_id,
        organisation_id=row.organisation_id,
        label=f"K-{row.number}",
        channel=row.channel,
        lang=row.lang,
        stage=row.stage,
        risk=_risk(row),
        reason=row.reason,
        state=state,
        since=row.claimed_at if holder and row.claimed_at else row.queued_at,
        preview=_preview(uow, row) if state is State.QUEUED else None,
        held_by=holder.designation if holder else None,
        mine=holder is not None and holder.id == staff.id,
        last_number=row.last_number,
        outcome=row.outcome,
        covert=row.covert_at is not None,
        overdue=is_overdue(uow, row),
        fits=fits,
        suits=suits,
        transfer=_transfer(uow, row, staff) if state is State.TRANSFER_PENDING else None,
        epoch=row.epoch or 0,
        coached=coached,
    )


def _transfer(uow: UnitOfWork, row: Any, staff: Staff) -> Transfer:
    to_organisation = row.transfer_organisation_id is not None
    name = select(organisation.c.name).where(organisation.c.id == row.transfer_organisation_id)
    to = uow.db.execute(name).scalar_one() if to_organisation else designation_of(uow, row.transfer_staff_id)
    mine = staff.organisation_id if to_organisation else staff.id
    return Transfer(
        to=to,
        asked_at=row.transfer_asked_at,
        to_organisation=to_organisation,
        agreed=row.transfer_agreed or "",
        for_me=mine == (row.transfer_organisation_id if to_organisation else row.transfer_staff_id),
    )


def _preview(uow: UnitOfWork, row: Any) -> str | None:
    """The first line of the note that the person agreed to pass on."""
    if not note_stands(row, uow.now):
        return None
    try:
        text = opened(uow, row, "note_text")
    except CannotDecrypt:
        return None
    first = next((line.strip(" •-") for line in (text or "").splitlines() if line.strip(" •-")), "")
    return (first[: PREVIEW - 1] + "…" if len(first) > PREVIEW else first) or None


def workers_online(uow: UnitOfWork, organisation_id: str) -> int:
    """How many who may claim gave a sign of life in the last 90 seconds."""
    rows = uow.db.execute(
        select(staff_table.c.roles).where(
            staff_table.c.organisation_id == organisation_id,
            staff_table.c.active.is_(True),
            staff_table.c.seen_at >= uow.now - ONLINE,
        )
    )
    return sum(allowed(load_roles(row.roles), "handoff.claim") for row in rows)


def place_in_queue(uow: UnitOfWork, handoff_id: str) -> tuple[str, int]:
    """The organisation of a handoff and its place among those of the same risk, from 1; 0 when it does not wait."""
    organisation_id = uow.db.execute(select(handoff.c.organisation_id).where(handoff.c.id == handoff_id)).scalar_one()
    # Only what the order needs: notes are large, and everybody who asks reads the whole queue.
    order = select(handoff.c.id, handoff.c.risk, handoff.c.queued_at, conversation.c.risk.label("present_risk"))
    rows = uow.db.execute(
        order.join(conversation, conversation.c.id == handoff.c.conversation_id).where(
            handoff.c.organisation_id == organisation_id, handoff.c.state == State.QUEUED
        )
    )
    waiting = sorted(rows, key=_order)
    mine = next((row for row in waiting if row.id == handoff_id), None)
    alike = [row.id for row in waiting if mine is not None and _risk(row) == _risk(mine)]
    return organisation_id, alike.index(handoff_id) + 1 if mine is not None else 0
