"""The safety room at the turn's door: what it judges dangerous is alerted and answered before anything else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from sqlalchemy import update

from bot.assistant.catalogue import Say
from bot.conversation.model import Conversation
from bot.conversation.ports import Answered, Contacts
from bot.conversation.store import conversation as conversations
from bot.conversation.turn_store import remembered
from bot.handoff import service as handoff
from bot.rights.directory import contacts_text, services
from bot.rights.model import local_day
from bot.rights.services.known import Known
from bot.safety import service
from bot.safety.detector import assess
from bot.safety.model import RANK, Assessment, Decision, Risk
from bot.storage.unit_of_work import UnitOfWork


class DangerGuard:
    """Judges texts with their context; answers with an alert and fixed, reviewed replies."""

    def __init__(self, say: Say, *, production: bool, known: Known = services) -> None:
        self._say = say
        self._production = production
        self._known = known

    def assess(self, text: str, context: Sequence[str], asked: str | None) -> Assessment | None:
        """None where there is no sign of danger."""
        assessment = assess(text, context, asked)
        return assessment if assessment.risk is not Risk.NONE else None

    def alarms(self, judgement: Assessment) -> bool:
        """High and imminent are answered wherever the message waits."""
        return judgement.alarm

    def answer(self, uow: UnitOfWork, conversation: Conversation, judgement: Assessment) -> Answered | None:
        """Remember the risk; high and imminent put the person before the humans at once, without any note."""
        judgement = service.weigh(uow, conversation.id, judgement)
        decision = self._decide(uow, conversation, judgement)
        if RANK[judgement.risk] > RANK[Risk(conversation.risk)]:
            uow.db.execute(
                update(conversations)
                .where(conversations.c.id == conversation.id)
                .values(risk=judgement.risk, risk_at=uow.now, urgent=judgement.alarm)
            )
        online = False
        if decision.alert:
            # No consent was asked: the worker sees the risk and the chat from now on, no note, nothing said before.
            queue = handoff.request(
                uow,
                conversation.id,
                reason="danger",
                risk=judgement.risk,
                note_text="",
                note={},
                consent={"transcript": False},
            )
            online = queue.workers_online > 0
        if decision.response is None:
            return None
        lang = conversation.lang
        state = "utter_human_state_online" if online else "utter_human_state_nobody"
        region = remembered(uow, conversation.id).region
        contacts = contacts_text(
            judgement.category,
            lang,
            today=local_day(uow.now),
            production=self._production,
            region=region,
            known=self._known(),
        )
        values = {"contacts": contacts, "human_state": self._say(state, lang, {}).text}
        return Answered((self._say(decision.response, lang, values),), takes_the_turn=judgement.alarm)

    def _decide(self, uow: UnitOfWork, conversation: Conversation, judgement: Assessment) -> Decision:
        """While somebody reads along the humans are alerted and the person is told nothing of it."""
        if not conversation.covert:
            return service.react(uow, conversation.id, judgement)
        if judgement.alarm:
            service.raise_alert(uow, conversation.id, judgement)
        return Decision(alert=judgement.alarm)


def make_contacts(today: Callable[[], date], *, production: bool, known: Known = services) -> Contacts:
    """The emergency contacts as lines for a message, by language and region."""
    return lambda lang, region: contacts_text(
        None, lang, today=today(), production=production, region=region, known=known()
    )
