"""The turn: exactly one effect per message, in one transaction, in order within a conversation."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from bot.conversation import transcript, turn_store
from bot.conversation.aside import Asides, answer_dangers
from bot.conversation.controls import works_at_once
from bot.conversation.danger import Judgements, record
from bot.conversation.intake import recent_count
from bot.conversation.model import (
    FLOOD_MESSAGES,
    FLOOD_WINDOW,
    Conversation,
    DialogueMemory,
    Holder,
    Keeping,
    Kind,
    Pending,
    Reply,
    Sender,
)
from bot.conversation.ports import (
    AssistantFailed,
    Contacts,
    Cover,
    Effect,
    Guard,
    Matter,
    Think,
    Thought,
    Word,
    as_unsaid,
    ask_instead,
)
from bot.conversation.store import conversation as conversations
from bot.conversation.turn_store import LeaseLost, Work
from bot.killpoints import Point, reached
from bot.storage.unit_of_work import Database, UnitOfWork

log = structlog.get_logger()

RETRY_REASONS = frozenset({"not_ready", "connect", "timeout", "forbidden"})
"""Troubles that pass: the message stays first in line. Any other reason would only come again."""
MAX_ATTEMPTS = 30
LONGEST_WAIT = timedelta(seconds=20)
LONGEST_PAUSE, SHORTEST_PAUSE = 30.0, 0.05
"""Seconds until a runner looks by itself; what is due already but held by others is not asked for without a pause."""
TYPING_AFTER_SECONDS = 0.7
CRISIS_QUESTION = "crisis"
"""What is open after the fixed reply to danger: any words, and then the thread again."""
DANGER_QUESTION = "danger"
"""What is open after the gentle question; yes and no then answer it."""

MEDIA = {
    Kind.PHOTO: "utter_media_photo",
    Kind.VOICE: "utter_media_voice",
    Kind.STICKER: "utter_media_sticker",
    Kind.LOCATION: "utter_media_location",
    Kind.CONTACT: "utter_media_contact",
    Kind.FILE: "utter_media_file",
    Kind.GROUP: "utter_group_refused",
    Kind.UNKNOWN: "utter_unknown_update",
}


class TurnRunner:
    """Works off conversations that have something unanswered; several run at once, one conversation only once."""

    def __init__(
        self,
        db: Database,
        *,
        think: Think,
        guard: Guard,
        cover: Cover,
        matters: Sequence[Matter],
        effects: Mapping[str, Effect],
        word: Word,
        contacts: Contacts,
        parallel: int = 8,
        typing: Callable[[str], Awaitable[None]] | None = None,
        judgements: Judgements | None = None,
    ) -> None:
        self._db = db
        self._think = think
        self._guard = guard
        self._judgements = judgements or Judgements(guard)
        self._asides = Asides(guard, cover, matters, effects, word)
        self._effects = effects
        self._word = word
        self._contacts = contacts
        self._slots = asyncio.Semaphore(parallel)
        self._typing = typing
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """For ever: claim, work, wait to be woken. Cancel to stop; what was not finished is done by the next runner."""
        async with self._db.wakeups.subscribe("turn") as woken:
            while True:
                await self._slots.acquire()
                try:
                    work, due = await self._db.run(self._claim)
                except Exception as error:
                    log.error("turn.claim_failed", error=type(error).__name__)
                    self._slots.release()
                    await asyncio.sleep(1)
                    continue
                if work is None:
                    self._slots.release()
                else:
                    task = asyncio.create_task(self._work_off(work))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
                await woken.wait(self._pause(due, at_least=SHORTEST_PAUSE if work is None else 0.0))

    def _claim(self, uow: UnitOfWork) -> tuple[Work | None, datetime | None]:
        """One piece of work, and when the next one is due: asked together, so that a turn claims once.

        Each claim has a name of its own: a slot whose lease ended must not take another slot's for it.
        """
        return turn_store.claim(uow, uow.new_id()), turn_store.next_due(uow)

    def _pause(self, due: datetime | None, *, at_least: float) -> float:
        if due is None:
            return LONGEST_PAUSE
        return min(LONGEST_PAUSE, max(at_least, (due - self._db.clock.now()).total_seconds()))

    async def _work_off(self, work: Work) -> None:
        try:
            await self._one_after_another(work)
        except LeaseLost:
            log.warning("turn.lease_lost")
        except Exception as error:
            # The lease runs out by itself; only this chat waits, and nothing of it is in the log.
            log.error("turn.failed", error=type(error).__name__)
        finally:
            self._slots.release()

    async def _one_after_another(self, work: Work | None) -> None:
        while work is not None:
            work = await self.turn(work)

    async def turn(self, work: Work) -> Work | None:
        """Answer one message; returns the next one of the same conversation, if there is any."""
        thinking = self._begin_to_think(work)
        try:
            judged = await asyncio.to_thread(self._judge, work)
            asides = self._asides
            if asides.covered(work):
                floods = await self._floods(work)
                return await self._db.run(lambda uow: asides.answer_under_cover(uow, work, judged, silent=floods))
            if judged:
                return await self._db.run(lambda uow: self._answer_danger(uow, work, judged))
            found = asides.matter_of(work)
            if found is not None:
                return await self._db.run(lambda uow: asides.settle(uow, work, *found))
            return await self._with_assistant(asides.passed_over(work), thinking)
        finally:
            if thinking is not None:
                thinking.cancel()

    def _begin_to_think(self, work: Work) -> asyncio.Task[Thought] | None:
        """Rasa may think while this process looks for danger; where there is any, its thought is not heard.

        Actions only read, so a thought that is dropped leaves nothing behind.
        """
        if work.behind or not self._asks_assistant(work) or self._asides.takes(work):
            return None
        return self._think_about(self._asides.passed_over(work))

    def _think_about(self, work: Work) -> asyncio.Task[Thought]:
        thinking = asyncio.ensure_future(self._think(work.conversation, work.pending, work.memory))
        # A failure that nobody waits for any more is no news.
        thinking.add_done_callback(lambda done: done.cancelled() or done.exception())
        return thinking

    def _asks_assistant(self, work: Work) -> bool:
        held = work.conversation.holder is Holder.WORKER and not works_at_once(work.pending, work.conversation.asked)
        return not held and work.pending.kind not in MEDIA

    async def _with_assistant(self, work: Work, thinking: asyncio.Task[Thought] | None) -> Work | None:
        if work.pending.kind in MEDIA:
            return await self._db.run(lambda uow: self._answer_media(uow, work))
        if not self._asks_assistant(work):
            return await self._db.run(lambda uow: self._hand_to_worker(uow, work))
        if await self._floods(work):
            return await self._db.run(lambda uow: self._flooded(uow, work))
        try:
            thought = await self._with_typing(work, thinking or self._think_about(work))
        except AssistantFailed as failure:
            log.warning("turn.assistant_failed", reason=failure.reason)
            reason = failure.reason
            return await self._db.run(lambda uow: self._fall_back(uow, work, reason))
        reached(Point.ASKED)
        try:
            return await self._db.run(lambda uow: self._apply(uow, work, thought))
        except (LeaseLost, OperationalError):
            raise
        except Exception as error:
            # Everything of the turn was taken back; the person still hears something.
            log.error("turn.not_applied", error=type(error).__name__)
            return await self._db.run(lambda uow: self._fall_back(uow, work, "not_applied"))

    async def _with_typing(self, work: Work, thinking: asyncio.Task[Thought]) -> Thought:
        if self._typing is not None:
            done, _ = await asyncio.wait({thinking}, timeout=TYPING_AFTER_SECONDS)
            if not done:
                await self._typing(work.conversation.id)
        return await thinking

    def _judge(self, work: Work) -> list[tuple[Pending, Any]]:
        """Look at everything that waits for danger, also behind a message that fails."""
        return self._judgements.of((work.pending, *work.behind), work.memory.recent, work.conversation.asked)

    def _answer_danger(self, uow: UnitOfWork, work: Work, judged: list[tuple[Pending, Any]]) -> Work | None:
        """Alert and fixed reply at once, before anything else. The message itself is still understood, silently."""
        turn_store.assert_lease(uow, work)
        gentle = answer_dangers(uow, self._guard, work.conversation.id, judged)
        following = turn_store.finish(uow, work)
        return replace(following, gentle=gentle) if following else None

    def _answer_media(self, uow: UnitOfWork, work: Work) -> Work | None:
        turn_store.assert_lease(uow, work)
        record(uow, work.conversation, work.pending)
        if work.conversation.holder is not Holder.WORKER:
            self._say(uow, work, MEDIA[work.pending.kind])
        turn_store.mark_done(uow, work.pending.inbox_id, "media")
        return turn_store.finish(uow, work)

    def _hand_to_worker(self, uow: UnitOfWork, work: Work) -> Work | None:
        turn_store.assert_lease(uow, work)
        record(uow, work.conversation, work.pending)
        turn_store.mark_done(uow, work.pending.inbox_id, "worker")
        return turn_store.finish(uow, work)

    async def _floods(self, work: Work) -> bool:
        if not work.behind:
            return False
        count = await self._db.run(lambda uow: recent_count(uow, work.conversation.id, FLOOD_WINDOW), read_only=True)
        return count > FLOOD_MESSAGES

    def _flooded(self, uow: UnitOfWork, work: Work) -> Work | None:
        """Too many at once: stored and looked at for danger, the last one answered, one notice a window."""
        turn_store.assert_lease(uow, work)
        record(uow, work.conversation, work.pending)
        noticed = uow.db.execute(
            update(conversations)
            .where(
                conversations.c.id == work.conversation.id,
                (conversations.c.flood_notice_at.is_(None))
                | (conversations.c.flood_notice_at < uow.now - FLOOD_WINDOW),
            )
            .values(flood_notice_at=uow.now)
        )
        if noticed.rowcount:
            self._say(uow, work, "utter_flood")
        turn_store.mark_done(uow, work.pending.inbox_id, "flood")
        return turn_store.finish(uow, work)

    def _fall_back(self, uow: UnitOfWork, work: Work, reason: str) -> Work | None:
        """Never silence: an honest text at the first failure; a trouble that passes keeps the message first in line."""
        turn_store.assert_lease(uow, work)
        attempts = work.pending.attempts + 1
        record(uow, work.conversation, work.pending)
        if attempts == 1 and not work.pending.silent:
            self._say(uow, work, "utter_fallback")
        turn_store.mark_screened(uow, work.pending.inbox_id)
        if reason in RETRY_REASONS and attempts < MAX_ATTEMPTS:
            turn_store.put_off(uow, work, min(timedelta(seconds=attempts * 2), LONGEST_WAIT))
            return None
        turn_store.mark_done(uow, work.pending.inbox_id, "failed")
        return turn_store.finish(uow, work)

    def _apply(self, uow: UnitOfWork, work: Work, thought: Thought) -> Work | None:
        """Commands, transcript, outbox and "done", all or nothing."""
        before = turn_store.assert_lease(uow, work)
        conversation_id = before.id
        if before.epoch != work.conversation.epoch and before.holder is Holder.WORKER:
            # A worker took the chat meanwhile: the message is theirs, the late answer is not said.
            return self._hand_to_worker(uow, work)
        if before.holder is Holder.NONE:
            transcript.change_holder(uow, conversation_id, Holder.BOT)
            before = transcript.load(uow, conversation_id)
        system: list[Reply] = []
        for command in thought.commands:
            system += self._effects[command.name](uow, before, command.data)
        after = transcript.load(uow, conversation_id) if thought.commands else before
        if after.deleted:
            if not before.covert:
                self._say_after_deletion(uow, after, thought.replies)
            return None
        record(uow, after, work.pending)
        if work.pending.kind is Kind.EDIT:
            self._say(uow, work, "utter_edit_noted")
        sender = Sender.SYSTEM if before.holder is Holder.WORKER else Sender.BOT
        replies, state, asked = thought.replies, thought.state, thought.asked
        if work.pending.silent:
            # The fixed reply to danger was said already; nothing of the assistant's comes after it.
            replies, asked = (), CRISIS_QUESTION
            state = as_unsaid(ask_instead(state, asked), work.memory.assistant)
        elif work.gentle:
            # One question a turn: the gentle one about danger takes the place of the assistant's own.
            replies = (*(reply for reply in replies if "?" not in reply.text), *work.gentle)
            state, asked = ask_instead(state, DANGER_QUESTION), DANGER_QUESTION
        for reply in replies:
            transcript.post(uow, conversation_id, reply, sender=sender, epoch=after.epoch)
        for reply in system:
            transcript.post(uow, conversation_id, reply, sender=Sender.SYSTEM)
        if after.keeping is Keeping.REFUSED and after.holder is Holder.BOT:
            # The assistant's own lines repeat the person's words: they go too, once the next ones are there.
            transcript.forget_said(uow, conversation_id, before.last_number)
        memory = DialogueMemory(state, work.memory.recent)
        memory = memory.heard(work.pending.text) if work.pending.text else memory
        turn_store.save_memory(uow, conversation_id, memory, asked)
        turn_store.mark_done(uow, work.pending.inbox_id, "answered")
        following = turn_store.finish(uow, work)
        reached(Point.APPLIED)
        return following

    def _say_after_deletion(self, uow: UnitOfWork, gone: Conversation, replies: Sequence[Reply]) -> None:
        """The last word is said into the fresh conversation that took the place of the erased one."""
        successor = gone.successor
        if successor is not None:
            for reply in replies:
                transcript.post(uow, successor, reply, sender=Sender.SYSTEM)

    def _say(self, uow: UnitOfWork, work: Work, response: str) -> None:
        lang = work.conversation.lang
        reply = self._word(response, lang, {"contacts": self._contacts(lang, work.memory.region)})
        transcript.post(uow, work.conversation.id, reply, sender=Sender.SYSTEM)
