"""Between the turn and the Rasa process: one message in, a checked thought out."""

from __future__ import annotations

import structlog

from bot.assistant import client as rasa
from bot.assistant.catalogue import Catalogue
from bot.conversation.model import (
    Button,
    Command,
    Conversation,
    DialogueMemory,
    Holder,
    Kind,
    Pending,
    Reply,
    is_payload,
)
from bot.conversation.ports import AssistantFailed, Think, Thought

log = structlog.get_logger()

NOTHING_SAID = "/nlu_fallback"
"""A message without words (spaces, invisible characters) is one that was not understood."""


def make_think(client: rasa.AssistantClient, catalogue: Catalogue, agency: str) -> Think:
    """Ask the Rasa process; nothing that is not in the catalogue comes back."""

    async def think(conversation: Conversation, pending: Pending, memory: DialogueMemory) -> Thought:
        try:
            answer = await client.turn(_request(conversation, pending, memory, agency))
        except rasa.AssistantUnavailable as error:
            raise AssistantFailed(error.reason) from None
        for reply in answer.replies:
            if not catalogue.admits(reply.response, reply.text):
                # Only the name: the text may hold the client's words.
                log.error("assistant.not_in_catalogue", response=reply.response)
                raise AssistantFailed("not_in_catalogue")
        return Thought(
            replies=tuple(_reply(reply) for reply in answer.replies),
            commands=tuple(
                Command(str(item["command"]), {key: value for key, value in item.items() if key != "command"})
                for item in answer.commands
            ),
            state=answer.state,
            asked=(answer.state.get("slots") or {}).get("asked"),
        )

    return think


def _request(conversation: Conversation, pending: Pending, memory: DialogueMemory, agency: str) -> rasa.TurnRequest:
    payload = pending.payload if pending.kind is Kind.PRESS and is_payload(pending.payload) else None
    if payload is None and not pending.text.strip():
        payload = NOTHING_SAID
    return rasa.TurnRequest(
        conversation=conversation.id,
        message=pending.inbox_id,
        text=None if payload else pending.text,
        payload=payload,
        lang=conversation.lang,
        stage=conversation.stage,
        asked=conversation.asked,
        agency=agency,
        state=_with_what_the_app_knows(conversation, memory),
    )


def _with_what_the_app_knows(conversation: Conversation, memory: DialogueMemory) -> rasa.Json | None:
    """Whether the person waits for a worker (who may have ended it meanwhile), and where they said they are."""
    state = memory.assistant
    if state is None:
        return None
    slots = state.get("slots") or {}
    known = {"in_queue": conversation.holder is Holder.QUEUE, "region": memory.region}
    dialogue = {**(slots.get("dialogue") or {}), **known}
    return {**state, "slots": {**slots, "dialogue": dialogue}}


def _reply(reply: rasa.Reply) -> Reply:
    buttons = tuple(Button(button.title, button.payload) for button in reply.buttons)
    return Reply(reply.response or "", reply.text, reply.lang, buttons)
