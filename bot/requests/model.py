"""A request of a person about their own data (UU 27/2022): its kinds, its states, its time. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.clock import WIB

DUE = timedelta(hours=72)
"""Three times 24 hours from when it was received: the law's time for access (UU 27/2022 Pasal 32), correction (30),
restriction (41) and taking consent back (40). For a copy and for deletion the law names none; the same time holds."""
OLDEST = timedelta(days=30)
"""A request that is said to be older was mistyped."""


class Kind(StrEnum):
    """What is asked for."""

    SEE = "see"
    CORRECT = "correct"
    EXPORT = "export"
    RESTRICT = "restrict"
    DELETE = "delete"
    WITHDRAW = "withdraw"


ARTICLES: Mapping[Kind, str] = {
    Kind.SEE: "7, 32",
    Kind.CORRECT: "6, 30",
    Kind.EXPORT: "13",
    Kind.RESTRICT: "11, 41",
    Kind.DELETE: "8, 43, 44",
    Kind.WITHDRAW: "9, 40",
}
"""The articles (Pasal) of UU 27/2022 that each rests on."""

HANDED_OUT = frozenset({Kind.SEE, Kind.EXPORT})
"""Answered with a link to the person's own note, which nobody of the staff has to open."""


class Shown(StrEnum):
    """How the person was known to be the person, without being exposed."""

    CHAT = "chat"
    CODE = "code"
    IN_PERSON = "in_person"


class Refusal(StrEnum):
    """Why a request is refused."""

    NOT_THE_PERSON = "not_the_person"
    ENDANGERS = "endangers"
    OF_OTHERS = "of_others"
    LAW = "law"


REFUSALS: Mapping[Kind, tuple[Refusal, ...]] = {
    Kind.SEE: (Refusal.NOT_THE_PERSON,),
    Kind.CORRECT: (Refusal.NOT_THE_PERSON, Refusal.ENDANGERS, Refusal.OF_OTHERS),  # Pasal 33
    Kind.EXPORT: (Refusal.NOT_THE_PERSON,),
    Kind.RESTRICT: (Refusal.NOT_THE_PERSON, Refusal.ENDANGERS, Refusal.LAW),  # Pasal 41 (2)
    Kind.DELETE: (Refusal.NOT_THE_PERSON,),
    Kind.WITHDRAW: (Refusal.NOT_THE_PERSON,),
}
"""The grounds that the law knows for each; an agency's counsel may find more in Pasal 15, and they are not built in."""


class State(StrEnum):
    """Where a request stands."""

    OPEN = "open"
    DONE = "done"
    REFUSED = "refused"


class BadRequest(Exception):
    """What was filled in breaks a rule; `rule` names it (`kind`, `shown`, `when`, `refusal`)."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class Answered(Exception):
    """The request is done or refused already."""


class SamePerson(Exception):
    """Whoever wrote a deletion down does not carry it out: what is gone can't be asked back."""


class Gone(Exception):
    """The conversation was deleted meanwhile: there is nothing left to hand out or to close."""


@dataclass(frozen=True)
class Request:
    """One request. It holds no words: what was asked for is its kind, and who asked is the conversation."""

    id: str
    conversation_id: str
    label: str
    kind: Kind
    shown: Shown
    state: State
    received_at: datetime
    due_at: datetime
    recorded_by: str
    answered_by: str | None
    answered_at: datetime | None
    refusal: Refusal | None

    def overdue(self, now: datetime) -> bool:
        """Whether the law's time is over, or was when it was answered."""
        return (self.answered_at or now) > self.due_at

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        return REFUSALS[self.kind]


def kind_of(text: str) -> Kind:
    """Raises BadRequest."""
    if text not in set(Kind):
        raise BadRequest("kind")
    return Kind(text)


def shown_of(text: str) -> Shown:
    """Raises BadRequest: without knowing whose data it is nothing may be asked of it."""
    if text not in set(Shown):
        raise BadRequest("shown")
    return Shown(text)


def refusal_of(text: str, kind: Kind) -> Refusal:
    """Raises BadRequest."""
    if text not in set(REFUSALS[kind]):
        raise BadRequest("refusal")
    return Refusal(text)


def received(text: str, now: datetime) -> datetime:
    """When the request came in, as a form says it in Western Indonesian time. Raises BadRequest."""
    try:
        at = datetime.fromisoformat(text).replace(tzinfo=now.tzinfo) - WIB
    except ValueError:
        raise BadRequest("when") from None
    # A form knows minutes only.
    if not now - OLDEST <= at <= now + timedelta(minutes=1):
        raise BadRequest("when")
    return min(at, now)


def may_carry_out(request: Request, staff_id: str) -> None:
    """Raises Answered, SamePerson."""
    if request.state is not State.OPEN:
        raise Answered
    if request.kind is Kind.DELETE and staff_id == request.recorded_by:
        raise SamePerson
