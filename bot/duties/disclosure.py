"""Passing something on without consent, as the duties allow it: its states, and who may move it on. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.accounts.model import Role
from bot.duties.model import Duties

MAX_FIELD, MAX_REASON, MAX_CONTACT = 300, 1_000, 120
"""Characters: a disclosure is the least that helps, and no second note."""


class State(StrEnum):
    """Where a disclosure stands."""

    DRAFTED = "drafted"
    MADE = "made"
    UPHELD = "upheld"
    OBJECTED = "objected"
    DROPPED = "dropped"


class Event(StrEnum):
    """What moves a disclosure on. Telling the client afterwards leaves the state as it is."""

    MAKE = "make"
    DROP = "drop"
    UPHOLD = "uphold"
    OBJECT = "object"
    TELL = "tell"


class Told(StrEnum):
    """Whether the client was told before."""

    FIRST = "first"
    NOT_SAFE = "not_safe"


TRANSITIONS: Mapping[State, Mapping[Event, State]] = {
    State.DRAFTED: {Event.MAKE: State.MADE, Event.DROP: State.DROPPED},
    State.MADE: {Event.UPHOLD: State.UPHELD, Event.OBJECT: State.OBJECTED, Event.TELL: State.MADE},
    State.UPHELD: {Event.TELL: State.UPHELD},
    State.OBJECTED: {Event.TELL: State.OBJECTED},
    State.DROPPED: {},
}

LEFT = frozenset({State.MADE, State.UPHELD, State.OBJECTED})
"""The states in which something has left the house."""


class BadDraft(Exception):
    """The draft breaks a rule; `rule` names it."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class NotPossible(Exception):
    """The disclosure's state does not allow this event: somebody was faster, or it was done before."""


class NotTheirs(Exception):
    """The duties do not give this to somebody with these roles."""


class SamePerson(Exception):
    """Whoever wrote or made a disclosure does not review it."""


@dataclass(frozen=True)
class Draft:
    """What a worker wants to pass on: on which ground, which details, to whom, why, and whether the client knows."""

    ground: str
    fields: Mapping[str, str]
    recipient: str
    contact: str
    reason: str
    told: str
    why_not: str = ""


@dataclass(frozen=True)
class Disclosure:
    """A disclosure from its draft to its review. The words are None once the client's data were deleted."""

    id: str
    conversation_id: str
    handoff_id: str
    organisation_id: str
    ground: str
    recipient: str
    told: Told
    state: State
    drafted_by: str
    drafted_at: datetime
    fields: Mapping[str, str] | None = field(default_factory=dict)
    contact: str | None = None
    reason: str | None = None
    why_not: str | None = None
    made_by: str | None = None
    made_at: datetime | None = None
    told_at: datetime | None = None
    reviewed_by: str | None = None
    reviewed_at: datetime | None = None
    review: str | None = None

    @property
    def client_knows(self) -> bool:
        """Whether the client may be shown that it took place."""
        return self.state in LEFT and (self.told is Told.FIRST or self.told_at is not None)

    def review_overdue(self, duties: Duties, now: datetime) -> bool:
        """Whether the second person should have looked at it by now."""
        return self.state is State.MADE and _over(self.made_at, duties.second_review.within, now)

    def telling_overdue(self, duties: Duties, now: datetime) -> bool:
        """Whether the client should have been told by now."""
        return (
            self.state in LEFT and not self.client_knows and _over(self.made_at, duties.telling.afterwards_within, now)
        )


def check(draft: Draft, duties: Duties) -> Draft:
    """The draft without blanks and empty fields. Raises BadDraft: only what the ground allows may be in it."""
    ground = duties.ground(draft.ground)
    if ground is None:
        raise BadDraft("ground")
    fields = {name: value.strip() for name, value in draft.fields.items() if value.strip()}
    if not set(fields) <= set(ground.fields):
        raise BadDraft("field_not_allowed")
    if not fields:
        raise BadDraft("nothing")
    clean = replace(
        draft,
        fields=fields,
        contact=draft.contact.strip(),
        reason=draft.reason.strip(),
        why_not=draft.why_not.strip(),
    )
    if clean.recipient not in ground.recipients:
        raise BadDraft("recipient")
    if not clean.contact:
        raise BadDraft("contact")
    if not clean.reason:
        raise BadDraft("reason")
    if clean.told not in set(Told):
        raise BadDraft("told")
    if clean.told == Told.NOT_SAFE and not clean.why_not:
        raise BadDraft("why_not")
    lengths = [(value, MAX_FIELD) for value in fields.values()]
    lengths += [(clean.contact, MAX_CONTACT), (clean.reason, MAX_REASON), (clean.why_not, MAX_REASON)]
    if any(len(value) > most for value, most in lengths):
        raise BadDraft("long")
    return clean


def text_of(fields: Mapping[str, str]) -> str:
    """What is passed on, as one text: its hash goes on record."""
    return "\n".join(f"{name}: {fields[name]}" for name in sorted(fields))


def make(item: Disclosure, by: str, roles: Collection[Role], duties: Duties, now: datetime) -> Disclosure:
    """Somebody who may decide passes it on. Raises NotPossible, NotTheirs."""
    state = _advance(item, Event.MAKE)
    if duties.deciding.roles.isdisjoint(roles):
        raise NotTheirs
    return replace(item, state=state, made_by=by, made_at=now)


def drop(item: Disclosure, by: str) -> Disclosure:
    """It is not passed on after all; only whoever wrote it takes it back. Raises NotPossible, NotTheirs."""
    state = _advance(item, Event.DROP)
    if by != item.drafted_by:
        raise NotTheirs
    return replace(item, state=state)


def tell(item: Disclosure, now: datetime) -> Disclosure:
    """The client was told afterwards, once. Raises NotPossible."""
    state = _advance(item, Event.TELL)
    if item.client_knows:
        raise NotPossible
    return replace(item, state=state, told_at=now)


def review(
    item: Disclosure, event: Event, words: str, by: str, roles: Collection[Role], duties: Duties, now: datetime
) -> Disclosure:
    """A second person upholds it or objects. Raises NotPossible, NotTheirs, SamePerson, BadDraft."""
    if event not in (Event.UPHOLD, Event.OBJECT):
        raise NotPossible
    state = _advance(item, event)
    if duties.second_review.roles.isdisjoint(roles):
        raise NotTheirs
    if by in (item.drafted_by, item.made_by):
        raise SamePerson
    words = words.strip()
    if event is Event.OBJECT and not words:
        raise BadDraft("review")
    if len(words) > MAX_REASON:
        raise BadDraft("long")
    return replace(item, state=state, reviewed_by=by, reviewed_at=now, review=words or None)


def _advance(item: Disclosure, event: Event) -> State:
    following = TRANSITIONS[item.state].get(event)
    if following is None:
        raise NotPossible
    return following


def _over(since: datetime | None, within: timedelta, now: datetime) -> bool:
    return since is not None and now - since > within
