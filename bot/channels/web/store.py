"""The table of return codes, and the queries behind the web chat."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, ForeignKey, String, Table, bindparam, delete, insert, select, update

from bot.channels.web.model import ACCOUNT, CODE_LIFE
from bot.conversation.model import Conversation, Keeping
from bot.conversation.store import conversation, inbox, message
from bot.conversation.transcript import of_row
from bot.storage.engine import Instant, metadata
from bot.storage.unit_of_work import UnitOfWork

# Whoever steals this table learns which conversations have a code, and nothing that opens one:
# the digest is keyed with the master key.
web_return_code = Table(
    "web_return_code",
    metadata,
    Column("conversation_id", String(32), ForeignKey("conversation.id"), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("created_at", Instant, nullable=False),
    Column("used_at", Instant, nullable=False),
)


# A link to one's own note, asked for on another channel: the digest is keyed, too.
note_link = Table(
    "note_link",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("conversation_id", String(32), ForeignKey("conversation.id"), nullable=False),
    Column("expires_at", Instant, nullable=False),
)


# Statements of every message and every look are built once: building one costs as much as running it.
_OF_SESSION = (
    conversation.c.account == ACCOUNT,
    conversation.c.chat_blind == bindparam("blind"),
    conversation.c.deleted_at.is_(None),
)
_ID = select(conversation.c.id).where(*_OF_SESSION)
_CONVERSATION = select(conversation).where(*_OF_SESSION)
_REFS = (
    select(message.c.id, inbox.c.update_key)
    .join(inbox, inbox.c.id == message.c.id)
    .where(message.c.conversation_id == bindparam("conversation_id"), message.c.number > bindparam("after"))
)
_BUSY = (
    select(inbox.c.id)
    .where(inbox.c.conversation_id == bindparam("conversation_id"), inbox.c.done_at.is_(None))
    .limit(1)
)
_CODE = select(web_return_code.c.digest).where(
    web_return_code.c.conversation_id == bindparam("conversation_id"),
    web_return_code.c.used_at > bindparam("since", type_=Instant()),
)


def blind_session(uow: UnitOfWork, secret: str) -> str:
    """How intake looks a chat of this channel up."""
    return uow.vault.blind("chat", f"{ACCOUNT}\0{secret}")


def find_conversation_id(uow: UnitOfWork, secret: str) -> str | None:
    """The id of the living conversation of a browser session."""
    return uow.db.execute(_ID, {"blind": blind_session(uow, secret)}).scalar_one_or_none()


def find_conversation(uow: UnitOfWork, secret: str) -> Conversation | None:
    """The living conversation of a browser session."""
    row = uow.db.execute(_CONVERSATION, {"blind": blind_session(uow, secret)}).first()
    return of_row(row) if row is not None else None


def bind_session(uow: UnitOfWork, conversation_id: str, secret: str) -> None:
    """Give a conversation to another browser session; the one that had it can't open it any more."""
    uow.db.execute(
        update(conversation)
        .where(conversation.c.id == conversation_id)
        .values(
            chat_blind=blind_session(uow, secret),
            chat=uow.vault.seal(conversation_id, "conversation", "chat", conversation_id, secret),
        )
    )


def refs(uow: UnitOfWork, conversation_id: str, after: int) -> dict[str, str]:
    """Message id → the channel's update key, for the client's messages above `after`."""
    rows = uow.db.execute(_REFS, {"conversation_id": conversation_id, "after": after})
    return {row.id: row.update_key for row in rows}


def undone(uow: UnitOfWork, conversation_id: str) -> list[tuple[str, str, bytes, datetime]]:
    """Accepted updates that are not in the transcript yet: inbox id, update key, sealed content, time."""
    rows = uow.db.execute(
        select(inbox.c.id, inbox.c.update_key, inbox.c.content, inbox.c.received_at)
        .outerjoin(message, message.c.id == inbox.c.id)
        .where(inbox.c.conversation_id == conversation_id, inbox.c.done_at.is_(None), message.c.id.is_(None))
        .order_by(inbox.c.order_key)
    )
    return [(row.id, row.update_key, row.content, row.received_at) for row in rows]


def is_busy(uow: UnitOfWork, conversation_id: str) -> bool:
    """Whether an accepted update still waits for its effect."""
    return uow.db.execute(_BUSY, {"conversation_id": conversation_id}).first() is not None


def put_code(uow: UnitOfWork, conversation_id: str, letters: str) -> None:
    """Store the digest of a fresh code; the one before it opens nothing from now on."""
    drop_code(uow, conversation_id)
    digest = uow.vault.blind("web_return_code", letters)
    uow.db.execute(
        insert(web_return_code).values(
            conversation_id=conversation_id, digest=digest, created_at=uow.now, used_at=uow.now
        )
    )


def drop_code(uow: UnitOfWork, conversation_id: str) -> None:
    uow.db.execute(delete(web_return_code).where(web_return_code.c.conversation_id == conversation_id))


def has_code(uow: UnitOfWork, conversation_id: str) -> bool:
    """Whether a return code opens the conversation."""
    since = uow.now - CODE_LIFE
    return uow.db.execute(_CODE, {"conversation_id": conversation_id, "since": since}).first() is not None


def spend_code(uow: UnitOfWork, letters: str) -> str | None:
    """The conversation that a code opens now: alive, kept with consent, used within the code's life."""
    conversation_id = uow.db.execute(
        select(conversation.c.id)
        .join(web_return_code, web_return_code.c.conversation_id == conversation.c.id)
        .where(
            web_return_code.c.digest == uow.vault.blind("web_return_code", letters),
            web_return_code.c.used_at > uow.now - CODE_LIFE,
            conversation.c.account == ACCOUNT,
            conversation.c.deleted_at.is_(None),
            conversation.c.keeping == Keeping.GIVEN,
        )
    ).scalar_one_or_none()
    if conversation_id is not None:
        uow.db.execute(
            update(web_return_code).where(web_return_code.c.conversation_id == conversation_id).values(used_at=uow.now)
        )
    return conversation_id
