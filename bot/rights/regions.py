"""The person's region: told if they want, from a list, so that services of their own province come first."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from sqlalchemy import update

from bot.assistant.catalogue import Say
from bot.conversation.model import Button, Conversation, Kind, Pending
from bot.conversation.ports import Settled
from bot.conversation.store import conversation as conversations
from bot.rights.directory import offered_regions, services
from bot.rights.model import Region
from bot.rights.services.known import Known
from bot.storage.unit_of_work import UnitOfWork

PAYLOAD = "/region"
NOWHERE = "none"
"""What the button says that takes a region back, or leaves the question."""

_NAMES = ("daerah saya", "daerahku", "provinsi saya", "provinsiku", "wilayah saya", "my region", "my province")
_BETWEEN = frozenset({"di", "itu", "adalah", "in", "is", "provinsi"})
"""How the question is asked for in words, at the beginning of a message, and what may stand before the place."""
SHORT = 6


@dataclass(frozen=True)
class Where:
    """A wish about the region: None asks, an empty code takes it back."""

    code: str | None = None


class RegionMatter:
    """Asks, keeps (sealed) and forgets the region (`Matter` of the turn); nobody is ever made to say it."""

    question = "region"

    def __init__(self, say: Say, known: Known = services) -> None:
        self._say = say
        self._known = known

    def wish(self, pending: Pending, asked: str | None) -> Where | None:
        """From a button, from words that name the matter, or the name of a province that was offered."""
        if pending.kind is Kind.PRESS:
            return _pressed(pending.payload)
        if pending.kind is not Kind.TEXT:
            return None
        said = pending.text.casefold().strip(" .,!?").split()
        text = " ".join(said)
        name = next((name for name in _NAMES if text.startswith(name)), None)
        if len(said) > SHORT or (name is None and asked != self.question):
            return None
        place = " ".join(word for word in text.removeprefix(name or "").strip(" :").split() if word not in _BETWEEN)
        found = next((region for region in offered_regions(self._known()) if place in _names_of(region)), None)
        if found is not None:
            return Where(found.code)
        return Where() if name is not None else None

    def settle(self, uow: UnitOfWork, conversation: Conversation, wish: Where) -> Settled:
        """Ask from the list, keep, or forget."""
        lang = conversation.lang
        if wish.code is None:
            reply = self._say("utter_ask_region", lang, {})
            offered = tuple(Button(one.name, _payload(one.code)) for one in offered_regions(self._known()))
            return Settled((replace(reply, buttons=(*offered, *reply.buttons)),), self.question)
        found = next((region for region in offered_regions(self._known()) if region.code == wish.code), None)
        _keep(uow, conversation.id, found.code if found else None)
        if found is None:
            return Settled((self._say("utter_region_none", lang, {}),), kept=False)
        return Settled((self._say("utter_region_set", lang, {"region": found.name}),), kept=False)


def _pressed(payload: str) -> Where | None:
    name, _, data = payload.partition("{")
    if name != PAYLOAD:
        return None
    try:
        code = json.loads("{" + data).get("code") if data else None
    except ValueError:
        return Where()
    return Where(code if isinstance(code, str) else None)


def _payload(code: str) -> str:
    return f'{PAYLOAD}{{"code":"{code}"}}'


def _names_of(region: Region) -> tuple[str, ...]:
    return (region.name.casefold(), *region.also)


def _keep(uow: UnitOfWork, conversation_id: str, code: str | None) -> None:
    sealed = uow.vault.seal(conversation_id, "conversation", "region", conversation_id, code) if code else None
    uow.db.execute(update(conversations).where(conversations.c.id == conversation_id).values(region=sealed))
