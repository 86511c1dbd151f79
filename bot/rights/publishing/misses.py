"""What people looked for in the chat and did not find: single words, counted, without who or in which sentence.

Kept harmless in four ways. Only words of conversations whose person agreed that something is kept. Each word alone and
sealed, so that no question can be put together again. Whose it is stands there as a keyed digest of the word and the
conversation together: it counts a conversation once, links no two words, and lets "delete everything" find its rows.
A word is shown to agencies only when three different conversations had it, and forgotten in time
(data/retention.yml).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Date, Index, LargeBinary, String, Table, delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from bot.rights.language import Analyser
from bot.rights.model import local_day
from bot.storage.engine import metadata
from bot.storage.keys import owner_key
from bot.storage.unit_of_work import UnitOfWork

SHOWN_FROM = 3
MOST_WORDS = 12
"""Of one question; whoever writes more tells a story, and that is none of anybody's business here."""
MOST_SHOWN = 40
LENGTHS = range(3, 31)

_OWNER = "rights_miss"

rights_miss = Table(
    "rights_miss",
    metadata,
    # A keyed digest of word and conversation.
    Column("mark", String(64), primary_key=True),
    # A keyed digest of the word, to count it without opening it.
    Column("term", String(64), nullable=False),
    Column("word", LargeBinary, nullable=False),
    Column("day", Date, nullable=False),
    Index("ix_rights_miss_term", "term"),
)


@dataclass(frozen=True)
class Miss:
    """A word that several conversations looked for without finding an article."""

    word: str
    conversations: int


def count(uow: UnitOfWork, conversation_id: str, text: str, analyser: Analyser) -> None:
    """Count the words of a question that found nothing. Numbers and very short or long words are left out."""
    words = dict.fromkeys(analyser.content(analyser.words(text)))
    known = [word for word in words if word.isalpha() and len(word) in LENGTHS]
    if not known or len(known) > MOST_WORDS:
        return
    _ensure_owner(uow)
    for word in known:
        mark = _mark(uow, _term(uow, word), conversation_id)
        values = {
            "mark": mark,
            "term": _term(uow, word),
            "word": uow.vault.seal(_OWNER, "rights_miss", "word", mark, word),
            "day": local_day(uow.now),
        }
        try:
            with uow.db.begin_nested():
                uow.db.execute(insert(rights_miss).values(values))
        except IntegrityError:
            continue  # this conversation had the word before


def often(uow: UnitOfWork) -> list[Miss]:
    """The words of at least three conversations, the most frequent first."""
    counted = (
        select(rights_miss.c.term, func.count().label("times"), func.min(rights_miss.c.mark).label("one"))
        .group_by(rights_miss.c.term)
        .having(func.count() >= SHOWN_FROM)
        .subquery()
    )
    rows = uow.db.execute(
        select(rights_miss.c.mark, rights_miss.c.word, counted.c.times).join(
            counted, counted.c.one == rights_miss.c.mark
        )
    )
    found = [Miss(uow.vault.open(_OWNER, "rights_miss", "word", row.mark, row.word), row.times) for row in rows]
    return sorted(found, key=lambda miss: (-miss.conversations, miss.word))[:MOST_SHOWN]


def forget(uow: UnitOfWork, conversation_id: str) -> None:
    """The person deletes everything: their marks go too."""
    terms = uow.db.execute(select(rights_miss.c.term).distinct()).scalars()
    marks = [_mark(uow, term, conversation_id) for term in terms]
    if marks:
        uow.db.execute(delete(rights_miss).where(rights_miss.c.mark.in_(marks)))


def forget_before(uow: UnitOfWork, moment: datetime) -> int:
    """Words of earlier days go. Returns how many."""
    return uow.db.execute(delete(rights_miss).where(rights_miss.c.day < local_day(moment))).rowcount


def _term(uow: UnitOfWork, word: str) -> str:
    return uow.vault.blind("miss", word)


def _mark(uow: UnitOfWork, term: str, conversation_id: str) -> str:
    return uow.vault.blind("miss_mark", f"{term}\0{conversation_id}")


def _ensure_owner(uow: UnitOfWork) -> None:
    if uow.db.execute(select(owner_key.c.owner).where(owner_key.c.owner == _OWNER)).first() is None:
        try:
            with uow.db.begin_nested():
                uow.vault.create_owner(_OWNER)
        except IntegrityError:
            pass  # another process was first
