"""What the desk reads: the queue, one's own conversations, the content of a claimed one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from bot.accounts import audit
from bot.accounts.model import ONLINE, Staff, load_roles
from bot.accounts.permissions import allowed
from bot.accounts.store import audit as audit_table
from bot.accounts.store import find_staff
from bot.accounts.store import staff as staff_table
from bot.conversation.model import Conversation, Keeping, Message
from bot.conversation.store import conversation
from bot.conversation.transcript import load, transcript
from bot.handoff.model import (
    HELD,
    Content,
    Entry,
    HandoffNotFound,
    NotYours,
    Reader,
    Row,
    State,
    View,
    higher_risk,
    risk_rank,
)
from bot.handoff.store import assessment_value, handoff, is_live, opened, opened_json
from bot.storage.encryption import CannotDecrypt
from bot.storage.unit_of_work import UnitOfWork

SHOWN = 200
"""Rows of the queue on one page, and messages shown when a conversation opens."""
ALL = 1_000_000
PREVIEW = 90
READ, EXPORT = "conversation.read", "note.export"
"""What the audit trail calls a reading of a conversation's content, and of its note as a page or a file."""
READINGS = {READ: "conversation", EXPORT: "note"}


def _select() -> Select[Any]:
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
    query = _select().where(handoff.c.organisation_id == staff.organisation_id, is_live(), *conditions)
    return list(uow.db.execute(query))


def _order(row: Any) -> tuple[int, datetime, str]:
    """Danger first, then whoever has waited longest. Danger that came up while waiting counts."""
    return (-risk_rank(_risk(row)), row.queued_at, row.id)


def _risk(row: Any) -> str:
    return higher_risk(row.risk, row.present_risk)


def queue(uow: UnitOfWork, staff: Staff) -> list[Row]:
    """Who waits, in the order of their turn."""
    rows = sorted(_rows(uow, staff, handoff.c.state == State.QUEUED), key=_order)
    return [_to_row(uow, row, staff) for row in rows[:SHOWN]]


def mine(uow: UnitOfWork, staff: Staff) -> list[Row]:
    """The conversations this worker holds, danger first."""
    rows = _rows(uow, staff, handoff.c.state.in_(HELD), handoff.c.claimant_id == staff.id)
    return [_to_row(uow, row, staff) for row in sorted(rows, key=_order)]


def colleagues(uow: UnitOfWork, staff: Staff) -> list[Row]:
    """The conversations that others of the organisation hold."""
    rows = _rows(uow, staff, handoff.c.state.in_(HELD), handoff.c.claimant_id != staff.id)
    return [_to_row(uow, row, staff) for row in sorted(rows, key=_order)[:SHOWN]]


def _to_row(uow: UnitOfWork, row: Any, staff: Staff) -> Row:
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
    """The organisation of a handoff and its place in the queue, from 1; 0 when it does not wait."""
    organisation_id = uow.db.execute(select(handoff.c.organisation_id).where(handoff.c.id == handoff_id)).scalar_one()
    rows = uow.db.execute(
        _select().where(handoff.c.organisation_id == organisation_id, handoff.c.state == State.QUEUED)
    )
    waiting = [row.id for row in sorted(rows, key=_order)]
    return organisation_id, waiting.index(handoff_id) + 1 if handoff_id in waiting else 0


def _one(uow: UnitOfWork, handoff_id: str, staff: Staff) -> Any:
    row = uow.db.execute(
        _select().where(handoff.c.id == handoff_id, handoff.c.organisation_id == staff.organisation_id)
    ).first()
    if row is None:
        raise HandoffNotFound(handoff_id)
    return row


def look(uow: UnitOfWork, handoff_id: str, staff: Staff) -> View:
    """A handoff without any content. Raises HandoffNotFound."""
    row = _one(uow, handoff_id, staff)
    return View(_to_row(uow, row, staff), load(uow, row.conversation_id))


def open_conversation(uow: UnitOfWork, handoff_id: str, staff: Staff) -> View:
    """A handoff with its content when this worker holds it, and then the reading is on record; else without.

    Raises HandoffNotFound, also when the person deleted the conversation.
    """
    row = _one(uow, handoff_id, staff)
    view = View(_to_row(uow, row, staff), load(uow, row.conversation_id))
    if not view.row.mine:
        return view
    audit.record(uow, staff, READ, "handoff", handoff_id)
    try:
        content = _content(uow, row, view.conversation)
    except CannotDecrypt:
        raise HandoffNotFound(handoff_id) from None
    return View(view.row, view.conversation, content)


