"""Reads the inbox back, opened."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import select

from bot.conversation.store import inbox
from bot.storage.unit_of_work import Database


@dataclass(frozen=True)
class Stored:
    """One row of the inbox."""

    account: str
    update: str
    order: int
    conversation: str
    kind: str
    text: str
    payload: str
    ref: str


def stored(db: Database) -> list[Stored]:
    """The whole inbox in the order in which conversations will read it."""
    with db.unit(read_only=True) as uow:
        rows = uow.db.execute(select(inbox).order_by(inbox.c.order_key)).all()
        found = []
        for row in rows:
            content = json.loads(uow.vault.open(row.conversation_id, "inbox", "content", row.id, row.content))
            found.append(Stored(row.account, row.update_key, row.order_key, row.conversation_id, row.kind, **content))
        return found
