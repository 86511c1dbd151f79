"""Tables of what agencies write: articles with all their versions, comments, warnings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    insert,
    or_,
    select,
    update,
)

from bot.accounts.model import RecordNotFound, Staff
from bot.rights.publishing.model import Life, Version
from bot.storage.engine import Instant, metadata
from bot.storage.unit_of_work import UnitOfWork

article = Table(
    "article",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("organisation_id", String(32), ForeignKey("organisation.id"), nullable=False),
    Column("code", String(12), nullable=False, unique=True),
    Column("slug", String(80), nullable=False, unique=True),
    Column("created_at", Instant, nullable=False),
    # The rest is its life (bot/rights/publishing/model.py); expiry is not in it, because only the calendar knows that.
    Column("work", Integer),
    Column("in_review", Boolean, nullable=False),
    Column("correction_by", String(32), ForeignKey("staff.id")),
    Column("published", Integer),
    Column("withdrawn", Boolean, nullable=False),
    Column("marked", String(200), nullable=False),
    Column("owes_review", Boolean, nullable=False),
    # Since then its code belongs to the agency for good: a starter of the same code does not come back.
    Column("first_published_at", Instant),
    Index("ix_article_organisation_id", "organisation_id"),
)

# Append-only: a version never changes, and none is ever deleted. Only when it went out is added once.
article_version = Table(
    "article_version",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("article_id", String(32), ForeignKey("article.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("content", Text, nullable=False),
    Column("valid_until", Date, nullable=False),
    # Ids of everybody whose unreviewed words are in it, separated by commas.
    Column("hands", Text, nullable=False),
    Column("author_id", String(32), ForeignKey("staff.id"), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("restored_from", Integer),
    Column("published_at", Instant),
    Column("published_by", String(32), ForeignKey("staff.id")),
    Column("urgent", Boolean, nullable=False),
    UniqueConstraint("article_id", "number"),
)

article_comment = Table(
    "article_comment",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("article_id", String(32), ForeignKey("article.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("staff_id", String(32), ForeignKey("staff.id"), nullable=False),
    Column("at", Instant, nullable=False),
    # Sealed with the key of whoever wrote it: colleagues may mention a case although they should not.
    Column("text", LargeBinary, nullable=False),
    Index("ix_article_comment_article_id", "article_id"),
)


@dataclass(frozen=True)
class Dossier:
    """An agency's article: whose it is, and its life."""

    id: str
    organisation_id: str
    code: str
    slug: str
    life: Life


@dataclass(frozen=True)
class StoredVersion:
    """What is known of one version beside its text."""

    number: int
    author_id: str
    made_at: datetime
    restored_from: int | None
    published_at: datetime | None
    published_by: str | None
    urgent: bool


def published_codes(uow: UnitOfWork) -> set[str]:
    """Codes of articles that an agency has published at least once."""
    return set(uow.db.execute(select(article.c.code).where(article.c.first_published_at.is_not(None))).scalars())


def was_withdrawn(uow: UnitOfWork, place: str) -> bool:
    """Whether the article of this address, or of this code, was taken back."""
    here = or_(article.c.slug == place, article.c.code == place)
    query = select(article.c.withdrawn).where(here, article.c.first_published_at.is_not(None))
    return bool(uow.db.execute(query).scalar_one_or_none())


def own(uow: UnitOfWork, organisation_id: str, article_id: str, *, for_change: bool = False) -> Dossier:
    """An article of this agency, locked if it is to change. Raises RecordNotFound, for another agency's too."""
    query = select(article).where(article.c.id == article_id, article.c.organisation_id == organisation_id)
    row = uow.db.execute(query.with_for_update() if for_change else query).first()
    if row is None:
        raise RecordNotFound(article_id)
    return _dossier(row, _versions(uow, [article_id]).get(article_id, ()))


def all_of(uow: UnitOfWork, organisation_id: str) -> list[Dossier]:
    """Every article of one agency, by code."""
    rows = uow.db.execute(
        select(article).where(article.c.organisation_id == organisation_id).order_by(article.c.code)
    ).all()
    versions = _versions(uow, [row.id for row in rows])
    return [_dossier(row, versions.get(row.id, ())) for row in rows]


def taken(uow: UnitOfWork) -> dict[str, str]:
    """The agency of each code that one works on."""
    return {row.code: row.organisation_id for row in uow.db.execute(select(article.c.code, article.c.organisation_id))}


def by_code_of(uow: UnitOfWork, organisation_id: str, code: str) -> Dossier | None:
    """This agency's article of a code."""
    query = select(article.c.id).where(article.c.code == code, article.c.organisation_id == organisation_id)
    found = uow.db.execute(query).scalar_one_or_none()
    return own(uow, organisation_id, found, for_change=True) if found else None


def _versions(uow: UnitOfWork, ids: list[str]) -> dict[str, tuple[Version, ...]]:
    c = article_version.c
    rows = uow.db.execute(
        select(c.article_id, c.number, c.valid_until, c.hands).where(c.article_id.in_(ids)).order_by(c.number)
    )
    found: dict[str, tuple[Version, ...]] = {}
    for row in rows:
        version = Version(row.number, row.valid_until, frozenset(row.hands.split(",")))
        found[row.article_id] = (*found.get(row.article_id, ()), version)
    return found