def _content(uow: UnitOfWork, row: Any, talk: Conversation) -> Content:
    """What the consent of this moment opens. Raises CannotDecrypt."""
    stands = note_stands(row, uow.now)
    return Content(
        messages=tuple(transcript(uow, row.conversation_id, after=row.opens_after, limit=SHOWN)),
        note_text=opened(uow, row, "note_text") if stands else None,
        note=opened_json(uow, row, "note") if stands else {},
        consent=opened_json(uow, row, "consent"),
        note_hash=row.note_sha256 if stands else None,
        note_until=row.note_until,
        expired=row.note_text is not None and not stands,
        assessment=entries(uow, row),
        may_assess=talk.keeping is Keeping.GIVEN,
    )


def note_stands(row: Any, now: datetime) -> bool:
    """Whether the note of a handoff is shared at this moment: there is one, and its consent has not run out."""
    return row.note_text is not None and row.note_until is not None and row.note_until > now


def entries(uow: UnitOfWork, row: Any) -> dict[str, tuple[Entry, ...]]:
    """The staff's part of a handoff's note by name, oldest entry first. Raises CannotDecrypt."""
    return _entries(uow, assessment_value.c.handoff_id == row.id)


def assessments(uow: UnitOfWork, conversation_id: str) -> dict[str, tuple[Entry, ...]]:
    """What staff wrote in all handoffs of a conversation, by name. Raises CannotDecrypt."""
    return _entries(uow, assessment_value.c.conversation_id == conversation_id)


def _entries(uow: UnitOfWork, condition: Any) -> dict[str, tuple[Entry, ...]]:
    found: dict[str, tuple[Entry, ...]] = {}
    lines = uow.db.execute(
        select(assessment_value).where(condition).order_by(assessment_value.c.at, assessment_value.c.seq)
    ).all()
    names = {who: member.designation for who in {line.staff_id for line in lines} if (member := find_staff(uow, who))}
    for line in lines:
        words = None
        if line.words is not None:
            words = uow.vault.open(line.conversation_id, "assessment_value", "words", line.id, line.words)
        found[line.name] = (*found.get(line.name, ()), Entry(words, names.get(line.staff_id, ""), line.at))
    return found


def messages_after(uow: UnitOfWork, handoff_id: str, staff: Staff, after: int) -> list[Message]:
    """Each message after a number, none left out. Raises HandoffNotFound, NotYours."""
    row = _one(uow, handoff_id, staff)
    if State(row.state) not in HELD or row.claimant_id != staff.id:
        raise NotYours
    try:
        return transcript(uow, row.conversation_id, after=max(after, row.opens_after), limit=ALL)
    except CannotDecrypt:
        raise HandoffNotFound(handoff_id) from None


def readers(uow: UnitOfWork, conversation_id: str) -> list[Reader]:
    """Who has read a conversation until now, for the person's receipt; the designation, never a private name."""
    rows = uow.db.execute(
        select(
            audit_table.c.staff_id,
            audit_table.c.action,
            func.min(audit_table.c.at).label("first"),
            func.max(audit_table.c.at).label("last"),
        )
        .join(handoff, handoff.c.id == audit_table.c.record_id)
        .where(
            audit_table.c.action.in_(READINGS),
            audit_table.c.record == "handoff",
            audit_table.c.staff_id.is_not(None),
            handoff.c.conversation_id == conversation_id,
        )
        .group_by(audit_table.c.staff_id, audit_table.c.action)
        .order_by(func.min(audit_table.c.at))
    ).all()
    found = []
    for staff_id in dict.fromkeys(row.staff_id for row in rows):
        own, who = [row for row in rows if row.staff_id == staff_id], find_staff(uow, staff_id)
        if who is not None:
            what = tuple(name for action, name in READINGS.items() if action in {row.action for row in own})
            first, last = min(row.first for row in own), max(row.last for row in own)
            found.append(Reader(who.designation, what, first, last))
    return found
