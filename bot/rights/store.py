"""Table of the articles that readers get. They are public by nature, so nothing here is sealed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Date,
    ForeignKey,
    Integer,
    String,
    Table,
    Text,
    delete,
    false,
    func,
    insert,
    select,
    update,
)

from bot.rights.model import Article, Citation, Deadline, Shown, Words
from bot.storage.engine import Instant, metadata
from bot.storage.unit_of_work import UnitOfWork

STARTER, AGENCY = "starter", "agency"

rights_article = Table(
    "rights_article",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("code", String(12), nullable=False, unique=True),
    Column("slug", String(80), nullable=False, unique=True),
    # The digest of the content: what changed, and whether the search index is still right, is seen from it.
    Column("version", String(64), nullable=False),
    # "starter" rows follow the files in data/rights; "agency" rows are what an agency has published and not withdrawn.
    Column("origin", String(20), nullable=False),
    Column("organisation_id", String(32), ForeignKey("organisation.id")),
    # Of an agency's article: which of its versions this is, and whether a law that it cites has changed.
    Column("number", Integer),
    Column("in_doubt", Boolean, nullable=False, server_default=false()),
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
    # The last two came later than the first articles.
    for name in ("topics", "problem_types", "related", "regions", "services"):
        raw[name] = tuple(raw.get(name, ()))
    raw["deadlines"] = tuple(Deadline(**item) for item in raw["deadlines"])
    raw["citations"] = tuple(Citation(**item) for item in raw["citations"])
    raw["words"] = {lang: _words(words) for lang, words in raw["words"].items()}
    return Article(**raw)


def _words(raw: dict[str, Any]) -> Words:
    lists = {name: tuple(raw.get(name, ())) for name in ("questions", "steps", "limits", "who", "practice")}
    return Words(title=raw["title"], short=raw["short"], body=raw["body"], **lists)


def versions(uow: UnitOfWork) -> Versions:
    """Code and version of every article, by code: the fingerprint of the table."""
    rows = uow.db.execute(select(rights_article.c.code, rights_article.c.version).order_by(rights_article.c.code))
    return tuple((row.code, row.version) for row in rows)


def all_articles(uow: UnitOfWork) -> tuple[Article, ...]:
    """Every article, by code."""
    rows = uow.db.execute(select(rights_article.c.content).order_by(rights_article.c.code))
    return tuple(load(row.content) for row in rows)


def by_slug(uow: UnitOfWork, slug: str) -> Shown | None:
    """What readers get at this address."""
    return _shown(uow, rights_article.c.slug == slug)


def by_code(uow: UnitOfWork, code: str) -> Shown | None:
    """What readers get under this code, such as R05."""
    return _shown(uow, rights_article.c.code == code)


def _shown(uow: UnitOfWork, which: ColumnElement[bool]) -> Shown | None:
    row = uow.db.execute(select(rights_article).where(which)).first()
    return None if row is None else _as_shown(row)


def _as_shown(row: Any) -> Shown:
    label = f"v{row.number}" if row.number else f"{row.origin}-{row.version[:10]}"
    return Shown(load(row.content), label, row.in_doubt)


def all_shown(uow: UnitOfWork) -> list[Shown]:
    """Every article as readers get it, by code."""
    return [_as_shown(row) for row in uow.db.execute(select(rights_article).order_by(rights_article.c.code))]


def last_change(uow: UnitOfWork) -> datetime | None:
    """When any article last changed for readers."""
    changed: datetime | None = uow.db.execute(select(func.max(rights_article.c.changed_at))).scalar_one()
    return changed


def starters(uow: UnitOfWork) -> dict[str, str]:
    """The version of each starter article, by code."""
    query = select(rights_article.c.code, rights_article.c.version).where(rights_article.c.origin == STARTER)
    return {row.code: row.version for row in uow.db.execute(query)}


def all_starters(uow: UnitOfWork) -> list[Article]:
    """The starter articles that readers get, by code."""
    query = select(rights_article.c.content).where(rights_article.c.origin == STARTER)
    return [load(content) for content in uow.db.execute(query.order_by(rights_article.c.code)).scalars()]


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


def put_out(uow: UnitOfWork, article: Article, *, organisation_id: str, number: int) -> None:
    """From now on readers get this version of an agency's article, in place of an earlier one or of a starter."""
    values = {
        **_columns(uow, article, digest(article)),
        "origin": AGENCY,
        "organisation_id": organisation_id,
        "number": number,
        "in_doubt": False,
    }
    here = rights_article.c.code == article.code
    if uow.db.execute(update(rights_article).where(here).values(values)).rowcount == 0:
        uow.db.execute(insert(rights_article).values({"id": uow.new_id(), "code": article.code, **values}))


def take_in(uow: UnitOfWork, code: str) -> None:
    """Readers get nothing of an agency's article any more."""
    uow.db.execute(delete(rights_article).where(rights_article.c.origin == AGENCY, rights_article.c.code == code))


def doubt(uow: UnitOfWork, code: str) -> None:
    """Readers are told that a law behind an article has changed."""
    uow.db.execute(update(rights_article).where(rights_article.c.code == code).values(in_doubt=True))


def digest(article: Article) -> str:
    """Changes with anything in an article."""
    return hashlib.sha256(dump(article).encode()).hexdigest()


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
