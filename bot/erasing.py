"""Erasing all that is kept of a conversation, in every room: asked for, due by time, or known to be erased."""

from __future__ import annotations

from sqlalchemy import delete, select, update

from bot.channels.web.note_links import drop_links
from bot.channels.web.store import drop_code
from bot.config import Settings
from bot.conversation.erase import erase
from bot.conversation.model import Keeping
from bot.conversation.store import conversation
from bot.conversation.transcript import forget_texts
from bot.counselling import service as counselling
from bot.counselling.store import consent, decision, note_value
from bot.duties import service as duties
from bot.handoff import service as handoff
from bot.handoff.model import REVOKED
from bot.oncall import service as oncall
from bot.requests.service import Means
from bot.rights import service as rights
from bot.safety.store import alert
from bot.safeword.service import forget as forget_safe_word
from bot.storage.ledger import Ledger
from bot.storage.unit_of_work import Database, UnitOfWork


def erase_all(uow: UnitOfWork, conversation_id: str, *, successor: bool = True) -> None:
    """Destroy the key and everything that it sealed; the bare facts of handoffs and disclosures stay."""
    handoff.withdraw(uow, conversation_id)
    oncall.forget(uow, conversation_id)
    duties.forget(uow, conversation_id)
    rights.forget_misses(uow, conversation_id)
    for table in (note_value, decision, consent, alert):
        uow.db.execute(delete(table).where(table.c.conversation_id == conversation_id))
    handoff.forget(uow, conversation_id)
    drop_links(uow, conversation_id)
    drop_code(uow, conversation_id)
    erase(uow, conversation_id, successor=successor)


def take_back(uow: UnitOfWork, conversation_id: str, agency: str) -> None:
    """Permission is taken back: what was kept is emptied, nothing more is passed on, nobody writes first."""
    agreed = [("share", to) for to in counselling.recipients(uow, conversation_id) or [agency]]
    for purpose, to in (("keep", agency), *agreed):
        counselling.record_consent(uow, conversation_id, purpose=purpose, kind="revoked", data={}, recipient=to)
    handoff.withdraw(uow, conversation_id, REVOKED)
    handoff.forget(uow, conversation_id)
    counselling.forget_words(uow, conversation_id)
    forget_texts(uow, [conversation_id])
    drop_links(uow, conversation_id)
    rights.forget_misses(uow, conversation_id)
    forget_safe_word(uow, conversation_id)
    none = {"keeping": Keeping.REFUSED, "safe_to_contact": False, "region": None}
    uow.db.execute(update(conversation).where(conversation.c.id == conversation_id).values(none))


def means_of(settings: Settings) -> Means:
    """What a request about one's own data is carried out with."""
    return Means(lambda uow, talk: take_back(uow, talk, settings.agency), erase_all, settings.base_url)


def settle(db: Database, ledger: Ledger) -> int:
    """Hold database and ledger against each other; returns how many erased owners an older backup had brought back.

    They are erased again, and what the database knows to be destroyed is noted. Raises OSError.
    """
    returned = db.run_sync(ledger.returned, read_only=True)
    for owner in returned:
        db.run_sync(lambda uow, owner=owner: _erase_again(uow, owner))  # type: ignore[misc]  # bound per round
    db.run_sync(ledger.add, read_only=True)
    return len(returned)


def _erase_again(uow: UnitOfWork, owner: str) -> None:
    alive = select(conversation.c.id).where(conversation.c.id == owner, conversation.c.deleted_at.is_(None))
    if uow.db.execute(alive).first() is not None:
        erase_all(uow, owner, successor=False)
    else:
        uow.vault.destroy_owner(owner)
