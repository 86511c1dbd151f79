"""Two agencies in an empty database, and the pages they work with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from bot.clock import ManualClock
from bot.storage.unit_of_work import Database
from tests.rights.conftest import opened
from tests.rights.publishing.conftest import Agency, agency, publishing_app


@pytest.fixture(scope="session")
def two_agencies(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Agency, Agency]:
    """In a file that each test copies: making six passwords takes seconds."""
    path = tmp_path_factory.mktemp("agencies") / "pendamping.db"
    path.write_bytes(sqlite_template.read_bytes())
    with opened(path, ManualClock()) as db:
        both = agency(db), agency(db)
    return path, *both


@pytest.fixture
def house(two_agencies: tuple[Path, Agency, Agency], tmp_path: Path, clock: ManualClock) -> Iterator[Database]:
    path = tmp_path / "house.db"
    path.write_bytes(two_agencies[0].read_bytes())
    with opened(path, clock) as db:
        yield db


@pytest.fixture
def ours(two_agencies: tuple[Path, Agency, Agency]) -> Agency:
    return two_agencies[1]


@pytest.fixture
def theirs(two_agencies: tuple[Path, Agency, Agency]) -> Agency:
    return two_agencies[2]


@pytest.fixture
def app(house: Database) -> FastAPI:
    return publishing_app(house)