def _dossier(row: Any, versions: tuple[Version, ...]) -> Dossier:
    life = Life(
        versions=versions,
        work=row.work,
        in_review=row.in_review,
        correction_by=row.correction_by,
        published=row.published,
        withdrawn=row.withdrawn,
        marked=row.marked,
        owes_review=row.owes_review,
    )
    return Dossier(row.id, row.organisation_id, row.code, row.slug, life)


def add(uow: UnitOfWork, organisation_id: str, code: str, slug: str) -> Dossier:
    """A new article without any version."""
    new = Dossier(uow.new_id(), organisation_id, code, slug, Life())
    uow.db.execute(
        insert(article).values(
            id=new.id, organisation_id=organisation_id, code=code, slug=slug, created_at=uow.now, **_columns(new.life)
        )
    )
    return new


def keep(uow: UnitOfWork, dossier: Dossier, life: Life) -> None:
    """Keep what an event made of a life; its versions are kept by `add_version`."""
    uow.db.execute(update(article).where(article.c.id == dossier.id).values(**_columns(life)))


def _columns(life: Life) -> dict[str, Any]:
    return {
        "work": life.work,
        "in_review": life.in_review,
        "correction_by": life.correction_by,
        "published": life.published,
        "withdrawn": life.withdrawn,
        "marked": life.marked,
        "owes_review": life.owes_review,
    }


def add_version(
    uow: UnitOfWork, dossier: Dossier, version: Version, content: str, author_id: str, restored_from: int | None = None
) -> None:
    """Keep a version for good."""
    uow.db.execute(
        insert(article_version).values(
            id=uow.new_id(),
            article_id=dossier.id,
            number=version.number,
            content=content,
            valid_until=version.valid_until,
            hands=",".join(sorted(version.hands)),
            author_id=author_id,
            made_at=uow.now,
            restored_from=restored_from,
            urgent=False,
        )
    )


def note_publication(uow: UnitOfWork, dossier: Dossier, number: int, staff_id: str, *, urgent: bool) -> None:
    """Write down when a version went out and who let it."""
    here = (article_version.c.article_id == dossier.id) & (article_version.c.number == number)
    uow.db.execute(
        update(article_version).where(here).values(published_at=uow.now, published_by=staff_id, urgent=urgent)
    )
    first = (article.c.id == dossier.id) & article.c.first_published_at.is_(None)
    uow.db.execute(update(article).where(first).values(first_published_at=uow.now))


def content_of(uow: UnitOfWork, article_id: str, number: int) -> str:
    """The content of one version. Raises RecordNotFound."""
    query = select(article_version.c.content).where(
        article_version.c.article_id == article_id, article_version.c.number == number
    )
    found = uow.db.execute(query).scalar_one_or_none()
    if found is None:
        raise RecordNotFound(f"{article_id}/{number}")
    return str(found)


def stored_versions(uow: UnitOfWork, article_id: str) -> list[StoredVersion]:
    """Every version of an article, the newest first."""
    names = StoredVersion.__dataclass_fields__
    rows = uow.db.execute(
        select(*(article_version.c[name] for name in names))
        .where(article_version.c.article_id == article_id)
        .order_by(article_version.c.number.desc())
    )
    return [StoredVersion(*row) for row in rows]


def slug_taken(uow: UnitOfWork, slug: str) -> bool:
    """Whether an agency's article has this address."""
    return uow.db.execute(select(article.c.id).where(article.c.slug == slug)).first() is not None


def all_published(uow: UnitOfWork) -> list[Dossier]:
    """Every agency's articles that are out."""
    rows = uow.db.execute(select(article).where(article.c.published.is_not(None)).order_by(article.c.code)).all()
    versions = _versions(uow, [row.id for row in rows])
    return [_dossier(row, versions.get(row.id, ())) for row in rows]


@dataclass(frozen=True)
class Comment:
    """What a colleague said about a version."""

    number: int
    staff_id: str
    at: datetime
    text: str


def add_comment(uow: UnitOfWork, dossier: Dossier, who: Staff, text: str) -> None:
    """Keep a comment on the newest version."""
    row = uow.new_id()
    uow.db.execute(
        insert(article_comment).values(
            id=row,
            article_id=dossier.id,
            number=len(dossier.life.versions),
            staff_id=who.id,
            at=uow.now,
            text=uow.vault.seal(who.id, "article_comment", "text", row, text),
        )
    )


def comments_on(uow: UnitOfWork, article_id: str) -> list[Comment]:
    """All comments on an article, the oldest first."""
    rows = uow.db.execute(
        select(article_comment).where(article_comment.c.article_id == article_id).order_by(article_comment.c.at)
    )
    return [
        Comment(
            row.number, row.staff_id, row.at, uow.vault.open(row.staff_id, "article_comment", "text", row.id, row.text)
        )
        for row in rows
    ]
