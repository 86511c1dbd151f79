"""Table of the articles. They are public by nature, so nothing here is sealed."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import Boolean, Column, Date, String, Table, Text, delete, insert, select, update

from bot.rights.model import Article, Citation, Deadline, Words
from bot.storage.engine import Instant, metadata
from bot.storage.unit_of_work import UnitOfWork

STARTER = "starter"

rights_article = Table(
    "rights_article",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("code", String(12), nullable=False, unique=True),
    Column("slug", String(80), nullable=False, unique=True),
    # The digest of the content: what changed, and whether the search index is still right, is seen from it.
    Column("version", String(64), nullable=False),
    # "starter" rows follow the files in data/rights; others belong to the agency that wrote them.
    Column("origin", String(20), nullable=False),
    Column("agency", String(120)),
    Column("adopted", Boolean, nullable=False),
    Column("jurisdiction", String(20), nullable=False),
    Column("valid_until", Date, nullable=False),
    Column("content", Text, nullable=False),
    Column("changed_at", Instant, nullable=False),
)

_DATES = ("reviewed_on", "compiled_on", "valid_until")

Versions = tuple[tuple[str, str], ...]


def dump(article: Article) -> str:
    """An article as JSON, the same for the same article."""
    return json.dumps(asdict(article), ensure_ascii=False, sort_keys=True, default=date.isoformat)


def load(content: str) -> Article:
    """An article from its JSON."""
    raw: dict[str, Any] = json.loads(content)
    for name in _DATES:
        raw[name] = date.fromisoformat(raw[name]) if raw[name] else None
    for name in ("topics", "problem_types", "related"):
        raw[name] = tuple(raw[name])
    raw["deadlines"] = tuple(Deadline(**item) for item in raw["deadlines"])
    raw["citations"] = tuple(Citation(**item) for item in raw["citations"])
    raw["words"] = {lang: _words(words) for lang, words in raw["words"].items()}
    return Article(**raw)


def _words(raw: dict[str, Any]) -> Words:
    lists = {name: tuple(raw[name]) for name in ("questions", "steps", "limits", "who")}
    return Words(title=raw["title"], short=raw["short"], body=raw["body"], **lists)


def versions(uow: UnitOfWork) -> Versions:
    """Code and version of every article, by code: the fingerprint of the table."""
    rows = uow.db.execute(select(rights_article.c.code, rights_article.c.version).order_by(rights_article.c.code))
    return tuple((row.code, row.version) for row in rows)


def all_articles(uow: UnitOfWork) -> tuple[Article, ...]:
    """Every article, by code."""
    rows = uow.db.execute(select(rights_article.c.content).order_by(rights_article.c.code))
    return tuple(load(row.content) for row in rows)


def by_slug(uow: UnitOfWork, slug: str) -> Article | None:
    """The article with this address."""
    content = uow.db.execute(select(rights_article.c.content).where(rights_article.c.slug == slug)).scalar_one_or_none()
    return load(content) if content else None


def by_code(uow: UnitOfWork, code: str) -> Article | None:
    """The article with this code, such as R05."""
    content = uow.db.execute(select(rights_article.c.content).where(rights_article.c.code == code)).scalar_one_or_none()
    return load(content) if content else None


def starters(uow: UnitOfWork) -> dict[str, str]:
    """The version of each starter article, by code."""
    query = select(rights_article.c.code, rights_article.c.version).where(rights_article.c.origin == STARTER)
    return {row.code: row.version for row in uow.db.execute(query)}


def taken_codes(uow: UnitOfWork) -> set[str]:
    """Codes of articles that are no longer starters."""
    query = select(rights_article.c.code).where(rights_article.c.origin != STARTER)
    return set(uow.db.execute(query).scalars())


def add_starter(uow: UnitOfWork, article: Article, version: str) -> None:
    """A new starter article."""
    values = {"id": uow.new_id(), "code": article.code, "origin": STARTER, **_columns(uow, article, version)}
    uow.db.execute(insert(rights_article).values(values))


def change_starter(uow: UnitOfWork, article: Article, version: str) -> None:
    """New content for a starter article."""
    uow.db.execute(
        update(rights_article).where(rights_article.c.code == article.code).values(_columns(uow, article, version))
    )


def remove_starters(uow: UnitOfWork, codes: set[str]) -> None:
    """Starter articles whose file is gone."""
    uow.db.execute(delete(rights_article).where(rights_article.c.origin == STARTER, rights_article.c.code.in_(codes)))


def _columns(uow: UnitOfWork, article: Article, version: str) -> dict[str, Any]:
    return {
        "slug": article.slug,
        "version": version,
        "agency": article.agency,
        "adopted": article.adopted,
        "jurisdiction": article.jurisdiction,
        "valid_until": article.valid_until,
        "content": dump(article),
        "changed_at": uow.now,
    }
