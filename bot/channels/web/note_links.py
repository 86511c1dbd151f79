"""A link to one's own note for channels that have no pages: short-lived, and gone with a quick exit."""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import delete, insert, select

from bot.channels.web.store import note_link
from bot.conversation.model import Conversation
from bot.conversation.store import conversation
from bot.conversation.transcript import of_row
from bot.storage.unit_of_work import UnitOfWork

LINK_LASTS = timedelta(minutes=30)
PATH = "/note"
_LONGEST = 64


def make_link(uow: UnitOfWork, conversation_id: str, base_url: str) -> str:
    """A fresh address that opens the note; those of before open nothing any more."""
    drop_links(uow, conversation_id)
    token = secrets.token_urlsafe(16)
    uow.db.execute(
        insert(note_link).values(
            digest=uow.vault.blind("note_link", token),
            conversation_id=conversation_id,
            expires_at=uow.now + LINK_LASTS,
        )
    )
    return f"{base_url.rstrip('/')}{PATH}/{token}"


def drop_links(uow: UnitOfWork, conversation_id: str) -> None:
    """No link to this note opens anything from now on; those that ran out go as well."""
    uow.db.execute(
        delete(note_link).where((note_link.c.conversation_id == conversation_id) | (note_link.c.expires_at <= uow.now))
    )


def follow(uow: UnitOfWork, token: str) -> Conversation | None:
    """The living conversation that a link opens now."""
    row = uow.db.execute(
        select(conversation)
        .join(note_link, note_link.c.conversation_id == conversation.c.id)
        .where(
            note_link.c.digest == uow.vault.blind("note_link", token[:_LONGEST]),
            note_link.c.expires_at > uow.now,
            conversation.c.deleted_at.is_(None),
            conversation.c.covert_at.is_(None),
        )
    ).first()
    return of_row(row) if row is not None else None
