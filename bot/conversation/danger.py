"""Danger in messages that wait: judged in their order, and answered at once, inside the caller's transaction."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from bot.conversation import transcript, turn_store
from bot.conversation.model import Conversation, DialogueMemory, Kind, Pending, Reply, Sender, keep_text
from bot.conversation.ports import Guard
from bot.storage.unit_of_work import UnitOfWork

MOST_JUDGED = 2_000
"""Judgements that are kept: what waits is looked at by its turn, by the turns before it and by the lookout."""


class Judgements:
    """Asks the guard, once for the same message in the same light. May be shared by threads."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        # By a keyed digest, and the key dies with the process: no client's words stay in memory.
        self._key = secrets.token_bytes(32)
        self._judged: OrderedDict[bytes, Any] = OrderedDict()
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._writing = threading.Lock()

    def of(
        self,
        waiting: Iterable[Pending],
        recent: Sequence[str],
        asked: str | None,
        *,
        known: Collection[str] = (),
    ) -> list[tuple[Pending, Any]]:
        """The messages that are a sign of danger, in their order; those of `known` are only context."""
        judged = []
        for pending in waiting:
            said = pending.text and pending.kind is not Kind.PRESS
            if said and not pending.screened and pending.inbox_id not in known:
                judgement = self._one(pending, tuple(recent), asked)
                if judgement is not None:
                    judged.append((pending, judgement))
            if pending.text:
                # The first text answers the question; what follows goes on with the text before it.
                recent, asked = (*recent, pending.text)[-DialogueMemory.RECENT :], None
        return judged

    def seen(self, inbox_ids: Iterable[str]) -> bool:
        """Whether all of these were judged lately, in whatever light, and raise no alarm."""
        with self._writing:
            return all(inbox_id in self._seen for inbox_id in inbox_ids)

    def _one(self, pending: Pending, recent: tuple[str, ...], asked: str | None) -> Any:
        light = repr((pending.inbox_id, pending.text, recent, asked)).encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(light, key=self._key).digest()
        with self._writing:
            if digest in self._judged:
                return self._judged[digest]
        judgement = self._guard.assess(pending.text or "", recent, asked)
        with self._writing:
            self._judged[digest] = judgement
            if judgement is None or not self._guard.alarms(judgement):
                # Whoever finds an alarm may fail before it is answered: it stays for the others to find.
                self._seen[pending.inbox_id] = None
            for kept in (self._judged, self._seen):
                if len(kept) > MOST_JUDGED:
                    kept.popitem(last=False)
        return judgement


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


def record(uow: UnitOfWork, conversation: Conversation, pending: Pending, *, may_keep: bool = True) -> None:
    """Write what the person said into the transcript, with its words where they may be kept."""
    kept = may_keep and keep_text(conversation.keeping, conversation.holder)
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
