"""While somebody reads along: what was said before is out of sight, and what is said waits, until it is over."""

from __future__ import annotations

from sqlalchemy import update

from bot.conversation import sweep
from bot.conversation.store import conversation, message, outbox
from bot.conversation.transcript import HELD, OUTBOX_TOPIC, desk_topic, load
from bot.storage.unit_of_work import UnitOfWork


def begin(uow: UnitOfWork, conversation_id: str) -> None:
    """From now on nothing of before may be seen: the web chat hides it, other channels take it off the screen."""
    uow.db.execute(
        update(conversation)
        .where(conversation.c.id == conversation_id)
        .values(covert_at=uow.now, covert_from=load(uow, conversation_id).last_number)
    )
    sweep.ask(uow, conversation_id)
    # A worker's words that wait are not lost, and hold up nothing; the sender holds what is on its way already.
    waits = (outbox.c.conversation_id == conversation_id) & (outbox.c.state == "pending")
    uow.db.execute(update(outbox).where(waits).values(state=HELD))
    uow.wake(desk_topic(conversation_id))


def end(uow: UnitOfWork, conversation_id: str) -> None:
    """Nobody reads along any more: what was held is delivered now, in its order."""
    uow.db.execute(
        update(conversation).where(conversation.c.id == conversation_id).values(covert_at=None, covert_from=None)
    )
    of_it = outbox.c.conversation_id == conversation_id
    uow.db.execute(update(outbox).where(of_it, outbox.c.state == HELD).values(state="pending", next_at=uow.now))
    uow.db.execute(update(message).where(message.c.conversation_id == conversation_id).values(held=False))
    uow.wake(OUTBOX_TOPIC)
    uow.wake(desk_topic(conversation_id))
