"""Use cases of the on-call room: plan the calls that alerts and an empty desk ask for, send the next, mark the rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.handoff.model import State as Waiting
from bot.handoff.queue import workers_online
from bot.handoff.store import handoff
from bot.oncall.model import HORIZON, SENDING_LASTS, Call, Cause, State, Way, next_call_after, retry_after
from bot.oncall.store import oncall_call
from bot.safety.service import ALERT_TOPIC, COVERT, open_alerts
from bot.safety.store import alert
from bot.storage.unit_of_work import UnitOfWork

_UNDONE = (State.PENDING, State.SENDING)


def plan(uow: UnitOfWork, way: Way, again: timedelta) -> datetime | None:
    """Write a call for each cause that has none, or whose last one went unanswered. When to plan again."""
    causes = [cause for cause in (*_alerts(uow), *_unattended(uow)) if cause.since > uow.now - HORIZON]
    last = _last_calls(uow, way, [cause.id for cause in causes])
    later: list[datetime] = []
    for cause in causes:
        round, due = _next_round(cause, last.get(cause.id), again)
        if round is None:
            continue
        if due > uow.now:
            later.append(due)
            continue
        _write(uow, way, cause, round)
    return min(later, default=None)


def _alerts(uow: UnitOfWork) -> list[Cause]:
    return [Cause(item.id, item.at, danger=True) for item in open_alerts(uow)]


def _unattended(uow: UnitOfWork) -> list[Cause]:
    """Who waits where nobody is at the desk; whoever is in danger and not acknowledged is called out as that."""
    open_alert = (
        select(alert.c.id)
        .where(alert.c.conversation_id == handoff.c.conversation_id, alert.c.acknowledged_at.is_(None))
        .exists()
    )
    waiting = uow.db.execute(
        select(handoff.c.id, handoff.c.queued_at, handoff.c.organisation_id)
        .where(handoff.c.state == Waiting.QUEUED, ~open_alert)
        .order_by(handoff.c.queued_at)
    ).all()
    homes = {row.organisation_id for row in waiting}
    empty = {home for home in homes if not workers_online(uow, home)}
    return [Cause(row.id, row.queued_at, danger=False) for row in waiting if row.organisation_id in empty]


def _write(uow: UnitOfWork, way: Way, cause: Cause, round: int) -> None:
    dialect = sqlite if uow.is_sqlite else postgresql
    about = "alert_id" if cause.danger else "handoff_id"
    values = {
        "id": uow.new_id(),
        about: cause.id,
        "way": way,
        "round": round,
        "state": State.PENDING,
        "attempts": 0,
        "next_at": uow.now,
        "maybe_repeated": False,
    }
    # Several processes plan the same call; one of them writes it.
    uow.db.execute(
        dialect.insert(oncall_call).values(values).on_conflict_do_nothing(index_elements=[about, "way", "round"])
    )


def _next_round(cause: Cause, last: Any | None, again: timedelta) -> tuple[int | None, datetime]:
    if last is None:
        return 0, cause.since
    if last.state == State.DROPPED and not cause.danger:
        # Somebody came before the call left, and is gone again.
        return last.round + 1, cause.since
    if last.state in _UNDONE or last.sent_at is None:
        return None, cause.since
    return last.round + 1, last.sent_at + next_call_after(last.round, again)


def _last_calls(uow: UnitOfWork, way: Way, causes: Iterable[str]) -> Mapping[str, Any]:
    ids = list(causes)
    rows = uow.db.execute(
        select(oncall_call)
        .where(oncall_call.c.way == way, or_(oncall_call.c.alert_id.in_(ids), oncall_call.c.handoff_id.in_(ids)))
        .order_by(oncall_call.c.round)
    )
    return {row.alert_id or row.handoff_id: row for row in rows}


def take(uow: UnitOfWork, way: Way) -> Call | None:
    """The next call of a way that is due; what somebody answered meanwhile is dropped."""
    dead = uow.now - SENDING_LASTS
    due = ((oncall_call.c.state == State.PENDING) & (oncall_call.c.next_at <= uow.now)) | (
        (oncall_call.c.state == State.SENDING) & (oncall_call.c.started_at < dead)
    )
    while True:
        row = uow.db.execute(
            select(
                oncall_call,
                alert.c.at.label("alert_at"),
                alert.c.category,
                alert.c.acknowledged_at,
                handoff.c.queued_at,
                handoff.c.state.label("handoff_state"),
                handoff.c.organisation_id,
            )
            .outerjoin(alert, alert.c.id == oncall_call.c.alert_id)
            .outerjoin(handoff, handoff.c.id == oncall_call.c.handoff_id)
            .where(due, oncall_call.c.way == way)
            # Danger first: who merely waits can wait.
            .order_by(oncall_call.c.alert_id.is_(None), oncall_call.c.next_at)
            .limit(1)
            .with_for_update(of=oncall_call, skip_locked=True)
        ).first()
        if row is None:
            return None
        if _answered(uow, row):
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
        return Call(
            id=row.id,
            about=row.alert_id or row.handoff_id,
            round=row.round,
            since=row.alert_at or row.queued_at,
            danger=row.alert_id is not None,
            covert=row.category == COVERT,
        )


def _answered(uow: UnitOfWork, row: Any) -> bool:
    """Somebody took the alert; or somebody came to the desk, or the person no longer waits."""
    if row.alert_id is not None:
        return row.acknowledged_at is not None
    return row.handoff_state != Waiting.QUEUED or workers_online(uow, row.organisation_id) > 0


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
    for about, table in ((oncall_call.c.alert_id, alert), (oncall_call.c.handoff_id, handoff)):
        ids = select(table.c.id).where(table.c.conversation_id == conversation_id)
        uow.db.execute(delete(oncall_call).where(about.in_(ids)))


def _set(uow: UnitOfWork, call_id: str, **values: object) -> None:
    uow.db.execute(update(oncall_call).where(oncall_call.c.id == call_id).values(**values))
