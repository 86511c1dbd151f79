"""Turns that need no assistant: while somebody reads along, and matters that the app settles itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.conversation import transcript, turn_store
from bot.conversation.danger import answer_danger, record
from bot.conversation.model import Conversation, Holder, Kind, Pending, Reply, Sender
from bot.conversation.ports import Cover, Effect, Guard, Matter, Word
from bot.conversation.turn_store import Work
from bot.storage.unit_of_work import UnitOfWork

EXIT = "/quick_exit"
"""The one button that works while somebody reads along: its words are neutral, too."""

Judged = Sequence[tuple[Pending, Any]]


def answer_dangers(uow: UnitOfWork, guard: Guard, conversation_id: str, judged: Judged) -> tuple[Reply, ...]:
    """Answer what was judged, unless whoever looks out for those that have to wait was faster. The gentle question."""
    gentle: tuple[Reply, ...] = ()
    open_still = turn_store.still_unscreened(uow, [pending.inbox_id for pending, _ in judged])
    for pending, judgement in judged:
        if pending.inbox_id in open_still:
            gentle = answer_danger(uow, guard, conversation_id, pending, judgement) or gentle
    return gentle


class Asides:
    """Takes the turns that the assistant is not asked about."""

    def __init__(
        self, guard: Guard, cover: Cover, matters: Sequence[Matter], effects: Mapping[str, Effect], word: Word
    ) -> None:
        self._guard = guard
        self._cover = cover
        self._matters = matters
        self._effects = effects
        self._word = word
        self._asks = frozenset(matter.question for matter in matters)

    def covered(self, work: Work) -> bool:
        """Whether somebody reads along, as anything that waits may say: from now on nobody may see more."""
        waiting = (work.pending, *work.behind)
        return work.conversation.covert or any(self._cover.signals(one, work.memory.safe_word) for one in waiting)

    def takes(self, work: Work) -> bool:
        """Whether this turn is one of these, as far as it can be seen without looking for danger."""
        return self.covered(work) or self.matter_of(work) is not None

    def answer_under_cover(self, uow: UnitOfWork, work: Work, judged: Judged, *, silent: bool) -> Work | None:
        """A harmless answer to all but the word that ends it; danger is told to the humans and to nobody else."""
        before, pending = turn_store.assert_lease(uow, work), work.pending
        replies = () if before.covert else (self._cover.begin(uow, before),)
        now = transcript.load(uow, before.id)
        answer_dangers(uow, self._guard, now.id, judged)
        ended = before.covert and self._cover.ends(pending, work.memory.safe_word)
        secret = ended or self._cover.signals(pending, work.memory.safe_word)
        record(uow, now, pending, may_keep=not secret)
        if ended:
            replies = (self._cover.end(uow, now),)
        elif before.covert and pending.kind is Kind.PRESS and pending.payload == EXIT:
            self._effects["quick_exit"](uow, now, {})
            replies = (self._word("utter_quick_exit", now.lang, {}),)
        elif before.covert and not silent and not _answered_already(now, pending):
            replies = (self._cover.meanwhile(now),)
        for reply in replies:
            transcript.post(uow, now.id, reply, sender=Sender.SYSTEM, under_cover=True)
        heard = pending.text and pending.kind is not Kind.PRESS and not secret
        memory = work.memory.heard(pending.text) if heard else work.memory
        asked = memory.asked if before.asked in self._asks else before.asked
        turn_store.save_memory(uow, now.id, memory, asked)
        turn_store.mark_done(uow, pending.inbox_id, "covert")
        return turn_store.finish(uow, work)

    def matter_of(self, work: Work) -> tuple[Matter, Any] | None:
        """What the app settles itself, and what is wished for; None where the message is for others."""
        if work.pending.silent:
            # It was answered as danger.
            return None
        wishes = ((matter, matter.wish(work.pending, work.conversation.asked)) for matter in self._matters)
        return next(((matter, wish) for matter, wish in wishes if wish is not None), None)

    def settle(self, uow: UnitOfWork, work: Work, matter: Matter, wish: Any) -> Work | None:
        """Do what is wished for; the dialogue stands where it stood."""
        before = turn_store.assert_lease(uow, work)
        if before.holder is Holder.NONE:
            transcript.change_holder(uow, before.id, Holder.BOT)
            before = transcript.load(uow, before.id)
        settled = matter.settle(uow, before, wish)
        record(uow, before, work.pending, may_keep=settled.kept)
        for reply in settled.replies:
            transcript.post(uow, before.id, reply, sender=Sender.SYSTEM)
        turn_store.save_memory(uow, before.id, work.memory, settled.asked or work.memory.asked)
        turn_store.mark_done(uow, work.pending.inbox_id, "settled")
        return turn_store.finish(uow, work)

    def passed_over(self, work: Work) -> Work:
        """The person went on with something else than a matter's question: the dialogue's own is open again."""
        if work.conversation.asked not in self._asks:
            return work
        return replace(work, conversation=replace(work.conversation, asked=work.memory.asked))


def _answered_already(conversation: Conversation, pending: Pending) -> bool:
    """What waited when the signal came was answered with it."""
    return conversation.covert_at is not None and pending.received_at <= conversation.covert_at
