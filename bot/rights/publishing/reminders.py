"""Table of the warnings that an article expires soon: each once for a version, seen when a colleague ticks it."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, String, Table, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from bot.rights.publishing.store import article
from bot.storage.engine import Instant, metadata
from bot.storage.unit_of_work import UnitOfWork

article_warning = Table(
    "article_warning",
    metadata,
    Column("article_id", String(32), ForeignKey("article.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("days", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("seen_by", String(32), ForeignKey("staff.id")),
)


def warnings_given(uow: UnitOfWork) -> dict[tuple[str, int], set[int]]:
    """The warnings so far, by article and version."""
    found: dict[tuple[str, int], set[int]] = {}
    for row in uow.db.execute(select(article_warning)):
        found.setdefault((row.article_id, row.number), set()).add(row.days)
    return found


def add_warning(uow: UnitOfWork, article_id: str, number: int, days: int) -> bool:
    """Keep a warning; False when another process was first."""
    try:
        with uow.db.begin_nested():
            uow.db.execute(insert(article_warning).values(article_id=article_id, number=number, days=days, at=uow.now))
    except IntegrityError:
        return False
    return True


def unseen_warnings(uow: UnitOfWork, organisation_id: str) -> dict[str, int]:
    """By article the nearest warning that nobody of this agency has ticked, about the version that is out."""
    rows = uow.db.execute(
        select(article_warning.c.article_id, func.min(article_warning.c.days).label("days"))
        .join(article, article.c.id == article_warning.c.article_id)
        .where(
            article.c.organisation_id == organisation_id,
            article.c.published == article_warning.c.number,
            article_warning.c.seen_by.is_(None),
        )
        .group_by(article_warning.c.article_id)
    )
    return {row.article_id: row.days for row in rows}


def see_warnings(uow: UnitOfWork, article_id: str, staff_id: str) -> None:
    """Tick every warning about an article."""
    here = (article_warning.c.article_id == article_id) & article_warning.c.seen_by.is_(None)
    uow.db.execute(update(article_warning).where(here).values(seen_by=staff_id))
