"""Intake: a channel's update is stored and committed before it is acknowledged; a duplicate is a no-op."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import bindparam, case, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from bot.conversation.model import Holder, Inbound, Keeping, Received
from bot.conversation.store import conversation, inbox
from bot.storage.engine import Instant
from bot.storage.unit_of_work import UnitOfWork

TURN_TOPIC = "turn"

# Statements of every message are built once: building one costs as much as running it.
_SEEN = select(inbox.c.conversation_id).where(
    inbox.c.account == bindparam("of_account"), inbox.c.update_key == bindparam("key")
)
_STORE = {
    sqlite_: dialect.insert(inbox).on_conflict_do_nothing(index_elements=["account", "update_key"])
    for sqlite_, dialect in ((True, sqlite), (False, postgresql))
}
_NEXT_ORDER = (
    select(func.coalesce(func.max(inbox.c.order_key), 0) + 1)
    .where(inbox.c.account == bindparam("of_account"))
    .scalar_subquery()
)
_STORE_NEXT = {sqlite_: statement.values(order_key=_NEXT_ORDER) for sqlite_, statement in _STORE.items()}
"""By whether the database is SQLite; the second one counts the order up where the channel gives none."""
_DUE = bindparam("due", type_=Instant())
_MARK_PENDING = (
    update(conversation)
    .where(conversation.c.id == bindparam("conversation_id"))
    .values(pending_at=case((conversation.c.pending_at <= _DUE, conversation.c.pending_at), else_=_DUE))
)
"""Always writes, and so waits for a turn that is just ending and has not seen this message: otherwise it would lie."""
_LOCK = select(conversation.c.id).where(conversation.c.id == bindparam("conversation_id")).with_for_update()
_BEFORE = select(inbox.c.ready_at).where(
    inbox.c.account == bindparam("of_account"), inbox.c.order_key == bindparam("order")
)
_RECENT = (
    select(func.count())
    .select_from(inbox)
    .where(
        inbox.c.conversation_id == bindparam("conversation_id"),
        inbox.c.received_at > bindparam("since", type_=Instant()),
    )
)


def receive(uow: UnitOfWork, inbound: Inbound, *, known: str | None = None) -> Received:
    """Store one update; the caller commits and only then acknowledges. `known` is its conversation, if that is clear.

    Two intakes of the same update at once: the database's unique constraint lets one of them in.
    """
    if known is None:
        # Before a conversation is made: the one that it belonged to may be erased by now.
        seen = uow.db.execute(_SEEN, {"of_account": inbound.account, "key": inbound.update}).scalar_one_or_none()
        if seen is not None:
            return Received(seen, duplicate=True)
    conversation_id = known or find_or_create(uow, inbound)
    _lock(uow, conversation_id)
    inbox_id = uow.new_id()
    waits = _waits(uow, inbound)
    ready_at = uow.clock.now() + inbound.settle if waits else uow.now
    values = {
        "id": inbox_id,
        "account": inbound.account,
        "update_key": inbound.update,
        "conversation_id": conversation_id,
        "kind": inbound.kind,
        "content": uow.vault.seal(conversation_id, "inbox", "content", inbox_id, inbound.content()),
        "ref": inbound.ref[:20] or None,
        "received_at": uow.now,
        "ready_at": ready_at,
        "attempts": 0,
    }
    if inbound.order is None:
        statement, values = _STORE_NEXT[uow.is_sqlite], values | {"of_account": inbound.account}
    else:
        statement, values = _STORE[uow.is_sqlite], values | {"order_key": inbound.order}
    stored = uow.db.execute(statement, values)
    if not stored.rowcount:
        return Received(conversation_id, duplicate=True)
    _mark_pending(uow, conversation_id, ready_at)
    if inbound.order is not None and not waits:
        _release_followers(uow, inbound.account, inbound.order)
    uow.wake(TURN_TOPIC)
    return Received(conversation_id, duplicate=False)


def find_or_create(uow: UnitOfWork, inbound: Inbound) -> str:
    """The conversation of a chat; a new one gets its own key first."""
    blind = uow.vault.blind("chat", f"{inbound.account}\0{inbound.chat}")
    found = _find(uow, inbound.account, blind)
    if found is not None:
        return found
    try:
        with uow.db.begin_nested():
            return create_conversation(uow, inbound.channel, inbound.account, inbound.chat, inbound.lang or "id")
    except IntegrityError:
        # Another intake made it in the same moment.
        found = _find(uow, inbound.account, blind)
        if found is None:
            raise
        return found


def create_conversation(uow: UnitOfWork, channel: str, account: str, chat: str, lang: str) -> str:
    """A fresh conversation with a fresh key, held by the bot."""
    conversation_id = uow.new_id()
    uow.vault.create_owner(conversation_id)
    uow.db.execute(
        insert(conversation).values(
            id=conversation_id,
            channel=channel,
            account=account,
            chat_blind=uow.vault.blind("chat", f"{account}\0{chat}"),
            chat=uow.vault.seal(conversation_id, "conversation", "chat", conversation_id, chat),
            lang=lang if lang in ("id", "en") else "id",
            stage="contact",
            holder=Holder.BOT,
            epoch=0,
            keeping=Keeping.UNDECIDED,
            risk="none",
            last_number=0,
            urgent=False,
            created_at=uow.now,
            last_at=uow.now,
        )
    )
    return conversation_id


def _find(uow: UnitOfWork, account: str, blind: str) -> str | None:
    return uow.db.execute(
        select(conversation.c.id).where(conversation.c.account == account, conversation.c.chat_blind == blind)
    ).scalar_one_or_none()


def _lock(uow: UnitOfWork, conversation_id: str) -> None:
    """From here to the commit nobody takes in, or answers, another message of this conversation.

    Of two intakes the one that came second waits until the first one's message is stored, or will never be. SQLite has
    one writer at a time anyway.
    """
    if not uow.is_sqlite:
        uow.db.execute(_LOCK, {"conversation_id": conversation_id})


def _waits(uow: UnitOfWork, inbound: Inbound) -> bool:
    """Whether an update's predecessor has not arrived: then it waits for it (a channel's update ids are consecutive).

    Asked and counted after the lock: the time that was spent there was no chance for the predecessor to arrive.
    """
    if inbound.order is None or not inbound.settle:
        return False
    before = uow.db.execute(_BEFORE, {"of_account": inbound.account, "order": inbound.order - 1}).scalar_one_or_none()
    return before is None or before > uow.clock.now()


def _release_followers(uow: UnitOfWork, account: str, order: int) -> None:
    """Updates that waited for this one are ready now, as far as they follow without a gap."""
    while True:
        order += 1
        row = uow.db.execute(
            update(inbox)
            .where(inbox.c.account == account, inbox.c.order_key == order, inbox.c.ready_at > uow.now)
            .values(ready_at=uow.now)
            .returning(inbox.c.conversation_id)
        ).first()
        if row is None:
            return
        _mark_pending(uow, row.conversation_id, uow.now)


def _mark_pending(uow: UnitOfWork, conversation_id: str, at: datetime) -> None:
    uow.db.execute(_MARK_PENDING, {"conversation_id": conversation_id, "due": at})


def recent_count(uow: UnitOfWork, conversation_id: str, window: timedelta) -> int:
    """How many updates this conversation sent within the window."""
    return uow.db.execute(_RECENT, {"conversation_id": conversation_id, "since": uow.now - window}).scalar_one()
