"""Looks for conversations by what is known of them without opening them, and for words in those that one holds.

Texts are sealed, each conversation with a key of its own, and there is no index of them: an index would be a second,
readable copy of everything that was said. So words are looked for by opening the conversations that this worker holds
anyway, one after the other, in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, select

from bot.accounts.model import Staff
from bot.accounts.store import audit, staff_of
from bot.clock import WIB
from bot.conversation.model import Sender
from bot.conversation.store import conversation
from bot.handoff.held import visible_to
from bot.handoff.model import RISKS, HandoffNotFound, View, risk_rank
from bot.handoff.queue import mine, to_row, with_conversation
from bot.handoff.reading import open_conversation
from bot.handoff.store import handoff
from bot.search.model import STATES, Found, Hit, Question, excerpt, pattern_of, state_of
from bot.storage.unit_of_work import UnitOfWork

PAGE = 50
MOST_HITS = 50
TOOK = ("handoff.claim", "handoff.accept_transfer")
"""What the audit trail calls it when somebody begins to hold a conversation."""


def conversations(
    uow: UnitOfWork, staff: Staff, question: Question, *, limit: int = PAGE
) -> tuple[list[Found], str | None]:
    """Those that fit, the newest first, and the handoff to go on after; None where there are no more.

    They are the ones whose page this person may open; a deleted one is not found.
    """
    conditions = [visible_to(staff), conversation.c.deleted_at.is_(None), *_asked(question, staff)]
    newest_first = (handoff.c.queued_at.desc(), handoff.c.id.desc())
    rows = uow.db.execute(with_conversation().where(*conditions).order_by(*newest_first).limit(limit + 1)).all()
    names = {member.id: member.designation for member in staff_of(uow, staff.organisation_id)}
    found = []
    for row in rows[:limit]:
        line = to_row(uow, row, staff)
        held_by = line.held_by or names.get(row.claimant_id, "")
        found.append(Found(line, state_of(line.state), held_by, row.queued_at))
    return found, rows[limit - 1].id if len(rows) > limit else None


def _asked(question: Question, staff: Staff) -> Iterator[ColumnElement[bool]]:
    if question.number is not None:
        yield conversation.c.number == question.number
    if question.state:
        yield handoff.c.state.in_(STATES[question.state])
    if question.risk:
        at_least = RISKS[risk_rank(question.risk) :]
        yield or_(handoff.c.risk.in_(at_least), conversation.c.risk.in_(at_least))
    if question.who:
        yield _held_by(question.who, staff)
    if question.since:
        yield handoff.c.queued_at >= _midnight(question.since)
    if question.until:
        yield handoff.c.queued_at < _midnight(question.until + timedelta(days=1))
    if question.before:
        yield _after(question.before, staff)


def _held_by(who: str, staff: Staff) -> ColumnElement[bool]:
    """Whoever took it, by claim or by transfer, as the audit trail knows: the handoff itself knows the last one."""
    return exists().where(
        audit.c.record == "handoff",
        audit.c.record_id == handoff.c.id,
        audit.c.action.in_(TOOK),
        audit.c.staff_id == who,
        audit.c.organisation_id == staff.organisation_id,
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC) - WIB


def _after(handoff_id: str, staff: Staff) -> ColumnElement[bool]:
    last = handoff.alias()
    queued_at = select(last.c.queued_at).where(last.c.id == handoff_id, last.c.organisation_id == staff.organisation_id)
    same = and_(handoff.c.queued_at == queued_at.scalar_subquery(), handoff.c.id < handoff_id)
    return or_(handoff.c.queued_at < queued_at.scalar_subquery(), same)


def in_texts(uow: UnitOfWork, staff: Staff, words: str) -> tuple[list[Hit], int]:
    """Where words were said by client or worker in the conversations that this worker holds; and how many those are.

    As far back as the conversation's own page shows. Each conversation is opened for it, and that is on record like
    any other reading. Raises BadQuestion.
    """
    pattern = pattern_of(words)
    views = [view for row in mine(uow, staff) if (view := _opened(uow, row.id, staff))]
    hits = [
        Hit(view.row.id, view.row.label, line.number, line.staff or "", line.at, *excerpt(line.text, found))
        for view in views
        if view.content
        for line in reversed(view.content.messages)
        if line.sender in (Sender.CLIENT, Sender.WORKER) and line.text and (found := pattern.search(line.text))
    ]
    return hits[:MOST_HITS], len(views)


def _opened(uow: UnitOfWork, handoff_id: str, staff: Staff) -> View | None:
    try:
        return open_conversation(uow, handoff_id, staff)
    except HandoffNotFound:
        return None  # the person deleted it in this moment
