"""Stages, dimensions, options and the state of a dialogue. Pure: standard library only.

The three stages and the six dimensions follow social-work counselling as taught in Indonesia
(Zastrow; Luhpuri 2010); the list of dimensions needs a professional's confirmation, see docs/counselling.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from functools import cache
from typing import Any


class Stage(StrEnum):
    """Where the conversation is."""

    CONTACT = "contact"
    RAPPORT = "rapport"
    EXPLORING = "exploring"
    ALTERNATIVES = "alternatives"
    CLOSING = "closing"


class Status(StrEnum):
    """What is known about a value of the note: unknown, not asked and declined are values too."""

    NOT_ASKED = "not_asked"
    TOLD = "told"
    NONE = "none"
    UNKNOWN = "unknown"
    DECLINED = "declined"


class Origin(StrEnum):
    """Where a value of the note comes from."""

    CLIENT_WORDS = "client_words"
    CHOSEN = "chosen"
    INFERRED = "inferred"
    STAFF = "staff"


_LOOSE = " \t\n,.;:-–—"


@dataclass(frozen=True)
class Value:
    """One value with its origin: the person's own words, the message and the span they stand in."""

    status: Status = Status.NOT_ASKED
    words: str = ""
    message: str = ""
    start: int = 0
    end: int = 0
    origin: Origin = Origin.CLIENT_WORDS

    @property
    def open(self) -> bool:
        return self.status is Status.NOT_ASKED

    def covers(self, other: Value) -> bool:
        """Whether the other value's words stand within this one's, in the same message."""
        same = self.status is Status.TOLD and self.message == other.message
        return same and self.start <= other.start and other.end <= self.end

    def without(self, other: Value) -> Value:
        """The longer piece of this value before or after words that it covers; nothing left is an open value."""
        cut = ((self.start, other.start), (other.end, self.end))
        pieces = [(self.words[begin - self.start : end - self.start], begin) for begin, end in cut]
        words, begin = max(pieces, key=lambda piece: len(piece[0]))
        kept = words.strip(_LOOSE)
        if not kept:
            return Value()
        start = begin + words.index(kept)
        return replace(self, words=kept, start=start, end=start + len(kept))


@dataclass(frozen=True)
class Dimension:
    """One question of the exploring stage, as counsellors define it in data/dimensions."""

    name: str
    order: int
    label: Mapping[str, str]
    ask: str
    rephrase: str
    reflect: str


@dataclass(frozen=True)
class Option:
    """One alternative with the same five fields as every other, as defined in data/alternatives."""

    code: str
    reversible: str
    gated: tuple[str, ...]
    rights: tuple[str, ...]
    text: Mapping[str, Mapping[str, str]]

    @property
    def irreversible(self) -> bool:
        return self.reversible == "irreversible"

    def title(self, lang: str) -> str:
        return self.text[lang]["title"]


Words = Mapping[str, str]
"""The same words in each language."""


