"""What a drill holds the product to: nothing lost, nothing twice but a flagged message, order kept, nobody stuck."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from bot.conversation.store import conversation, inbox, message, outbox
from bot.conversation.transcript import transcript
from bot.storage.unit_of_work import Database, UnitOfWork
from tests.doubles.bot_api import BotApi

SETTLED_SECONDS = 240.0
"""A lease of a dead process runs out after 30 s, a message that it was sending is taken up after 60 s."""


@dataclass(frozen=True)
class Account:
    """What one piece of trouble cost. All but `repeated` (the most that one person got twice) must be 0."""

    what: str
    messages: int
    unanswered: int
    doubled: int
    out_of_order: int
    unheard: int
    repeated: int
    unflagged: int
    longest_wait_s: float
    most_repeats: int = 1
    """How many messages one person may have got twice, flagged."""
    longest_allowed_s: float | None = None

    @property
    def kept(self) -> bool:
        """Whether the promise was kept."""
        wrong = (self.unanswered, self.doubled, self.out_of_order, self.unheard, self.unflagged)
        stuck = self.longest_allowed_s is not None and self.longest_wait_s > self.longest_allowed_s
        return not any(wrong) and self.repeated <= self.most_repeats and not stuck

    def __str__(self) -> str:
        said = "kept" if self.kept else "BROKEN"
        return (
            f"{self.what}: {said}; {self.messages} messages, unanswered {self.unanswered}, doubled {self.doubled}, out "
            f"of order {self.out_of_order}, unheard {self.unheard}, repeated {self.repeated}, longest wait "
            f"{self.longest_wait_s:.1f} s"
        )

    def as_json(self) -> dict[str, Any]:
        """For a file of results."""
        return {**asdict(self), "kept": self.kept}


def wait_settled(db: Database, people: Sequence[int], messages: int) -> None:
    """Until all is stored, answered and delivered. Raises AssertionError that says what is not."""
    deadline = time.monotonic() + SETTLED_SECONDS
    while open_ := unsettled(db, people, messages):
        assert time.monotonic() < deadline, open_
        time.sleep(0.2)


def unsettled(db: Database, people: Sequence[int], messages: int) -> str:
    """What of these `messages` was not stored, answered or delivered; empty when all is."""
    with db.unit(read_only=True) as uow:
        talks = talks_of(uow, people)
        done = uow.db.execute(select(inbox.c.done_at).where(inbox.c.conversation_id.in_(talks))).scalars().all()
        states = uow.db.execute(select(outbox.c.state).where(outbox.c.conversation_id.in_(talks))).scalars().all()
    waiting = Counter(state for state in states if state in ("pending", "sending"))
    if len(done) == messages and all(done) and not waiting:
        return ""
    return f"{len(done)} of {messages} stored, {done.count(None)} unanswered, to be delivered: {dict(waiting)}"


def account(db: Database, api: BotApi, what: str, people: Sequence[int], **limits: Any) -> Account:
    """Compare what people wrote, what the transcript says and what came to their phones."""
    messages = unanswered = doubled = out_of_order = unheard = repeated = unflagged = 0
    longest = timedelta()
    with db.unit(read_only=True) as uow:
        for talk, chat in talks_of(uow, people).items():
            written = uow.db.execute(_written(talk)).all()
            order = [row.id for row in written]
            said = [row.id for row in uow.db.execute(_client_lines(talk))]
            messages += len(order)
            doubled += len(said) - len(set(said))
            unanswered += len(set(order) - set(said))
            out_of_order += said != [one for one in order if one in said]
            told = [line.text or "" for line in transcript(uow, talk) if line.sender.value != "client"]
            twice = repeats([sent.text for sent in api.sent_to(chat)], told)
            flagged = uow.db.execute(select(outbox.c.maybe_repeated).where(outbox.c.conversation_id == talk))
            unheard += twice is None
            repeated = max(repeated, twice or 0)
            unflagged += bool(twice) and not any(flagged.scalars())
            longest = max(longest, _longest_wait(written))
    wrong = (unanswered, doubled, out_of_order, unheard, repeated, unflagged)
    return Account(what, messages, *wrong, round(longest.total_seconds(), 1), **limits)


def talks_of(uow: UnitOfWork, people: Sequence[int]) -> dict[str, int]:
    """The conversations of these chats."""
    rows = uow.db.execute(select(conversation.c.id, conversation.c.chat).where(conversation.c.deleted_at.is_(None)))
    chats = {row.id: uow.vault.open(row.id, "conversation", "chat", row.id, row.chat) for row in rows}
    return {talk: int(chat) for talk, chat in chats.items() if int(chat) in people}


def turns_per_second(db: Database, people: Sequence[int]) -> float:
    """From the first message that was stored until the last was answered."""
    with db.unit(read_only=True) as uow:
        first, last, count = uow.db.execute(
            select(func.min(inbox.c.received_at), func.max(inbox.c.done_at), func.count()).where(
                inbox.c.conversation_id.in_(talks_of(uow, people))
            )
        ).one()
    return float(count / (last - first).total_seconds())


def _written(talk: str):  # type: ignore[no-untyped-def]  # a long type that says nothing
    return (
        select(inbox.c.id, inbox.c.received_at, inbox.c.done_at)
        .where(inbox.c.conversation_id == talk)
        .order_by(inbox.c.order_key)
    )


def _client_lines(talk: str):  # type: ignore[no-untyped-def]  # a long type that says nothing
    return (
        select(message.c.id)
        .where(message.c.conversation_id == talk, message.c.sender == "client")
        .order_by(message.c.number)
    )


def _longest_wait(written: Sequence[Any]) -> timedelta:
    """How long nothing happened in a chat that had something unanswered: from what was next to its answer."""
    longest, free = timedelta(), datetime.min
    for row in written:
        since = row.received_at if free == datetime.min else max(row.received_at, free)
        longest, free = max(longest, row.done_at - since), row.done_at
    return longest


def repeats(heard: Sequence[str], told: Sequence[str]) -> int | None:
    """How many messages came again; None when something is missing or came before its turn."""
    at = twice = 0
    for text in heard:
        if at < len(told) and text == told[at]:
            at += 1
        elif text in told[:at]:
            twice += 1
        else:
            return None
    return twice if at == len(told) else None
