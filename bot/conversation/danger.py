"""Danger in messages that wait: judged in their order, and answered at once, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from bot.conversation import transcript, turn_store
from bot.conversation.model import Conversation, DialogueMemory, Kind, Pending, Reply, Sender, keep_text
from bot.conversation.ports import Guard
from bot.storage.unit_of_work import UnitOfWork


def judge(
    guard: Guard,
    waiting: Iterable[Pending],
    recent: Sequence[str],
    asked: str | None,
    *,
    known: Collection[str] = (),
) -> list[tuple[Pending, Any]]:
    """The messages that are a sign of danger; those of `known` were judged before and are only context."""
    judged = []
    for pending in waiting:
        if not pending.screened and pending.text and pending.kind is not Kind.PRESS and pending.inbox_id not in known:
            judgement = guard.assess(pending.text, tuple(recent), asked)
            if judgement is not None:
                judged.append((pending, judgement))
        if pending.text:
            # The first text answers the question; what follows goes on with the text before it.
            recent, asked = (*recent, pending.text)[-DialogueMemory.RECENT :], None
    return judged


def answer_danger(
    uow: UnitOfWork, guard: Guard, conversation_id: str, pending: Pending, judgement: Any
) -> tuple[Reply, ...]:
    """Alert and fixed reply, once: the message is marked. Returns the gentle question, where that is all there is."""
    answered = guard.answer(uow, transcript.load(uow, conversation_id), judgement)
    silent = answered is not None and answered.takes_the_turn
    turn_store.mark_screened(uow, pending.inbox_id, silent=silent)
    if answered is None or not silent:
        return answered.replies if answered is not None else ()
    # The person's words stand before the reply to them, for whoever reads the conversation.
    record(uow, transcript.load(uow, conversation_id), pending)
    for reply in answered.replies:
        transcript.post(uow, conversation_id, reply, sender=Sender.SYSTEM, urgent=True)
    return ()


def record(uow: UnitOfWork, conversation: Conversation, pending: Pending) -> None:
    """Write what the person said into the transcript, with its words where they may be kept."""
    kept = keep_text(conversation.keeping, conversation.holder)
    transcript.record_client(
        uow,
        conversation.id,
        kind=pending.kind,
        text=pending.text if kept else None,
        lang=conversation.lang,
        inbox_id=pending.inbox_id,
        # Once it failed, or was answered as danger, it stands in the transcript already.
        again=pending.attempts > 0 or pending.silent,
    )
