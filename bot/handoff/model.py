"""The handoff of a conversation to a human worker: its states and the ways between them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from bot.conversation.model import Conversation, Message


class State(StrEnum):
    """Where a handoff stands."""

    OFFERED = "offered"
    CONSENTED = "consented"
    QUEUED = "queued"
    CLAIMED = "claimed"
    ACTIVE = "active"
    TRANSFER_PENDING = "transfer_pending"
    CLOSED = "closed"
    RETURNED_TO_BOT = "returned_to_bot"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Event(StrEnum):
    """What moves a handoff on."""

    CONSENT = "consent"
    QUEUE = "queue"
    CLAIM = "claim"
    SPEAK = "speak"
    OFFER_TRANSFER = "offer_transfer"
    TAKE_OVER = "take_over"
    CALL_OFF = "call_off"
    STEP_IN = "step_in"
    LOSE_WORKER = "lose_worker"
    CLOSE = "close"
    RETURN = "return"
    WITHDRAW = "withdraw"
    LAPSE = "lapse"


_WITH_WORKER = {
    Event.LOSE_WORKER: State.QUEUED,
    Event.CLOSE: State.CLOSED,
    Event.RETURN: State.RETURNED_TO_BOT,
    Event.WITHDRAW: State.WITHDRAWN,
}
_BEFORE_WORKER = {Event.WITHDRAW: State.WITHDRAWN, Event.LAPSE: State.EXPIRED}

TRANSITIONS: Mapping[State, Mapping[Event, State]] = {
    State.OFFERED: {Event.CONSENT: State.CONSENTED, **_BEFORE_WORKER},
    State.CONSENTED: {Event.QUEUE: State.QUEUED, **_BEFORE_WORKER},
    State.QUEUED: {Event.CLAIM: State.CLAIMED, **_BEFORE_WORKER},
    State.CLAIMED: {
        Event.SPEAK: State.ACTIVE,
        Event.OFFER_TRANSFER: State.TRANSFER_PENDING,
        Event.STEP_IN: State.CLAIMED,
        **_WITH_WORKER,
    },
    State.ACTIVE: {
        Event.SPEAK: State.ACTIVE,
        Event.OFFER_TRANSFER: State.TRANSFER_PENDING,
        Event.STEP_IN: State.ACTIVE,
        **_WITH_WORKER,
    },
    State.TRANSFER_PENDING: {
        Event.SPEAK: State.TRANSFER_PENDING,
        Event.TAKE_OVER: State.ACTIVE,
        Event.CALL_OFF: State.ACTIVE,
        Event.STEP_IN: State.ACTIVE,
        **_WITH_WORKER,
    },
    State.CLOSED: {},
    State.RETURNED_TO_BOT: {},
    State.WITHDRAWN: {},
    State.EXPIRED: {},
}

TERMINAL = frozenset(state for state, ways in TRANSITIONS.items() if not ways)
HELD = frozenset({State.CLAIMED, State.ACTIVE, State.TRANSFER_PENDING})
"""The states in which one worker, the claimant, holds the conversation."""

LEASE = timedelta(seconds=60)
"""How long a claim lasts without a sign of life from the claimant's desk."""

WARM = timedelta(minutes=10)
"""A chat in which the person wrote this recently is under way; a colder one is not written to without being asked."""

MAX_SAY = 4_000
"""Characters of one line; Telegram stops at 4,096."""

PLACE = re.compile(r"\{(\w+)\}")
"""A place of a canned reply, such as {sapaan}. Until somebody has filled it the line is not said."""

WITH_NOTE, WITHOUT_NOTE = "note", "bare"
"""What the person allows another organisation: the note that was agreed to and what they write, or the latter alone."""

CLOSING_QUESTIONS = ("decided", "explained")
CLOSING_ANSWERS = ("yes", "no", "skipped")
"""The two things that are asked at the end: did you decide yourself what happens next, were your options explained."""
OPEN_ANSWER = "open"
"""Stands for an answer that was asked for and has not come."""

OUTCOMES = ("agreed_step", "informed", "referred", "rest", "other")
"""How a worker may sum up a conversation that ends well; a code, never words."""

RISKS = ("none", "elevated", "high", "imminent")
"""From no danger to danger now."""


class NotPermitted(Exception):
    """The handoff's state does not allow this event."""

    def __init__(self, state: State, event: Event) -> None:
        super().__init__(f"{event} in {state}")
        self.state = state
        self.event = event


class HandoffNotFound(Exception):
    """No such handoff for this person: unknown, or another organisation's."""


class AlreadyClaimed(Exception):
    """Somebody else was faster; `by` is the designation of that colleague."""

    def __init__(self, by: str) -> None:
        super().__init__("already claimed")
        self.by = by


class NotWaiting(Exception):
    """The handoff can't be claimed any more: the person left, or it ended."""


class NotYours(Exception):
    """Only the claimant may do this; `by` is the designation of the one who holds it, empty when nobody does."""

    def __init__(self, by: str = "") -> None:
        super().__init__("not the claimant")
        self.by = by


