"""What a turn needs from others: somebody who thinks, somebody who guards, effects that are applied."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bot.conversation.model import Command, Conversation, DialogueMemory, Pending, Reply
from bot.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Thought:
    """What the assistant made of a message: replies, commands, its state for the next time."""

    replies: tuple[Reply, ...]
    commands: tuple[Command, ...]
    state: dict[str, Any]
    asked: str | None


class AssistantFailed(Exception):
    """The assistant gave no answer; `reason` is a word, never content."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


Think = Callable[[Conversation, Pending, DialogueMemory], Awaitable[Thought]]
"""Asks the assistant. Raises AssistantFailed within 9 seconds at the latest."""

Effect = Callable[[UnitOfWork, Conversation, dict[str, Any]], Sequence[Reply]]
"""Applies one command inside the turn's transaction; returns what the system says about it."""


@dataclass(frozen=True)
class Answered:
    """What danger is answered with: at once and instead of the assistant, or as the question after its words."""

    replies: tuple[Reply, ...]
    takes_the_turn: bool


class Guard(Protocol):
    """Sees danger, without Rasa and without the network."""

    def assess(self, text: str, context: Sequence[str], asked: str | None) -> Any:
        """A judgement that `answer` understands, None where there is nothing to do; `asked` is what it may answer."""

    def alarms(self, judgement: Any) -> bool:
        """Whether this judgement can't wait: its answer takes the turn."""

    def answer(self, uow: UnitOfWork, conversation: Conversation, judgement: Any) -> Answered | None:
        """Raise the alert and return the fixed replies, if this judgement asks for any."""


class Cover(Protocol):
    """The safe word, without Rasa and without the network: somebody reads along, and later nobody does."""

    def signals(self, pending: Pending, safe_word: str | None) -> bool:
        """Whether this message says that somebody reads along."""

    def ends(self, pending: Pending, safe_word: str | None) -> bool:
        """Whether this message says that nobody does any more."""

    def begin(self, uow: UnitOfWork, conversation: Conversation) -> Reply:
        """Hide what was said and tell the humans; what is said instead."""

    def meanwhile(self, conversation: Conversation) -> Reply:
        """What every other message is answered with: a harmless topic."""

    def end(self, uow: UnitOfWork, conversation: Conversation) -> Reply:
        """Show everything again; what is said then."""


@dataclass(frozen=True)
class Settled:
    """What came of a wish: what is said, the question that is open then, whether the words may be kept."""

    replies: tuple[Reply, ...]
    asked: str | None = None
    kept: bool = True


class Matter(Protocol):
    """Something that the app settles with the person itself, in any state of the dialogue and without the assistant."""

    question: str
    """The name of its open question."""

    def wish(self, pending: Pending, asked: str | None) -> Any:
        """What is wished for, None where the message is about something else."""

    def settle(self, uow: UnitOfWork, conversation: Conversation, wish: Any) -> Settled:
        """Do what is wished for."""


Contacts = Callable[[str, str | None], str]
"""The contacts as lines for a message, by language and by the region that the person told."""

Word = Callable[[str, str, Mapping[str, str]], Reply]


def ask_instead(state: dict[str, Any], question: str) -> dict[str, Any]:
    """The assistant's state as if it had asked this question, so that the answer is taken as an answer to it."""
    slots = state.get("slots") or {}
    return {**state, "slots": {**slots, "asked": question, "dialogue": {**_dialogue(state), "asked": question}}}


def as_unsaid(state: dict[str, Any], before: dict[str, Any] | None) -> dict[str, Any]:
    """The state when nothing of what the assistant wanted to say was said: who was not greeted is not greeted yet."""
    dialogue = {**_dialogue(state), "greeted": bool(_dialogue(before or {}).get("greeted"))}
    return {**state, "slots": {**(state.get("slots") or {}), "dialogue": dialogue}}


def _dialogue(state: dict[str, Any]) -> dict[str, Any]:
    return (state.get("slots") or {}).get("dialogue") or {}
