"""An agency with an editor and a reviewer, another one beside it, and the pages they work with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from fastapi import FastAPI

from bot.accounts.model import Role
from bot.accounts.sessions import SignedIn
from bot.assistant.catalogue import load_catalogue
from bot.clock import ManualClock
from bot.config import Settings
from bot.handoff.pages import desk_router
from bot.rights import store as shown
from bot.rights.model import Article
from bot.rights.pages import rights_router
from bot.rights.publishing import service, store
from bot.rights.publishing.pages import publishing_router
from bot.rights.publishing.service import CHECKLIST
from bot.rights.services.near_pages import near_router
from bot.rights.services.pages import directory_router
from bot.storage.unit_of_work import Database, UnitOfWork
from bot.web.shell import make_web
from tests.accounts.people import join, other_organisation
from tests.handoff.builders import say
from tests.rights.conftest import opened

ALL_CHECKED = frozenset(CHECKLIST)


@dataclass(frozen=True)
class Agency:
    """Two people who work together; `both` has both roles."""

    id: str
    editor: SignedIn
    reviewer: SignedIn
    both: SignedIn


def agency(db: Database) -> Agency:
    """A new agency with its people."""
    home = other_organisation(db)
    return Agency(
        id=home,
        editor=join(db, Role.AGENCY_EDITOR, organisation_id=home),
        reviewer=join(db, Role.AGENCY_REVIEWER, organisation_id=home),
        both=join(db, Role.AGENCY_EDITOR, Role.AGENCY_REVIEWER, organisation_id=home),
    )


@pytest.fixture(scope="session")
def agencies(library_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Agency, Agency]:
    """The starters and two agencies, in a file that each test copies: making six passwords takes seconds."""
    path = tmp_path_factory.mktemp("agencies") / "pendamping.db"
    path.write_bytes(library_template.read_bytes())
    with opened(path, ManualClock()) as db:
        both = agency(db), agency(db)
    return path, *both


@pytest.fixture
def library(agencies: tuple[Path, Agency, Agency], tmp_path: Path, clock: ManualClock) -> Iterator[Database]:
    """A database with the starter articles of the repository and the two agencies."""
    path = tmp_path / "library.db"
    path.write_bytes(agencies[0].read_bytes())
    with opened(path, clock) as db:
        yield db


@pytest.fixture
def ours(library: Database, agencies: tuple[Path, Agency, Agency]) -> Agency:
    return agencies[1]


@pytest.fixture
def theirs(library: Database, agencies: tuple[Path, Agency, Agency]) -> Agency:
    return agencies[2]


def adopted(db: Database, who: Agency, code: str = "R08") -> str:
    """A starter that the agency has just begun to adopt."""
    return db.run_sync(lambda uow: service.adopt(uow, who.editor.staff, code))


def published(db: Database, who: Agency, code: str = "R08") -> str:
    """A starter that the agency has adopted, reviewed and published."""
    article_id = adopted(db, who, code)
    release(db, who, article_id)
    return article_id


def release(db: Database, who: Agency, article_id: str) -> None:
    """Review the newest draft and let it out."""
    db.run_sync(lambda uow: service.submit(uow, who.editor.staff, article_id))

    def publish(uow: UnitOfWork) -> None:
        number = store.own(uow, who.id, article_id).life.work
        assert number is not None
        service.publish(uow, who.reviewer.staff, article_id, number, ALL_CHECKED)

    db.run_sync(publish)


def read(uow: UnitOfWork, who: Agency, article_id: str) -> tuple[Article, int]:
    """The newest text of an article, and its number."""
    number = len(store.own(uow, who.id, article_id).life.versions)
    return shown.load(store.content_of(uow, article_id, number)), number


def write(db: Database, who: Agency, article_id: str, *, by: SignedIn | None = None, **words: object) -> None:
    """A new version with other Indonesian words."""

    def work(uow: UnitOfWork) -> None:
        article, number = read(uow, who, article_id)
        changed = {**article.words, "id": replace(article.words["id"], **words)}
        service.save(uow, (by or who.editor).staff, article_id, replace(article, words=changed), number)

    db.run_sync(work)


@pytest.fixture
def app(library: Database) -> FastAPI:
    return publishing_app(library)


def publishing_app(db: Database) -> FastAPI:
    """The pages for agencies, the public ones and the desk's door, in their shell."""
    settings = Settings(public_url="http://desk.test", agency="Rumah Aman", _env_file=None)
    web = make_web(settings)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    web.install(app)
    app.include_router(rights_router(db, web, settings))
    app.include_router(near_router(db, web))
    app.include_router(directory_router(db, web))
    app.include_router(publishing_router(db, web, load_catalogue(agency="Rumah Aman").say))
    app.include_router(desk_router(db, web, say, settings))
    return app