class BadText(Exception):
    """The line can't be said; `rule` says why: `empty`, `long`, or `unfilled` where a place of a reply still stands."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class SomebodyReadsAlong(Exception):
    """The person has signalled it with their safe word: nothing is written unless the worker says that they know."""


class NotHeld(Exception):
    """Nobody else holds it (any more), so there is nothing to take over and nobody to write to."""


class ComesUnasked(Exception):
    """The person has left, and nothing of theirs waits for an answer: it is written only if the worker means it."""


class NoTransfer(Exception):
    """Nothing is offered to this person (any more), or it can't be offered there: unknown, oneself, another's."""


class NotKept(Exception):
    """The person has not agreed to keeping, so nothing is written about them either."""


REVOKED = "consent_revoked"
"""The outcome of a handoff that ended because the person took their consent back."""


def advance(state: State, event: Event) -> State:
    """The state after an event. Raises NotPermitted."""
    try:
        return TRANSITIONS[state][event]
    except KeyError:
        raise NotPermitted(state, event) from None


def sources(event: Event) -> frozenset[State]:
    """The states that allow an event; what a compare-and-set compares with."""
    return frozenset(state for state, ways in TRANSITIONS.items() if event in ways)


def risk_rank(risk: str) -> int:
    """0 for none up to 3 for imminent."""
    return RISKS.index(risk)


def higher_risk(one: str, other: str) -> str:
    return max(one, other, key=risk_rank)


def check_line(text: str) -> str:
    """A worker's line without outer blanks. Raises BadText."""
    text = text.strip()
    if not text:
        raise BadText("empty")
    if len(text) > MAX_SAY:
        raise BadText("long")
    if PLACE.search(text):
        raise BadText("unfilled")
    return text


@dataclass(frozen=True)
class QueueState:
    """What can honestly be said to somebody who waits; `position` is 0 while a worker holds the conversation.

    The place counts within the risk class alone: whoever is in nearer danger always comes first, so a place in the
    whole queue would promise what nobody can keep. `opens_at` is None while open, and where no hours are known.
    """

    position: int
    workers_online: int
    handoff_id: str
    open_now: bool = False
    opens_at: datetime | None = None
    zone: str = "WIB"


@dataclass(frozen=True)
class Claim:
    """A won claim: valid while `epoch` is the conversation's epoch and the lease is renewed."""

    handoff_id: str
    conversation_id: str
    epoch: int
    lease_until: datetime


@dataclass(frozen=True)
class Row:
    """What the queue shows of one handoff: nothing a client said, unless they agreed to pass it on."""

    id: str
    conversation_id: str
    organisation_id: str
    label: str
    channel: str
    lang: str
    stage: str
    risk: str
    reason: str
    state: State
    since: datetime
    preview: str | None = None
    held_by: str | None = None
    mine: bool = False
    last_number: int = 0
    outcome: str | None = None
    covert: bool = False
    overdue: bool = False
    fits: bool = True
    suits: bool = False
    transfer: Transfer | None = None
    epoch: int = 0
    coached: bool = False


@dataclass(frozen=True)
class Transfer:
    """An offer that stands: to a colleague by designation or to an organisation by name, since when.

    `agreed` is what the person said to another organisation: empty while they have not answered.
    """

    to: str
    asked_at: datetime
    to_organisation: bool = False
    agreed: str = ""
    for_me: bool = False


@dataclass(frozen=True)
class View:
    """A handoff as its claimant sees it; for everybody else `content` stays None."""

    row: Row
    conversation: Conversation
    content: Content | None = None

    @property
    def organisation_id(self) -> str:
        return self.row.organisation_id


@dataclass(frozen=True)
class Content:
    """What is open to the claimant alone."""

    messages: tuple[Message, ...]
    """The newest that are open, oldest first."""
    note_text: str | None
    note: Mapping[str, Any] = field(default_factory=dict)
    consent: Mapping[str, Any] = field(default_factory=dict)
    note_hash: str | None = None
    note_until: datetime | None = None
    expired: bool = False
    assessment: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)
    may_assess: bool = False
    left_message: Message | None = None
    contact: Message | None = None
    draft: str = ""
    unasked: bool = False
    contact_rules: str = ""
    rules_closed: bool = False
    opens_after: int = 0
    """The number of the last message that no consent opens."""
    origins: Mapping[str, int] = field(default_factory=dict)
    """By their ids, the numbers of the messages that the note's values come from."""

    @property
    def first(self) -> int:
        """The number of the first message that is shown."""
        return self.messages[0].number if self.messages else self.opens_after + 1


@dataclass(frozen=True)
class Entry:
    """What a worker wrote into the staff's part of the note; `words` is None where it was taken back."""

    words: str | None
    by: str
    at: datetime


@dataclass(frozen=True)
class Reader:
    """A worker who has read a conversation, by designation: what, and when first and last."""

    designation: str
    what: tuple[str, ...]
    first: datetime
    last: datetime
