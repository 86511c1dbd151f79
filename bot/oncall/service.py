"""Use cases of the on-call room: plan the calls that open alerts ask for, take the next, mark what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.oncall.model import HORIZON, SENDING_LASTS, Call, State, Way, next_call_after, retry_after
from bot.oncall.store import oncall_call
from bot.safety.model import Alert
from bot.safety.service import ALERT_TOPIC, COVERT, open_alerts
from bot.safety.store import alert
from bot.storage.unit_of_work import UnitOfWork

_PLAN = {
    sqlite_: dialect.insert(oncall_call).on_conflict_do_nothing(index_elements=["alert_id", "way", "round"])
    for sqlite_, dialect in ((True, sqlite), (False, postgresql))
}
_UNDONE = (State.PENDING, State.SENDING)


def plan(uow: UnitOfWork, way: Way, again: timedelta) -> datetime | None:
    """Write a call for each open alert that has none, or whose last one went unanswered. When to plan again."""
    open_now = [item for item in open_alerts(uow) if item.at > uow.now - HORIZON]
    last = _last_calls(uow, way, [item.id for item in open_now])
    later: list[datetime] = []
    for item in open_now:
        round, due = _next_round(item, last.get(item.id), again)
        if round is None:
            continue
        if due > uow.now:
            later.append(due)
            continue
        uow.db.execute(
            _PLAN[uow.is_sqlite],
            {
                "id": uow.new_id(),
                "alert_id": item.id,
                "way": way,
                "round": round,
                "state": State.PENDING,
                "attempts": 0,
                "next_at": uow.now,
                "maybe_repeated": False,
            },
        )
    return min(later, default=None)


def _next_round(item: Alert, last: Any | None, again: timedelta) -> tuple[int | None, datetime]:
    if last is None:
        return 0, item.at
    if last.state in _UNDONE or last.sent_at is None:
        return None, item.at
    return last.round + 1, last.sent_at + next_call_after(last.round, again)


def _last_calls(uow: UnitOfWork, way: Way, alert_ids: Iterable[str]) -> Mapping[str, Any]:
    rows = uow.db.execute(
        select(oncall_call)
        .where(oncall_call.c.way == way, oncall_call.c.alert_id.in_(list(alert_ids)))
        .order_by(oncall_call.c.round)
    )
    return {row.alert_id: row for row in rows}


def take(uow: UnitOfWork, way: Way) -> Call | None:
    """The next call of a way that is due; those whose alert somebody answered meanwhile are dropped."""
    dead = uow.now - SENDING_LASTS
    due = ((oncall_call.c.state == State.PENDING) & (oncall_call.c.next_at <= uow.now)) | (
        (oncall_call.c.state == State.SENDING) & (oncall_call.c.started_at < dead)
    )
    while True:
        row = uow.db.execute(
            select(oncall_call, alert.c.at.label("alert_at"), alert.c.category, alert.c.acknowledged_at)
            .join(alert, alert.c.id == oncall_call.c.alert_id)
            .where(due, oncall_call.c.way == way)
            .order_by(oncall_call.c.next_at)
            .limit(1)
            .with_for_update(of=oncall_call, skip_locked=True)
        ).first()
        if row is None:
            return None
        if row.acknowledged_at is not None:
            _set(uow, row.id, state=State.DROPPED)
            continue
        _set(
            uow,
            row.id,
            state=State.SENDING,
            started_at=uow.now,
            attempts=row.attempts + 1,
            maybe_repeated=row.maybe_repeated or row.state == State.SENDING,
        )
        return Call(row.id, row.alert_id, row.round, row.alert_at, row.category == COVERT)


def mark_sent(uow: UnitOfWork, call_id: str) -> None:
    """It arrived; from now on it waits to be answered."""
    _set(uow, call_id, state=State.SENT, sent_at=uow.now)
    uow.wake(ALERT_TOPIC)


def put_off(uow: UnitOfWork, call_id: str, *, at_least: timedelta, maybe_arrived: bool) -> None:
    """The way is blocked: this call is tried again, as often as it takes."""
    row = uow.db.execute(select(oncall_call.c.attempts).where(oncall_call.c.id == call_id)).first()
    if row is None:  # the person deleted everything meanwhile
        return
    wait = max(retry_after(row.attempts), at_least)
    values = {"maybe_repeated": True} if maybe_arrived else {}
    _set(uow, call_id, state=State.PENDING, started_at=None, next_at=uow.now + wait, **values)


def next_due(uow: UnitOfWork, way: Way) -> datetime | None:
    """When the next call of a way wants to leave, one that a dead process had begun among them."""
    pending = select(func.min(oncall_call.c.next_at)).where(
        oncall_call.c.state == State.PENDING, oncall_call.c.way == way
    )
    begun = select(func.min(oncall_call.c.started_at)).where(
        oncall_call.c.state == State.SENDING, oncall_call.c.way == way
    )
    first: datetime | None = uow.db.execute(pending).scalar_one_or_none()
    oldest: datetime | None = uow.db.execute(begun).scalar_one_or_none()
    return min((at for at in (first, oldest and oldest + SENDING_LASTS) if at is not None), default=None)


def unsent(uow: UnitOfWork) -> int:
    """How many calls wait to leave: for the health page."""
    return uow.db.execute(
        select(func.count()).select_from(oncall_call).where(oncall_call.c.state.in_(_UNDONE))
    ).scalar_one()


def forget(uow: UnitOfWork, conversation_id: str) -> None:
    """The person deletes everything: the calls go before their alerts do."""
    ids = select(alert.c.id).where(alert.c.conversation_id == conversation_id)
    uow.db.execute(delete(oncall_call).where(oncall_call.c.alert_id.in_(ids)))


def _set(uow: UnitOfWork, call_id: str, **values: object) -> None:
    uow.db.execute(update(oncall_call).where(oncall_call.c.id == call_id).values(**values))
