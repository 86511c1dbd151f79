"""Erasing a conversation: its key is destroyed, so what is left of it anywhere can't be read."""

from __future__ import annotations

from sqlalchemy import delete, select, update

from bot.conversation.intake import create_conversation
from bot.conversation.model import Holder
from bot.conversation.store import conversation, inbox, message, outbox, sweep
from bot.killpoints import Point, reached
from bot.storage.keys import DESTROYED_TOPIC
from bot.storage.unit_of_work import UnitOfWork


def erase(uow: UnitOfWork, conversation_id: str, *, successor: bool = True) -> None:
    """Destroy the key and the rows; the same chat begins a fresh conversation, as its `successor` unless told not to.

    The inbox rows stay, empty: they are what makes a repeated update a no-op.
    """
    row = uow.db.execute(select(conversation).where(conversation.c.id == conversation_id)).one()
    place = ("conversation", "chat", conversation_id)
    chat = uow.vault.open(conversation_id, *place, row.chat) if successor else None
    uow.db.execute(delete(sweep).where(sweep.c.conversation_id == conversation_id))
    uow.db.execute(delete(outbox).where(outbox.c.conversation_id == conversation_id))
    uow.db.execute(delete(message).where(message.c.conversation_id == conversation_id))
    uow.db.execute(
        update(inbox)
        .where(inbox.c.conversation_id == conversation_id)
        .values(content=None, ref=None, done_at=uow.now, outcome="erased")
    )
    uow.db.execute(
        update(conversation)
        .where(conversation.c.id == conversation_id)
        .values(
            chat=None,
            chat_blind=None,
            memory=None,
            asked=None,
            safe_word=None,
            region=None,
            covert_at=None,
            covert_from=None,
            stage="contact",
            risk="none",
            risk_at=None,
            holder=Holder.NONE,
            epoch=conversation.c.epoch + 1,
            pending_at=None,
            lease_owner=None,
            lease_until=None,
            deleted_at=uow.now,
        )
    )
    uow.vault.destroy_owner(conversation_id)
    uow.wake(DESTROYED_TOPIC)
    uow.wake(f"conversation:{conversation_id}")
    if chat is not None:
        fresh = create_conversation(uow, row.channel, row.account, chat, row.lang)
        uow.db.execute(update(conversation).where(conversation.c.id == conversation_id).values(successor=fresh))
    reached(Point.DELETED)
