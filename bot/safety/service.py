"""Use cases of the safety room: react to an assessment, list alerts, acknowledge them."""

from __future__ import annotations

from sqlalchemy import Row, insert, select, update

from bot.safety.model import RANK, Alert, Assessment, Category, Decision, Past, Risk
from bot.safety.policy import GENTLE, REMEMBER, SAME_TEXT_AGAIN, decide, weighed
from bot.safety.store import alert
from bot.storage.unit_of_work import UnitOfWork

ALERT_TOPIC = "alert"

_ALARMING = (Risk.HIGH, Risk.IMMINENT)


def react(uow: UnitOfWork, conversation_id: str, assessment: Assessment) -> Decision:
    """Decide by the policy and remember it; an alert is raised in the same transaction."""
    decision = decide(assessment, past(uow, conversation_id), uow.now)
    if decision.alert:
        raise_alert(uow, conversation_id, assessment, response=decision.response)
    elif decision.response:
        _record(uow, conversation_id, assessment, decision.response)
    return decision


def weigh(uow: UnitOfWork, conversation_id: str, assessment: Assessment) -> Assessment:
    """What a text says about danger, after all that was said about it before in the conversation."""
    return weighed(assessment, past(uow, conversation_id), uow.now)


def raise_alert(
    uow: UnitOfWork, conversation_id: str, assessment: Assessment, *, response: str | None = None
) -> str | None:
    """Alert the humans; returns the alert's id, or None when an open one already says at least as much."""
    if response is None and _open_already(uow, conversation_id, assessment):
        return None
    alert_id = _record(uow, conversation_id, assessment, response)
    uow.wake(ALERT_TOPIC)
    return alert_id


COVERT = Category.NONE
"""The category of a safe word's alert: the person said nothing, and no danger has a name. A danger always has one."""


def raise_covert_alert(uow: UnitOfWork, conversation_id: str) -> str | None:
    """The person's safe word came: somebody reads along. Raised as high danger, once until somebody sees to it."""
    return raise_alert(uow, conversation_id, Assessment(Risk.HIGH, COVERT))


def open_alerts(uow: UnitOfWork, conversation_id: str | None = None) -> list[Alert]:
    """Alerts that nobody has acknowledged: imminent first, then the oldest."""
    query = select(alert).where(alert.c.acknowledged_at.is_(None), alert.c.risk.in_(_ALARMING)).order_by(alert.c.at)
    if conversation_id is not None:
        query = query.where(alert.c.conversation_id == conversation_id)
    found = [_alert(row) for row in uow.db.execute(query)]
    return sorted(found, key=lambda item: -RANK[item.risk])


def alerts_of(uow: UnitOfWork, conversation_id: str) -> list[Alert]:
    """Every alert of a conversation, acknowledged or not, in the order they were raised."""
    query = select(alert).where(alert.c.conversation_id == conversation_id, alert.c.risk.in_(_ALARMING))
    return [_alert(row) for row in uow.db.execute(query.order_by(alert.c.at, alert.c.id))]


def confirm_danger(uow: UnitOfWork, conversation_id: str) -> Decision:
    """The person says yes to the gentle question: what was only a sign is high danger now."""
    asked = [item.category for item in past(uow, conversation_id) if item.response == GENTLE]
    category = asked[-1] if asked else Category.SUICIDE_IDEATION_INDIRECT
    return react(uow, conversation_id, Assessment(Risk.HIGH, category))


def asked_gently(uow: UnitOfWork, conversation_id: str) -> bool:
    """Whether the gentle question was the last reaction in this conversation: then a plain yes is an answer to it."""
    before = past(uow, conversation_id)
    return bool(before) and before[-1].response == GENTLE and before[-1].at > uow.now - SAME_TEXT_AGAIN


def acknowledge(uow: UnitOfWork, conversation_id: str, staff_id: str) -> int:
    """A worker has seen the alerts of a conversation; returns how many were open."""
    found = uow.db.execute(
        update(alert)
        .where(
            alert.c.conversation_id == conversation_id,
            alert.c.acknowledged_at.is_(None),
            alert.c.risk.in_(_ALARMING),
        )
        .values(acknowledged_by=staff_id, acknowledged_at=uow.now)
        .returning(alert.c.id)
    ).all()
    if found:
        uow.wake(ALERT_TOPIC)
    return len(found)


def not_meant(uow: UnitOfWork, conversation_id: str) -> None:
    """The person says it was not meant so: noted on the open alerts, which stay open for a human to judge."""
    uow.db.execute(
        update(alert)
        .where(alert.c.conversation_id == conversation_id, alert.c.acknowledged_at.is_(None))
        .values(not_meant_at=uow.now)
    )


def past(uow: UnitOfWork, conversation_id: str) -> tuple[Past, ...]:
    """What was said and raised lately in a conversation, as far back as the policy looks."""
    rows = uow.db.execute(
        select(alert.c.risk, alert.c.category, alert.c.at, alert.c.response)
        .where(alert.c.conversation_id == conversation_id, alert.c.at > uow.now - REMEMBER)
        .order_by(alert.c.at)
    )
    return tuple(Past(Risk(row.risk), Category(row.category), row.at, row.response) for row in rows)


def _open_already(uow: UnitOfWork, conversation_id: str, assessment: Assessment) -> bool:
    return any(
        item.category == assessment.category and RANK[item.risk] >= RANK[assessment.risk]
        for item in open_alerts(uow, conversation_id)
    )


def _record(uow: UnitOfWork, conversation_id: str, assessment: Assessment, response: str | None) -> str:
    alert_id = uow.new_id()
    uow.db.execute(
        insert(alert).values(
            id=alert_id,
            conversation_id=conversation_id,
            risk=assessment.risk,
            category=assessment.category,
            at=uow.now,
            response=response,
        )
    )
    return alert_id


def _alert(row: Row[tuple[object, ...]]) -> Alert:
    return Alert(
        id=row.id,
        conversation_id=row.conversation_id,
        risk=Risk(row.risk),
        category=Category(row.category),
        at=row.at,
        acknowledged_by=row.acknowledged_by,
        acknowledged_at=row.acknowledged_at,
        not_meant_at=row.not_meant_at,
    )
