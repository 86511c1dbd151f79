"""Use cases of the counselling room: keep what the person allowed to be kept, show it, forget it."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Table, delete, func, insert, select, update

from bot.counselling.model import Status
from bot.counselling.store import consent, decision, note_value
from bot.storage.unit_of_work import UnitOfWork

SHARE_LASTS = timedelta(days=90)
"""A consent to share ends by itself; the person can end it at any time."""


def _next_seq(uow: UnitOfWork, table: Table, conversation_id: str) -> int:
    highest = uow.db.execute(
        select(func.max(table.c.seq)).where(table.c.conversation_id == conversation_id)
    ).scalar_one_or_none()
    return (highest or 0) + 1


def _add(uow: UnitOfWork, table: Table, conversation_id: str, sealed: dict[str, str], **values: Any) -> None:
    """Add one row; the texts in `sealed` go in encrypted, empty ones as nothing."""
    row = uow.new_id()
    secrets = {
        column: uow.vault.seal(conversation_id, table.name, column, row, text) if text else None
        for column, text in sealed.items()
    }
    seq = _next_seq(uow, table, conversation_id)
    uow.db.execute(
        insert(table).values(id=row, conversation_id=conversation_id, seq=seq, at=uow.now, **secrets, **values)
    )


def record_value(uow: UnitOfWork, conversation_id: str, data: dict[str, Any]) -> None:
    """Keep one value of the note with its origin; an earlier value stays as history."""
    _add(
        uow,
        note_value,
        conversation_id,
        {"words": data["words"]},
        name=data["name"],
        status=data["status"],
        message_id=data["message"] or None,
        start=data["start"],
        end=data["end"],
        origin=data["origin"],
        confirmed=False,
    )


def confirm_summary(uow: UnitOfWork, conversation_id: str) -> None:
    """The person confirmed the summary: the values in it are confirmed."""
    uow.db.execute(update(note_value).where(note_value.c.conversation_id == conversation_id).values(confirmed=True))


def record_decision(uow: UnitOfWork, conversation_id: str, data: dict[str, Any]) -> None:
    """Keep a decision: chosen, declined, postponed, own, withdrawn; or the options shown, in their order."""
    _add(
        uow,
        decision,
        conversation_id,
        {"words": data.get("words", "")},
        kind=data["kind"],
        option=data.get("option"),
        version=data.get("version"),
        confirmed=bool(data.get("confirmed")),
        shown=",".join(data.get("shown", ())) or None,
    )


def record_consent(
    uow: UnitOfWork, conversation_id: str, *, purpose: str, kind: str, data: dict[str, Any], recipient: str
) -> None:
    """Keep what was agreed to or refused, bound to the exact text by its hash."""
    text = data.get("text")
    _add(
        uow,
        consent,
        conversation_id,
        {"condition": data.get("condition", "")},
        purpose=purpose,
        kind=kind,
        response=data.get("response"),
        text_hash=_hash(text),
        recipient=recipient,
        expires_at=uow.now + SHARE_LASTS if kind == "given" and purpose == "share" else None,
    )


def recipients(uow: UnitOfWork, conversation_id: str) -> list[str]:
    """To whom the person has agreed to pass something on, in the order of their names."""
    query = select(consent.c.recipient).where(
        consent.c.conversation_id == conversation_id, consent.c.purpose == "share", consent.c.kind == "given"
    )
    return sorted(set(uow.db.execute(query).scalars()))


def share_ends(uow: UnitOfWork, conversation_id: str, text: str, recipient: str) -> datetime | None:
    """When the consent to share exactly this text with this recipient ends; None where no such consent stands."""
    row = uow.db.execute(
        select(consent.c.kind, consent.c.expires_at, consent.c.text_hash, consent.c.recipient)
        .where(consent.c.conversation_id == conversation_id, consent.c.purpose == "share")
        .order_by(consent.c.seq.desc())
        .limit(1)
    ).first()
    if row is None or (row.kind, row.text_hash, row.recipient) != ("given", _hash(text), recipient):
        return None
    if row.expires_at <= uow.now:
        return None
    return cast(datetime, row.expires_at)


def _hash(text: str | None) -> str | None:
    return hashlib.sha256(text.encode()).hexdigest() if text else None


def the_note(uow: UnitOfWork, conversation_id: str) -> dict[str, Any]:
    """The newest value of each name, in the person's words, with origin and whether it was confirmed."""
    rows = uow.db.execute(
        select(note_value).where(note_value.c.conversation_id == conversation_id).order_by(note_value.c.seq)
    ).all()
    return {
        row.name: {
            "status": row.status,
            "words": _open(uow, conversation_id, "note_value", "words", row.id, row.words),
            "origin": {"kind": row.origin, "message": row.message_id, "start": row.start, "end": row.end},
            "confirmed": row.confirmed,
        }
        for row in rows
    }


def was_told(uow: UnitOfWork, conversation_id: str, name: str) -> bool:
    """Whether a part of the note has words of the person at this moment; nothing is opened for it."""
    newest = select(note_value.c.status).where(
        note_value.c.conversation_id == conversation_id, note_value.c.name == name
    )
    return uow.db.execute(newest.order_by(note_value.c.seq.desc()).limit(1)).scalar_one_or_none() == Status.TOLD


def decisions(uow: UnitOfWork, conversation_id: str) -> list[dict[str, Any]]:
    """Everything decided, left open, declined or shown, oldest first."""
    rows = uow.db.execute(
        select(decision).where(decision.c.conversation_id == conversation_id).order_by(decision.c.seq)
    ).all()
    return [
        {
            "kind": row.kind,
            "option": row.option,
            "words": _open(uow, conversation_id, "decision", "words", row.id, row.words),
            "confirmed": row.confirmed,
            "shown": row.shown.split(",") if row.shown else [],
            "version": row.version,
            "at": row.at.isoformat(),
        }
        for row in rows
    ]


def consents(uow: UnitOfWork, conversation_id: str) -> list[dict[str, Any]]:
    """Every consent given, refused or revoked, oldest first."""
    rows = uow.db.execute(
        select(consent).where(consent.c.conversation_id == conversation_id).order_by(consent.c.seq)
    ).all()
    return [
        {
            "purpose": row.purpose,
            "kind": row.kind,
            "response": row.response,
            "text_hash": row.text_hash,
            "recipient": row.recipient,
            "condition": _open(uow, conversation_id, "consent", "condition", row.id, row.condition),
            "expires_at": row.expires_at.isoformat() if row.expires_at else None,
            "at": row.at.isoformat(),
        }
        for row in rows
    ]


def forget_words(uow: UnitOfWork, conversation_id: str) -> None:
    """Consent to keeping was taken back: the note goes, and the words in decisions; the consents stay as proof."""
    uow.db.execute(delete(note_value).where(note_value.c.conversation_id == conversation_id))
    uow.db.execute(update(decision).where(decision.c.conversation_id == conversation_id).values(words=None))


def _open(uow: UnitOfWork, owner: str, table: str, column: str, row: str, sealed: bytes | None) -> str | None:
    return None if sealed is None else uow.vault.open(owner, table, column, row, sealed)
