"""The transcript: what was said, sealed; and the outbox rows that carry it to the person."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update

from bot.conversation.model import (
    Button,
    Conversation,
    Holder,
    Keeping,
    Kind,
    Message,
    Reply,
    Sender,
)
from bot.conversation.store import conversation, message, outbox
from bot.storage.engine import Instant
from bot.storage.unit_of_work import UnitOfWork

OUTBOX_TOPIC = "outbox"
PULL_CHANNELS = frozenset({"web", "talk"})
"""Channels whose clients fetch the transcript themselves: being committed is being delivered."""
HELD = "held"
"""The state of a message that waits until nobody reads along any more."""
AWAY = "away"
"""The state of a message that waits until the person is back: it goes out before the next one that is sent to them."""


# Statements of every turn are built once: building one costs as much as running it.
_LOAD = select(conversation).where(conversation.c.id == bindparam("conversation_id"))
_COUNT_UP = (
    update(conversation)
    .where(conversation.c.id == bindparam("conversation_id"))
    .values(last_number=conversation.c.last_number + 1, last_at=bindparam("now", type_=Instant()))
    .returning(conversation.c.last_number, conversation.c.channel, conversation.c.covert_at)
)
_WRITE = insert(message)
_DELIVERED = select(message, outbox.c.state, outbox.c.maybe_repeated).outerjoin(
    outbox, outbox.c.message_id == message.c.id
)
_LINES = (
    _DELIVERED.where(message.c.conversation_id == bindparam("conversation_id"), message.c.number > bindparam("after"))
    .order_by(message.c.number.desc())
    .limit(bindparam("limit"))
)
_LINE = _DELIVERED.where(message.c.conversation_id == bindparam("conversation_id"), message.c.id == bindparam("id"))


class ConversationGone(Exception):
    """There is no such conversation, or it was deleted."""


def desk_topic(conversation_id: str) -> str:
    """The wake-up topic of everybody who looks at one conversation."""
    return f"conversation:{conversation_id}"


QUEUE_TOPIC = "queue"


def load(uow: UnitOfWork, conversation_id: str) -> Conversation:
    """Raises ConversationGone."""
    row = uow.db.execute(_LOAD, {"conversation_id": conversation_id}).first()
    if row is None:
        raise ConversationGone(conversation_id)
    return of_row(row)


def of_row(row: Row[Any]) -> Conversation:
    """A row of the table, as far as it holds no client content."""
    return Conversation(
        id=row.id,
        number=row.number,
        channel=row.channel,
        account=row.account,
        lang=row.lang,
        stage=row.stage,
        asked=row.asked,
        holder=Holder(row.holder),
        epoch=row.epoch,
        keeping=Keeping(row.keeping),
        risk=row.risk,
        safe_to_contact=row.safe_to_contact,
        last_number=row.last_number,
        created_at=row.created_at,
        last_at=row.last_at,
        deleted=row.deleted_at is not None,
        successor=row.successor,
        covert_at=row.covert_at,
        covert_from=row.covert_from or 0,
    )


def record_client(
    uow: UnitOfWork,
    conversation_id: str,
    *,
    kind: Kind,
    text: str | None,
    lang: str,
    inbox_id: str,
    again: bool = False,
) -> None:
    """Write a client's message; `text` is None where nothing may be kept. Its id is that of the inbox row.

    Written `again`, it keeps its place: a message that had to wait stands where the person was first answered.
    """
    body = None if text is None else json.dumps({"text": text, "buttons": []}, ensure_ascii=False)
    if again:
        sealed = _seal(uow, conversation_id, inbox_id, body)
        if uow.db.execute(update(message).where(message.c.id == inbox_id).values(body=sealed)).rowcount:
            return
    _write(uow, conversation_id, Sender.CLIENT, kind, body, None, lang, None, inbox_id)


def post(
    uow: UnitOfWork,
    conversation_id: str,
    reply: Reply,
    *,
    sender: Sender,
    staff_id: str | None = None,
    urgent: bool = False,
    epoch: int | None = None,
    under_cover: bool = False,
    until_back: bool = False,
) -> str:
    """Say something to the person: transcript and outbox in one transaction. Returns the message's id.

    `epoch` is given for replies of the bot: the sender drops them once somebody else holds the chat. While somebody
    reads along only what is said `under_cover` goes out; everything else, whoever says it, is held until that is over.
    Said `until_back`, it lights up no screen by itself: it goes out with whatever is said next.
    """
    buttons = [[b.title, b.payload] for b in reply.buttons]
    body = json.dumps({"text": reply.text, "buttons": buttons}, ensure_ascii=False)
    message_id = uow.new_id()
    row = _write(
        uow, conversation_id, sender, Kind.TEXT, body, reply.response, reply.lang, staff_id, message_id, under_cover
    )
    if row.channel not in PULL_CHANNELS:
        uow.db.execute(
            insert(outbox).values(
                id=uow.new_id(),
                conversation_id=conversation_id,
                message_id=message_id,
                number=row.last_number,
                epoch=epoch,
                urgent=urgent,
                state=HELD if row.covert_at is not None and not under_cover else AWAY if until_back else "pending",
                attempts=0,
                next_at=uow.now,
                maybe_repeated=False,
            )
        )
        uow.wake(OUTBOX_TOPIC)
    return message_id


def _write(
    uow: UnitOfWork,
    conversation_id: str,
    sender: Sender,
    kind: Kind,
    body: str | None,
    response: str | None,
    lang: str,
    staff_id: str | None,
    message_id: str,
    under_cover: bool = True,
) -> Row[Any]:
    # Counting up locks the conversation's row: numbers are gapless and visible in their order.
    counted = uow.db.execute(_COUNT_UP, {"conversation_id": conversation_id, "now": uow.now}).first()
    if counted is None:
        raise ConversationGone(conversation_id)
    uow.db.execute(
        _WRITE,
        {
            "id": message_id,
            "conversation_id": conversation_id,
            "number": counted.last_number,
            "sender": sender,
            "kind": kind,
            "body": _seal(uow, conversation_id, message_id, body),
            "response": response,
            "lang": lang,
            "staff_id": staff_id,
            "at": uow.now,
            "held": counted.covert_at is not None and not under_cover,
        },
    )
    uow.wake(desk_topic(conversation_id))
    return counted


def _seal(uow: UnitOfWork, conversation_id: str, message_id: str, body: str | None) -> bytes | None:
    return None if body is None else uow.vault.seal(conversation_id, "message", "body", message_id, body)


def transcript(uow: UnitOfWork, conversation_id: str, *, after: int = 0, limit: int = 500) -> list[Message]:
    """The newest `limit` messages with a number above `after`, oldest first, with their state of delivery."""
    rows = uow.db.execute(_LINES, {"conversation_id": conversation_id, "after": after, "limit": limit}).all()
    return [_to_message(uow, row) for row in reversed(rows)]


def line(uow: UnitOfWork, conversation_id: str, message_id: str) -> Message | None:
    """One message of a conversation; None for one that there is not."""
    row = uow.db.execute(_LINE, {"conversation_id": conversation_id, "id": message_id}).first()
    return None if row is None else _to_message(uow, row)


def numbers(uow: UnitOfWork, conversation_id: str, message_ids: Iterable[str]) -> dict[str, int]:
    """The numbers of messages of a conversation by their ids; nothing is opened for it."""
    of = (message.c.conversation_id == conversation_id) & message.c.id.in_(list(message_ids))
    return {row.id: row.number for row in uow.db.execute(select(message.c.id, message.c.number).where(of))}


def _to_message(uow: UnitOfWork, row: Row[Any]) -> Message:
    body = (
        {"text": None, "buttons": []}
        if row.body is None
        else json.loads(uow.vault.open(row.conversation_id, "message", "body", row.id, row.body))
    )
    return Message(
        id=row.id,
        number=row.number,
        sender=Sender(row.sender),
        kind=Kind(row.kind),
        text=body["text"],
        buttons=tuple(Button(*pair) for pair in body["buttons"]),
        response=row.response,
        lang=row.lang,
        at=row.at,
        staff=row.staff_id,
        delivery="repeated" if row.maybe_repeated else (row.state or (HELD if row.held else "sent")),
        held=row.held,
    )


def change_holder(uow: UnitOfWork, conversation_id: str, holder: Holder) -> int:
    """Hand the chat over: replies the bot made before are stale and will never be sent. Returns the epoch."""
    epoch: int | None = uow.db.execute(
        update(conversation)
        .where(conversation.c.id == conversation_id)
        .values(holder=holder, epoch=conversation.c.epoch + 1)
        .returning(conversation.c.epoch)
    ).scalar_one_or_none()
    if epoch is None:
        raise ConversationGone(conversation_id)
    uow.wake(desk_topic(conversation_id))
    uow.wake(QUEUE_TOPIC)
    return epoch


def forget_said(uow: UnitOfWork, conversation_id: str, up_to: int) -> None:
    """Empty every line up to a number that was delivered: where nothing may be kept, only the newest lines stay."""
    waiting = select(outbox.c.message_id).where(
        outbox.c.conversation_id == conversation_id, outbox.c.state.in_(("pending", "sending", HELD, AWAY))
    )
    uow.db.execute(
        update(message)
        .where(
            message.c.conversation_id == conversation_id,
            message.c.number <= up_to,
            message.c.body.is_not(None),
            message.c.id.not_in(waiting),
        )
        .values(body=None)
    )


def forget_texts(uow: UnitOfWork, conversation_ids: Iterable[str]) -> None:
    """Empty the client's lines of conversations that nobody may keep."""
    uow.db.execute(
        update(message)
        .where(message.c.conversation_id.in_(list(conversation_ids)), message.c.sender == Sender.CLIENT)
        .values(body=None)
    )
