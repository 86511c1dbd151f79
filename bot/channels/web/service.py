"""Use cases of the web chat: take a message in, show the lines, leave and come back."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from bot.channels.web import store
from bot.channels.web.model import (
    ACCOUNT,
    BURST,
    BURST_WINDOW,
    CHANNEL,
    ChatState,
    Incoming,
    Line,
    SessionClosed,
    TooFast,
    UnknownCode,
    new_code,
    new_secret,
    normal_code,
)
from bot.conversation.intake import find_or_create, receive, recent_count
from bot.conversation.model import Conversation, Inbound, Keeping, Message, Received, Sender
from bot.conversation.transcript import transcript
from bot.handoff.presence import client_signs, of_worker
from bot.storage.encryption import CannotDecrypt
from bot.storage.unit_of_work import UnitOfWork

SHOWN, ALL = 500, 1_000_000
"""Lines of a page that is opened, and of a page that goes on."""

Designation = Callable[[UnitOfWork, str], str]
"""What clients may know of a staff member: the id in, the designation out ("" for none)."""


@dataclass(frozen=True)
class ChatView:
    """A conversation as one page or one step of the event stream shows it."""

    id: str
    state: ChatState
    lines: tuple[Line, ...]


def find(uow: UnitOfWork, secret: str | None) -> Conversation | None:
    """The living conversation of a browser session, if it has one."""
    return store.find_conversation(uow, secret) if secret else None


def is_covert(uow: UnitOfWork, secret: str | None) -> bool:
    """Whether somebody reads along: then there is no page but the neutral one."""
    conversation = find(uow, secret)
    return conversation is not None and conversation.covert


def accept(
    uow: UnitOfWork, secret: str, incoming: Incoming, *, lang: str, titles: dict[str, str], expects: bool
) -> Received:
    """Store one message of the browser. `expects` says that the page shows a conversation already.

    `titles` are the words of the menu, by payload. Raises SessionClosed, TooFast; then nothing is stored.
    """
    existing = store.find_conversation_id(uow, secret)
    if expects and existing is None:
        raise SessionClosed
    inbound = Inbound(CHANNEL, ACCOUNT, "", secret, incoming.kind, lang=lang)
    conversation_id = existing or find_or_create(uow, inbound)
    text = incoming.text or titles.get(incoming.payload) or _title(uow, conversation_id, incoming.payload)
    received = receive(
        uow,
        Inbound(
            CHANNEL,
            ACCOUNT,
            # The browser chooses its ids: with the conversation in front they can't meet those of another.
            update=f"{conversation_id}:{incoming.id}",
            chat=secret,
            kind=incoming.kind,
            text=text,
            payload=incoming.payload,
            lang=lang,
        ),
        known=conversation_id,
    )
    if not received.duplicate and recent_count(uow, conversation_id, BURST_WINDOW) > BURST:
        raise TooFast
    return received


def _title(uow: UnitOfWork, conversation_id: str, payload: str) -> str:
    """The words of the button that was pressed, newest first; "" for one that was never shown."""
    for message in reversed(transcript(uow, conversation_id, limit=50)):
        for button in message.buttons:
            if button.payload == payload:
                return button.title
    return ""


def sign(uow: UnitOfWork, secret: str | None, *, typing: bool, read: int) -> None:
    """The page of a session says by itself that its person is writing, or has seen everything up to a line."""
    conversation = find(uow, secret)
    if conversation is not None:
        client_signs(uow, conversation.id, typing=typing, read=read)


def view(uow: UnitOfWork, conversation: Conversation, *, after: int, designation: Designation) -> ChatView:
    """The lines above `after` and the state. Raises SessionClosed when the conversation's key is gone."""
    try:
        lines = _lines(uow, conversation, after, designation)
    except CannotDecrypt:
        raise SessionClosed from None
    worker = of_worker(uow, conversation)
    state = ChatState.of(
        conversation,
        busy=store.is_busy(uow, conversation.id),
        worker=designation(uow, worker.staff_id) if worker.staff_id else "",
        read=worker.read,
    )
    return ChatView(conversation.id, state, lines)


def _lines(uow: UnitOfWork, conversation: Conversation, after: int, designation: Designation) -> tuple[Line, ...]:
    refs = store.refs(uow, conversation.id, after)
    return tuple(
        Line(
            number=message.number,
            sender=message.sender,
            text=message.text,
            buttons=message.buttons,
            lang=message.lang,
            at=message.at,
            ref=_own_id(refs.get(message.id, "")),
            designation=designation(uow, message.staff) if message.staff and message.sender is Sender.WORKER else "",
        )
        # A page that begins shows the newest; one that goes on after a cut misses none, however many came meanwhile.
        for message in transcript(uow, conversation.id, after=after, limit=ALL if after else SHOWN)
        if _may_be_seen(conversation, message)
    )


def _may_be_seen(conversation: Conversation, message: Message) -> bool:
    """While somebody reads along: only what was said since then and was not held, and no word on what is not kept."""
    if not conversation.covert:
        return True
    return message.number > conversation.covert_from and not message.held and message.text is not None


def waiting_lines(uow: UnitOfWork, conversation: Conversation) -> tuple[Line, ...]:
    """Messages that are stored and wait for their turn: a page that is reloaded shows them, too."""
    if conversation.covert:
        return ()
    lines = []
    for inbox_id, update_key, sealed, at in store.undone(uow, conversation.id):
        content = json.loads(uow.vault.open(conversation.id, "inbox", "content", inbox_id, sealed))
        lines.append(Line(0, Sender.CLIENT, content["text"], (), conversation.lang, at, ref=_own_id(update_key)))
    return tuple(lines)


def _own_id(update_key: str) -> str:
    return update_key.partition(":")[2]


def make_code(uow: UnitOfWork, secret: str | None) -> str:
    """A fresh return code, shown once. Raises SessionClosed unless the conversation is kept with consent."""
    conversation = find(uow, secret)
    if conversation is None or conversation.keeping is not Keeping.GIVEN or conversation.covert:
        raise SessionClosed
    code = new_code()
    store.put_code(uow, conversation.id, normal_code(code))
    return code


def forget_code(uow: UnitOfWork, secret: str | None) -> None:
    """The return code of this session's conversation opens nothing any more."""
    conversation = find(uow, secret)
    if conversation is not None:
        store.drop_code(uow, conversation.id)


def come_back(uow: UnitOfWork, typed: str) -> str:
    """Open a conversation by its return code: a new session secret has it, the old one lost it. Raises UnknownCode."""
    conversation_id = store.spend_code(uow, normal_code(typed))
    if conversation_id is None:
        raise UnknownCode
    secret = new_secret()
    try:
        store.bind_session(uow, conversation_id, secret)
    except CannotDecrypt:
        raise UnknownCode from None
    return secret
