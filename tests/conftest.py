"""Shared fixtures: a real database of each kind, a clock that stands still."""

from __future__ import annotations

import os
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import expect

from bot.clock import ManualClock
from bot.storage.encryption import MasterKey
from bot.storage.engine import make_engine
from bot.storage.migrate import upgrade
from bot.storage.unit_of_work import Database

POSTGRES = os.environ.get("PENDAMPING_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")


CHROMIUM = Path("/usr/bin/chromium")
IN_CI = os.environ.get("CI") == "true"
# A busy machine may take long; what is promised in seconds is measured by the test that promises it.
expect.set_options(timeout=60_000)


@cache
def missing_postgres() -> str:
    """Why tests on PostgreSQL can't run here; empty where they can."""
    try:
        psycopg.connect(POSTGRES, connect_timeout=3).close()
    except psycopg.OperationalError:
        return "no PostgreSQL at 127.0.0.1:5432 (PENDAMPING_TEST_POSTGRES names another)"
    return ""


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """On a bare machine tests that need a server or a browser are skipped and say so; in CI that is a failure."""
    wants = set(getattr(item, "fixturenames", ()))
    reasons = []
    if "postgres_url" in wants or "postgresql" in item.name:
        reasons.append(missing_postgres())
    if "chromium" in wants or item.path.name == "test_web_story.py":
        reasons.append("" if CHROMIUM.exists() else "no Chromium (apt install chromium)")
    for reason in filter(None, reasons):
        (pytest.fail if IN_CI else pytest.skip)(reason)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file that each test copies."""
    path = tmp_path_factory.mktemp("template") / "pendamping.db"
    upgrade(f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    target = tmp_path / "pendamping.db"
    target.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{target}"


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[str]:
    """A migrated, empty PostgreSQL database that each test clones."""
    with new_postgres_database() as url:
        upgrade(url)
        yield url.rpartition("/")[2]


@pytest.fixture
def postgres_url(postgres_template: str) -> Iterator[str]:
    with new_postgres_database(postgres_template) as url:
        yield url


@pytest.fixture
def empty_postgres_url() -> Iterator[str]:
    """A PostgreSQL database without any table."""
    with new_postgres_database() as url:
        yield url


@pytest.fixture
def second_postgres_url() -> Iterator[str]:
    """Another one."""
    with new_postgres_database() as url:
        yield url


@pytest.fixture
def db(sqlite_url: str, clock: ManualClock) -> Iterator[Database]:
    """A migrated SQLite database."""
    yield from _database(sqlite_url, clock)


@pytest.fixture(params=["sqlite", "postgresql"])
def any_db(request: pytest.FixtureRequest, clock: ManualClock) -> Iterator[Database]:
    """The same test on both databases."""
    url = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    yield from _database(url, clock)


@pytest.fixture(params=["sqlite", "postgresql"])
def any_url(request: pytest.FixtureRequest) -> str:
    """The address of a migrated database, of each kind."""
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url"))


def _database(url: str, clock: ManualClock) -> Iterator[Database]:
    database = Database(make_engine(url), MasterKey(b"k" * 32), clock=clock)
    yield database
    database.engine.dispose()


@contextmanager
def new_postgres_database(template: str | None = None) -> Iterator[str]:
    """The address of an empty database, or of a copy of `template`; gone afterwards."""
    name = f"pendamping_test_{uuid.uuid4().hex[:12]}"
    suffix = f' TEMPLATE "{template}"' if template else ""
    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"{suffix}')
    try:
        yield POSTGRES.rsplit("/", 1)[0] + f"/{name}"
    finally:
        with psycopg.connect(POSTGRES, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
