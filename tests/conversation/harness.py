"""A conversation with everything real but the assistant's words: set a state, say something, look at what happened."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from bot.assistant.catalogue import load_catalogue
from bot.conversation import intake, transcript, turn_store
from bot.conversation.model import Command, Conversation, DialogueMemory, Inbound, Kind, Message, Pending
from bot.conversation.ports import Answered, AssistantFailed, Effect, Guard, Thought
from bot.conversation.turn import TurnRunner
from bot.rights.regions import RegionMatter
from bot.safeword.service import SafeWord
from bot.storage.unit_of_work import Database, UnitOfWork

CATALOGUE = load_catalogue()
DANGER = "utter_danger_violence_now"
COVER = SafeWord(CATALOGUE.say)
OK = CATALOGUE.say("utter_ok", "id", {})


class Script:
    """Answers every message with "ok", or fails, or waits, as told; remembers what it was asked."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.fails: str | None = None
        self.seconds = 0.0
        self.gate: asyncio.Event | None = None
        self.commands: tuple[Command, ...] = ()

    async def __call__(self, conversation: Conversation, pending: Pending, memory: DialogueMemory) -> Thought:
        await asyncio.sleep(self.seconds)
        if self.gate is not None:
            await self.gate.wait()
        if self.fails:
            raise AssistantFailed(self.fails)
        self.heard.append(pending.text)
        return Thought((OK,), self.commands, {"v": 1, "turns": len(self.heard)}, None)


class Watch:
    """Sees danger in the word "bahaya", and keeps what it was given to judge."""

    def __init__(self) -> None:
        self.judged: list[tuple[str, tuple[str, ...], str | None]] = []

    def assess(self, text: str, context: Sequence[str], asked: str | None) -> str | None:
        self.judged.append((text, tuple(context), asked))
        return text if "bahaya" in text else None

    def alarms(self, judgement: Any) -> bool:
        return True

    def answer(self, uow: UnitOfWork, conversation: Conversation, judgement: Any) -> Answered:
        return Answered(
            (CATALOGUE.say(DANGER, conversation.lang, {"contacts": "110", "human_state": "-"}),), takes_the_turn=True
        )


def runner(
    db: Database,
    script: Script,
    effects: Mapping[str, Effect] | None = None,
    watch: Watch | None = None,
    guard: Guard | None = None,
) -> TurnRunner:
    return TurnRunner(
        db,
        think=script,
        guard=guard or watch or Watch(),
        cover=COVER,
        matters=(COVER, RegionMatter(CATALOGUE.say)),
        effects=effects or {},
        word=CATALOGUE.say,
        contacts=lambda lang, region: "110 · 112",
    )


def inbound(update: str, text: str = "halo", *, chat: str = "c1", channel: str = "web", **more: Any) -> Inbound:
    account = {"web": "web", "telegram": "telegram:1"}[channel]
    return Inbound(channel, account, update, chat, more.pop("kind", Kind.TEXT), text=text, **more)


def receive(db: Database, *messages: Inbound) -> str:
    """Store messages; the conversation of the last one."""
    found = ""
    for message in messages:
        found = db.run_sync(lambda uow, message=message: intake.receive(uow, message)).conversation
    return found


async def work_off(db: Database, turns: TurnRunner, name: str = "r1") -> int:
    """Answer everything that is due; how many turns it took."""
    count = 0
    while (work := db.run_sync(lambda uow: turn_store.claim(uow, name))) is not None:
        while work is not None:
            work = await turns.turn(work)
            count += 1
    return count


def said(db: Database, conversation_id: str) -> list[Message]:
    return db.run_sync(lambda uow: transcript.transcript(uow, conversation_id), read_only=True)


def responses(db: Database, conversation_id: str) -> list[str | None]:
    """What the person was told, by name."""
    return [message.response for message in said(db, conversation_id) if message.response]