@dataclass(frozen=True)
class Definitions:
    """Everything a counsellor may edit that shapes the dialogue; `here`: an option as it is for one problem."""

    dimensions: tuple[Dimension, ...]
    options: Mapping[str, Option]
    problems: Mapping[str, tuple[str, ...]]
    problem_labels: Mapping[str, Mapping[str, str]]
    status_words: Mapping[Status, Mapping[str, str]]
    note_labels: Mapping[str, Mapping[str, str]]
    note_words: Mapping[str, Mapping[str, str]]
    here: Mapping[str, Mapping[str, Mapping[str, Words]]]
    violent: frozenset[str]
    cues: Mapping[str, tuple[str, ...]]

    def cue(self, name: str, text: str) -> bool:
        """Whether a text has one of the cue words of that name, at the beginning of a word."""
        low = f" {' '.join(text.lower().split())}"
        return any(f" {word}" in low for word in self.cues[name])

    def word(self, name: str, text: str) -> bool:
        """Whether one of them is a whole word of a text, however drawn out: "takut" has no "tak", "yaaa" is "ya"."""
        low = _plain(text)
        return any(_plain_cue(word) in low for word in self.cues[name])

    def begins_with(self, name: str, text: str) -> bool:
        """Whether a text begins with one of the cue words of that name."""
        return f"{' '.join(text.lower().split())} ".startswith(self.cues[name])

    def after_cue(self, name: str, text: str) -> str:
        """What a text says after a cue phrase of that name; all of it where there is none, or nothing after it."""
        phrases = "|".join(re.escape(word) for word in sorted(self.cues[name], key=len, reverse=True))
        parts = re.split(rf"(?<!\w)(?:{phrases})(?!\w)", text, flags=re.IGNORECASE)
        return parts[-1].strip(" ,.:;!") or text

    def dimension(self, name: str) -> Dimension:
        return next(d for d in self.dimensions if d.name == name)

    def options_for(self, problem: str | None) -> tuple[Option, ...]:
        """The options that can be looked at for a problem type, in catalogue order (which is no order of value)."""
        codes = self.problems.get(problem or "other", self.problems["other"])
        return tuple(self.options[code] for code in codes)


_DRAWN_OUT = re.compile(r"(.)\1+")


def _plain(text: str) -> str:
    words = " ".join(re.findall(r"[\w']+", text.lower()))
    return " " + _DRAWN_OUT.sub(r"\1", words) + " "


# For words of the cues alone: what clients write is remembered nowhere.
_plain_cue = cache(_plain)


NOT_DECIDING = "O00"
"""The option "not deciding now"; it is among the choices every time."""

PAGE = 3
"""How many options are shown at a time, besides "not deciding now" and "my own idea"."""


@dataclass(frozen=True)
class Heard:
    """What the person said or pressed, as understood."""

    act: str
    text: str = ""
    message: str = ""
    dims: Mapping[str, str] = field(default_factory=dict)
    problem: str | None = None
    topic: str | None = None
    data: Mapping[str, str] = field(default_factory=dict)
    pressed: bool = False
    lang: str = "id"


@dataclass(frozen=True)
class Say:
    """A named response and the values for its places; `buttons` are (title, payload) made from definitions."""

    response: str
    values: Mapping[str, str] = field(default_factory=dict)
    buttons: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Do:
    """A command for the app: an effect that outlasts the turn."""

    command: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Dialogue:
    """The whole state of a dialogue. What is asked next follows from it alone (see `dialogue.agenda`)."""

    lang: str = "id"
    asked: str | None = None
    greeted: bool = False
    consent: str = "undecided"
    safe: str = "unknown"
    address: Value = Value()
    reminded: tuple[str, ...] = ()
    story: Status = Status.NOT_ASKED
    problem: str | None = None
    dims: Mapping[str, Value] = field(default_factory=dict)
    later: tuple[str, ...] = ()
    hope: Value = Value()
    summary: str = "open"
    idea: Value = Value()
    decision: str = "open"
    shown: tuple[str, ...] = ()
    page: int = 0
    opened: str | None = None
    compared: str | None = None
    seen_beside: tuple[str, ...] = ()
    declined: tuple[str, ...] = ()
    chosen: str | None = None
    plan: Value = Value()
    contact: str = "open"
    contact_how: Value = Value()
    alarmed: bool = False
    heard_in_crisis: bool = False
    article: str | None = None
    then_share: bool = False
    struck: tuple[str, ...] = ()
    misunderstood: int = 0
    paused: bool = False
    stopped: bool = False
    in_queue: bool = False
    worker_wish: str | None = None
    recipient: Recipient = ("", "")
    region: str | None = None
    aside: str | None = None
    between: tuple[tuple[str, str], ...] = ()

    def value(self, dimension: str) -> Value:
        return self.dims.get(dimension, Value())

    def with_value(self, dimension: str, value: Value) -> Dialogue:
        return replace(self, dims={**self.dims, dimension: value})

    def dump(self) -> dict[str, Any]:
        """As JSON, for the assistant's slot; values at their default are left out."""
        default = Dialogue()
        changed = {
            f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != getattr(default, f.name)
        }
        for name, value in changed.items():
            if isinstance(value, Value):
                changed[name] = asdict(value)
            elif name == "dims":
                changed[name] = {key: asdict(item) for key, item in value.items()}
        return changed

    @staticmethod
    def load(raw: Mapping[str, Any] | None) -> Dialogue:
        """The inverse of `dump`."""
        values = dict(raw or {})
        for name in ("address", "hope", "idea", "plan", "contact_how"):
            if name in values:
                values[name] = _value(values[name])
        if "dims" in values:
            values["dims"] = {key: _value(item) for key, item in values["dims"].items()}
        for name in ("reminded", "later", "shown", "seen_beside", "declined", "struck"):
            if name in values:
                values[name] = tuple(values[name])
        if "recipient" in values:
            code, name = values["recipient"]
            values["recipient"] = (code, name)
        if "between" in values:
            values["between"] = tuple((code, title) for code, title in values["between"])
        if "story" in values:
            values["story"] = Status(values["story"])
        return Dialogue(**values)


