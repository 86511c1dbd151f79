"""What the pages for agencies show: the list with what expires soonest on top, and one article with its history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from bot.accounts.model import Staff
from bot.accounts.store import staff_of
from bot.rights import store as shown
from bot.rights.model import Article, local_day
from bot.rights.publishing import misses, reminders, store
from bot.rights.publishing.misses import Miss
from bot.rights.publishing.model import State
from bot.rights.publishing.service import agency_name, signed
from bot.rights.publishing.store import Comment, Dossier, StoredVersion
from bot.storage.unit_of_work import UnitOfWork

URGENT = (State.EXPIRED, State.EXPIRING)


@dataclass(frozen=True)
class Row:
    """An article in the list. `days` until it expires; None where nothing of it is out. `warned`: an unseen warning."""

    dossier: Dossier
    title: str
    state: State
    days: int | None
    warned: int | None

    @property
    def waits(self) -> bool:
        """Whether somebody at the agency has to do something."""
        life = self.dossier.life
        asked = life.in_review or life.correction_by is not None
        return asked or self.state in URGENT or bool(life.marked) or life.owes_review or self.warned is not None


@dataclass(frozen=True)
class Starter:
    """A starter article that no agency has begun to adopt."""

    code: str
    title: str
    valid_until: date


@dataclass(frozen=True)
class Desk:
    """The whole first page of an agency."""

    agency: str
    rows: tuple[Row, ...]
    starters: tuple[Starter, ...]
    misses: tuple[Miss, ...]
    today: date


@dataclass(frozen=True)
class Opened:
    """One article: its newest text, the one that is out, its history, and what colleagues said."""

    dossier: Dossier
    newest: Article
    agency: str
    versions: tuple[StoredVersion, ...]
    comments: tuple[Comment, ...]
    names: Mapping[str, str]
    state: State
    today: date
    warned: int | None

    @property
    def number(self) -> int:
        """The number of the newest version."""
        return len(self.dossier.life.versions)


def desk(uow: UnitOfWork, who: Staff) -> Desk:
    """Everything of one's own agency, what expires soonest on top."""
    today, warned = local_day(uow.now), reminders.unseen_warnings(uow, who.organisation_id)
    rows = [_row(uow, dossier, today, warned.get(dossier.id)) for dossier in store.all_of(uow, who.organisation_id)]
    rows.sort(key=lambda row: (row.days is None, row.days or 0, row.dossier.code))
    return Desk(
        agency=agency_name(uow, who.organisation_id),
        rows=tuple(rows),
        starters=_starters(uow),
        misses=tuple(misses.often(uow)),
        today=today,
    )


def _row(uow: UnitOfWork, dossier: Dossier, today: date, warned: int | None) -> Row:
    life = dossier.life
    newest = shown.load(store.content_of(uow, dossier.id, life.published or len(life.versions)))
    days = (life.version(life.published).valid_until - today).days if life.published is not None else None
    return Row(dossier, newest.words["id"].title, life.state(today), days, warned)


def _starters(uow: UnitOfWork) -> tuple[Starter, ...]:
    free = [article for article in shown.all_starters(uow) if article.code not in store.taken(uow)]
    free.sort(key=lambda article: (article.valid_until, article.code))
    return tuple(Starter(article.code, article.words["id"].title, article.valid_until) for article in free)


def opened(uow: UnitOfWork, who: Staff, article_id: str) -> Opened:
    """One article of one's own agency. Raises RecordNotFound."""
    dossier = store.own(uow, who.organisation_id, article_id)
    today = local_day(uow.now)
    return Opened(
        dossier=dossier,
        newest=version(uow, dossier, len(dossier.life.versions)),
        agency=agency_name(uow, dossier.organisation_id),
        versions=tuple(store.stored_versions(uow, article_id)),
        comments=tuple(store.comments_on(uow, article_id)),
        names={member.id: member.designation for member in staff_of(uow, dossier.organisation_id)},
        state=dossier.life.state(today),
        today=today,
        warned=reminders.unseen_warnings(uow, who.organisation_id).get(article_id),
    )


def version(uow: UnitOfWork, dossier: Dossier, number: int) -> Article:
    """The text of one version. Raises RecordNotFound."""
    return shown.load(store.content_of(uow, dossier.id, number))


def as_published(uow: UnitOfWork, who: Staff, article: Article) -> Article:
    """The article as readers would get it if it were let out today."""
    return signed(article, agency_name(uow, who.organisation_id), who.designation, uow)


def texts_of(uow: UnitOfWork, who: Staff) -> list[Article]:
    """The newest text of each article of one's own agency, for taking along as files."""
    return [version(uow, dossier, len(dossier.life.versions)) for dossier in store.all_of(uow, who.organisation_id)]
