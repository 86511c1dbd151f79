"""Reads the audit trail of one organisation, the newest first. There is no content in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select

from bot.accounts.model import Staff
from bot.accounts.store import audit, staff_of
from bot.audit.model import GROUPS, Deed, Question
from bot.conversation.store import conversation
from bot.duties.store import disclosure
from bot.handoff.store import handoff
from bot.requests.store import data_request
from bot.storage.unit_of_work import UnitOfWork

PAGE = 100


def deeds(uow: UnitOfWork, reader: Staff, question: Question, *, limit: int = PAGE) -> tuple[list[Deed], int | None]:
    """The deeds that were asked for, and the number to go on before; None where there are no older ones."""
    conditions = [_own(reader), *_asked(question, reader)]
    rows = uow.db.execute(select(audit).where(*conditions).order_by(audit.c.number.desc()).limit(limit + 1)).all()
    names = {member.id: member.designation for member in staff_of(uow, reader.organisation_id)}
    labels = {**names, **_labels(uow, rows[:limit])}
    found = [_deed(row, names, labels) for row in rows[:limit]]
    return found, rows[limit - 1].number if len(rows) > limit else None


def _deed(row: Any, names: Mapping[str, str], labels: Mapping[str, str]) -> Deed:
    return Deed(
        number=row.number,
        at=row.at,
        who=names.get(row.staff_id, ""),
        action=row.action,
        record=row.record,
        label=labels.get(row.record_id, ""),
        own=row.record_id == row.staff_id,
    )


def _own(reader: Staff) -> ColumnElement[bool]:
    """Deeds of one's own organisation; what the system did by itself belongs to whoever the handoff belongs to."""
    handoffs = select(handoff.c.id).where(handoff.c.organisation_id == reader.organisation_id)
    by_system = and_(audit.c.organisation_id.is_(None), audit.c.record == "handoff", audit.c.record_id.in_(handoffs))
    return or_(audit.c.organisation_id == reader.organisation_id, by_system)


def _asked(question: Question, reader: Staff) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if question.group in GROUPS:
        conditions.append(or_(*(audit.c.action.startswith(start, autoescape=True) for start in GROUPS[question.group])))
    if question.staff_id:
        conditions.append(audit.c.staff_id == question.staff_id)
    if question.conversation is not None:
        conditions.append(_about(question.conversation, reader))
    if question.before is not None:
        conditions.append(audit.c.number < question.before)
    return conditions


def _about(number: int, reader: Staff) -> ColumnElement[bool]:
    """Everything about one conversation: itself, its handoffs, its disclosures, the requests about it."""
    talks = select(conversation.c.id).where(conversation.c.number == number)
    ids = {
        "conversation": talks,
        "handoff": select(handoff.c.id).where(
            handoff.c.conversation_id.in_(talks), handoff.c.organisation_id == reader.organisation_id
        ),
        "disclosure": select(disclosure.c.id).where(
            disclosure.c.conversation_id.in_(talks), disclosure.c.organisation_id == reader.organisation_id
        ),
        "data_request": select(data_request.c.id).where(
            data_request.c.conversation_id.in_(talks), data_request.c.organisation_id == reader.organisation_id
        ),
    }
    return or_(false(), *(and_(audit.c.record == kind, audit.c.record_id.in_(query)) for kind, query in ids.items()))


def _labels(uow: UnitOfWork, rows: Sequence[Any]) -> dict[str, str]:
    """The neutral name of the conversation that a record belongs to, by the record's id."""
    found: dict[str, str] = {}
    for kind, table in (("handoff", handoff), ("disclosure", disclosure), ("data_request", data_request)):
        ids = {row.record_id for row in rows if row.record == kind}
        query = (
            select(table.c.id, conversation.c.number)
            .join(conversation, conversation.c.id == table.c.conversation_id)
            .where(table.c.id.in_(ids))
        )
        found.update({row.id: f"K-{row.number}" for row in uow.db.execute(query)})
    ids = {row.record_id for row in rows if row.record == "conversation"}
    query = select(conversation.c.id, conversation.c.number).where(conversation.c.id.in_(ids))
    found.update({row.id: f"K-{row.number}" for row in uow.db.execute(query)})
    return found