def _value(raw: Mapping[str, Any]) -> Value:
    return Value(**{**raw, "status": Status(raw["status"]), "origin": Origin(raw["origin"])})


@dataclass(frozen=True)
class Move:
    """The answer to one message: the new state, what is said, what is done."""

    state: Dialogue
    says: tuple[Say, ...] = ()
    does: tuple[Do, ...] = ()

    def say(self, response: str, /, **values: str) -> Move:
        return replace(self, says=(*self.says, Say(response, values)))

    def offer(self, response: str, buttons: tuple[tuple[str, str], ...], /, **values: str) -> Move:
        """Say something with buttons that come from definitions; they stand before the response's own."""
        return replace(self, says=(*self.says, Say(response, values, buttons)))

    def do(self, command: str, /, **data: Any) -> Move:
        return replace(self, does=(*self.does, Do(command, data)))

    def to(self, **changes: Any) -> Move:
        return replace(self, state=replace(self.state, **changes))


Place = tuple[str, str]
"""A region: its official code and its name."""


@dataclass(frozen=True)
class Directory:
    """Who can help where.

    Regions to choose from, all provinces or those within one; the region that a text names; services as lines, by the
    problems that they answer to, language and region.
    """

    below: Callable[[str | None], tuple[Place, ...]] = lambda above: ()
    named: Callable[[str], str | None] = lambda text: None
    near: Callable[[tuple[str, ...], str, str | None], str] = lambda problems, lang, region: ""


Recipient = tuple[str, str]
"""An organisation that somebody is asked about: its id, and its name as the question says it."""


@dataclass(frozen=True)
class Recipients:
    """Who would get the conversation.

    The organisation for a language, a region, a topic and a wish about the worker, whatever is known of them; whether
    one still takes conversations.
    """

    choose: Callable[[str, str | None, str | None, str | None], Recipient] = lambda lang, region, topic, wish: ("", "")
    take: Callable[[str], bool] = lambda organisation: True


@dataclass(frozen=True)
class Readings:
    """What the dialogue may read.

    Definitions; published articles by (topic or code, text, language); contacts by language and region; by language the
    day until which a consent given now would hold; codes and neutral titles of the two articles between which a
    question in words, in a language, is undecided.
    """

    definitions: Definitions
    find_article: Callable[[str, str, str], Mapping[str, str] | None]
    contacts: Callable[[str, str | None], str]
    share_until: Callable[[str], str]
    between: Callable[[str, str], tuple[tuple[str, str], ...]] = lambda text, lang: ()
    directory: Directory = Directory()
    recipients: Recipients = Recipients()
