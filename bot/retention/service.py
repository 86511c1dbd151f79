"""What is due to go by data/retention.yml. Nothing goes that an alert, a handoff or a disclosure still needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from sqlalchemy import ColumnElement, Table, and_, delete, exists, func, or_, select, update

from bot.accounts import audit as trail
from bot.accounts.model import SESSION_ABSOLUTE
from bot.accounts.store import audit, half_sign_in, invitation, known_device, login_attempt, staff_session
from bot.audit.anchor import cut_before
from bot.channels.web.store import note_link, web_return_code
from bot.conversation.model import Keeping
from bot.conversation.store import conversation, inbox, outbox
from bot.duties.disclosure import State as Disclosed
from bot.duties.store import disclosure
from bot.handoff.store import closing_answer, handoff, lock_conversation
from bot.oncall.model import State as Called
from bot.oncall.store import oncall_call
from bot.requests.store import data_request
from bot.retention.model import Kind, Retention
from bot.rights.publishing import misses
from bot.safety.model import Risk
from bot.safety.store import alert
from bot.storage.unit_of_work import UnitOfWork

AT_ONCE = 50
"""Conversations that are erased in one go, each in a transaction of its own; the rest waits for the next hour."""

_ALARMING = (Risk.HIGH, Risk.IMMINENT)
_UNDECIDED = (Disclosed.DRAFTED, Disclosed.MADE)


def due(uow: UnitOfWork, retention: Retention) -> list[str]:
    """Conversations whose time is over, oldest first."""
    query = select(conversation.c.id).where(_over(uow, retention)).order_by(conversation.c.last_at).limit(AT_ONCE)
    return list(uow.db.execute(query).scalars())


def still_due(uow: UnitOfWork, retention: Retention, conversation_id: str) -> bool:
    """Lock a conversation and look again: the person may have written in this moment."""
    lock_conversation(uow, conversation_id)
    query = select(conversation.c.id).where(conversation.c.id == conversation_id, _over(uow, retention))
    return uow.db.execute(query).first() is not None


def _over(uow: UnitOfWork, retention: Retention) -> ColumnElement[bool]:
    given = conversation.c.keeping == Keeping.GIVEN
    before = {kind: uow.now - retention.keep(kind) for kind in (Kind.KEPT_CONVERSATION, Kind.UNKEPT_CONVERSATION)}
    return and_(
        conversation.c.deleted_at.is_(None),
        conversation.c.pending_at.is_(None),
        or_(
            and_(given, conversation.c.last_at < before[Kind.KEPT_CONVERSATION]),
            and_(~given, conversation.c.last_at < before[Kind.UNKEPT_CONVERSATION]),
        ),
        ~_needed(),
    )


def _needed() -> ColumnElement[bool]:
    """Somebody still has to do something about a conversation."""
    mine = conversation.c.id
    return or_(
        exists().where(handoff.c.conversation_id == mine, handoff.c.ended_at.is_(None)),
        exists().where(alert.c.conversation_id == mine, alert.c.acknowledged_at.is_(None), alert.c.risk.in_(_ALARMING)),
        exists().where(disclosure.c.conversation_id == mine, disclosure.c.state.in_(_UNDECIDED)),
        exists().where(outbox.c.conversation_id == mine, outbox.c.state.in_(("pending", "sending"))),
    )


def forget_old(uow: UnitOfWork, retention: Retention, anchors: Path) -> Mapping[str, int]:
    """Everything but conversations: how many rows of each table went. Raises OSError where no anchor can be written."""
    before = {kind: uow.now - retention.keep(kind) for kind in Kind}
    gone: Counter[str] = Counter()
    for table, old in _over_by_themselves(uow.now, before):
        gone[table.name] += uow.db.execute(delete(table).where(old)).rowcount
    gone[handoff.name] = _close_notes(uow, before[Kind.SHARED_NOTE])
    gone[misses.rights_miss.name] = misses.forget_before(uow, before[Kind.SEARCH_WORD])
    gone[audit.name] = _shorten_trail(uow, before[Kind.AUDIT], anchors)
    return +gone


def _over_by_themselves(now: datetime, before: Mapping[Kind, datetime]) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """Tables, and which of their rows nobody needs any more; those that refer to others come first."""
    done = oncall_call.c.state.in_((Called.SENT, Called.DROPPED))
    yield oncall_call, done & (oncall_call.c.next_at < before[Kind.CALL])
    taken = alert.c.acknowledged_at < before[Kind.ALERT]
    sign = alert.c.risk.not_in(_ALARMING) & (alert.c.at < before[Kind.ALERT])
    called = exists().where(oncall_call.c.alert_id == alert.c.id)
    yield alert, or_(taken, sign) & ~called
    yield inbox, inbox.c.done_at < before[Kind.INBOX]
    sent = (outbox.c.state == "sent") & outbox.c.maybe_repeated.is_(False)
    yield outbox, sent & (outbox.c.sent_at < before[Kind.OUTBOX])
    yield closing_answer, closing_answer.c.at < before[Kind.CLOSING_ANSWER]
    settled_at = func.coalesce(disclosure.c.reviewed_at, disclosure.c.made_at, disclosure.c.drafted_at)
    yield disclosure, disclosure.c.state.not_in(_UNDECIDED) & (settled_at < before[Kind.DISCLOSURE])
    yield data_request, data_request.c.answered_at < before[Kind.DATA_REQUEST]
    yield staff_session, staff_session.c.started_at < before[Kind.SESSION] - SESSION_ABSOLUTE
    yield half_sign_in, half_sign_in.c.started_at < before[Kind.SESSION]
    yield known_device, known_device.c.expires_at < before[Kind.SESSION]
    running = login_attempt.c.blocked_until.is_not(None) & (login_attempt.c.blocked_until > now)
    yield login_attempt, (login_attempt.c.last_at < before[Kind.SIGN_IN_ATTEMPT]) & ~running
    ended = func.coalesce(invitation.c.used_at, invitation.c.expires_at)
    yield invitation, ended < before[Kind.INVITATION]
    yield note_link, note_link.c.expires_at < before[Kind.NOTE_LINK]
    yield web_return_code, web_return_code.c.used_at < before[Kind.RETURN_CODE]


def _close_notes(uow: UnitOfWork, before: datetime) -> int:
    """Notes whose consent has ended, of handoffs that have ended too."""
    over = handoff.c.ended_at.is_not(None) & (handoff.c.note_until < before)
    emptied = dict.fromkeys(("note_text", "note", "needs", "draft"))
    return uow.db.execute(update(handoff).where(over, handoff.c.note_text.is_not(None)).values(emptied)).rowcount


def _shorten_trail(uow: UnitOfWork, before: datetime, anchors: Path) -> int:
    """Cut the trail's beginning, up to the first line that is younger or about something that is still there."""
    alive = select(conversation.c.id).where(conversation.c.deleted_at.is_(None))
    about = alive.union(
        select(handoff.c.id).where(handoff.c.conversation_id.in_(alive)),
        select(disclosure.c.id),
        select(data_request.c.id),
    )
    stays = or_(audit.c.at >= before, audit.c.record_id.in_(about))
    first = uow.db.execute(select(func.min(audit.c.number)).where(stays)).scalar_one()
    newest = trail.newest(uow)
    if newest is None:
        return 0
    # The newest line always stays: the chain goes on from it.
    return cut_before(uow, anchors, newest.number if first is None else first)
