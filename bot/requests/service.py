"""Use cases of a request: write it down, carry it out, refuse it, list them. Each deed stands in the audit trail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from bot.accounts import audit
from bot.accounts.model import RecordNotFound, Staff
from bot.channels.web.note_links import drop_links, make_link
from bot.conversation.model import Holder
from bot.conversation.store import conversation
from bot.conversation.transcript import change_holder
from bot.handoff import service as handoff
from bot.handoff.reading import look
from bot.handoff.store import lock_conversation
from bot.requests.model import (
    DUE,
    HANDED_OUT,
    Gone,
    Kind,
    Refusal,
    Request,
    Shown,
    State,
    kind_of,
    may_carry_out,
    received,
    refusal_of,
    shown_of,
)
from bot.requests.store import data_request
from bot.storage.unit_of_work import UnitOfWork

SHOWN = 200
RECORD = "data_request"


def record(uow: UnitOfWork, handoff_id: str, staff: Staff, *, kind: str, shown: str, when: str) -> str:
    """Write down what the person of a conversation asks for. Raises HandoffNotFound, BadRequest."""
    talk = look(uow, handoff_id, staff).row.conversation_id
    asked, known, came = kind_of(kind), shown_of(shown), received(when, uow.now)
    new = uow.new_id()
    uow.db.execute(
        insert(data_request).values(
            id=new,
            conversation_id=talk,
            organisation_id=staff.organisation_id,
            kind=asked,
            shown=known,
            state=State.OPEN,
            received_at=came,
            due_at=came + DUE,
            recorded_by=staff.id,
            recorded_at=uow.now,
        )
    )
    audit.record(uow, staff, "request.record", RECORD, new)
    return new


@dataclass(frozen=True)
class Means:
    """What carrying out needs of the whole house: how a conversation is emptied or erased, and where its pages are."""

    take_back: Callable[[UnitOfWork, str], None]
    erase: Callable[[UnitOfWork, str], None]
    base_url: str


def carry_out(uow: UnitOfWork, request_id: str, staff: Staff, means: Means) -> str | None:
    """Do what was asked for. The link to hand out where the person wants to see or to have their data, else None.

    A correction is the person's own (in the chat) or the worker's (in their part of the note): it is noted as done.
    Raises RecordNotFound, Answered, SamePerson, Gone.
    """
    one = _open(uow, request_id, staff)
    may_carry_out(one, staff.id)
    alive = select(conversation.c.id).where(
        conversation.c.id == one.conversation_id, conversation.c.deleted_at.is_(None)
    )
    link = None
    if uow.db.execute(alive).first() is None:
        # Deleted is deleted: what asked for less has come true as well, but there is nothing to hand out.
        if one.kind in HANDED_OUT:
            raise Gone
    elif one.kind in HANDED_OUT:
        link = make_link(uow, one.conversation_id, means.base_url)
    elif one.kind is Kind.RESTRICT:
        restrict(uow, one.conversation_id)
    elif one.kind is Kind.WITHDRAW:
        means.take_back(uow, one.conversation_id)
        _unlearn(uow, one.conversation_id)
    elif one.kind is Kind.DELETE:
        means.erase(uow, one.conversation_id)
    _answer(uow, one, staff, State.DONE)
    audit.record(uow, staff, "request.done", RECORD, one.id)
    return link


def restrict(uow: UnitOfWork, conversation_id: str) -> None:
    """Nobody works with what is kept, and it stays: out of the queue and of every worker's hands, no link opens it.

    Nobody writes first either. It ends when the person writes again, as `/berhenti` does (UU 27/2022 Pasal 11, 41).
    """
    handoff.withdraw(uow, conversation_id)
    change_holder(uow, conversation_id, Holder.NONE)
    drop_links(uow, conversation_id)
    uow.db.execute(update(conversation).where(conversation.c.id == conversation_id).values(safe_to_contact=False))


def _unlearn(uow: UnitOfWork, conversation_id: str) -> None:
    """The assistant knows nothing of before either; a turn that is under way begins again without it."""
    blank = dict.fromkeys(("memory", "asked", "lease_owner", "lease_until"))
    uow.db.execute(update(conversation).where(conversation.c.id == conversation_id).values(blank))


def refuse(uow: UnitOfWork, request_id: str, staff: Staff, ground: str) -> None:
    """Say no, on a ground that the law knows. Raises RecordNotFound, Answered, SamePerson, BadRequest."""
    one = _open(uow, request_id, staff)
    may_carry_out(one, staff.id)
    _answer(uow, one, staff, State.REFUSED, refusal_of(ground, one.kind))
    audit.record(uow, staff, "request.refuse", RECORD, one.id)


def listing(uow: UnitOfWork, staff: Staff) -> list[Request]:
    """The requests of one's own organisation: open ones first, the most urgent on top, then those last answered."""
    rows = uow.db.execute(
        _requests(staff)
        .order_by(
            (data_request.c.state != State.OPEN),
            data_request.c.answered_at.desc(),
            data_request.c.due_at,
            data_request.c.id,
        )
        .limit(SHOWN)
    ).all()
    return [_request(row) for row in rows]


def _open(uow: UnitOfWork, request_id: str, staff: Staff) -> Request:
    """The request as it is now that nobody else can change it. Raises RecordNotFound."""
    found = uow.db.execute(_requests(staff).where(data_request.c.id == request_id)).first()
    if found is None:
        raise RecordNotFound
    lock_conversation(uow, found.conversation_id)
    return _request(uow.db.execute(_requests(staff).where(data_request.c.id == request_id)).one())


def _answer(uow: UnitOfWork, one: Request, staff: Staff, state: State, refusal: Refusal | None = None) -> None:
    uow.db.execute(
        update(data_request)
        .where(data_request.c.id == one.id)
        .values(state=state, answered_by=staff.id, answered_at=uow.now, refusal=refusal)
    )


def _requests(staff: Staff) -> Any:
    return (
        select(data_request, conversation.c.number)
        .join(conversation, conversation.c.id == data_request.c.conversation_id)
        .where(data_request.c.organisation_id == staff.organisation_id)
    )


def _request(row: Any) -> Request:
    answered_at: datetime | None = row.answered_at
    return Request(
        id=row.id,
        conversation_id=row.conversation_id,
        label=f"K-{row.number}",
        kind=Kind(row.kind),
        shown=Shown(row.shown),
        state=State(row.state),
        received_at=row.received_at,
        due_at=row.due_at,
        recorded_by=row.recorded_by,
        answered_by=row.answered_by,
        answered_at=answered_at,
        refusal=Refusal(row.refusal) if row.refusal else None,
    )
