"""Every page of the product with something on it, served for a module of tests, and one browser beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from bot.clock import ManualClock
from tests.channels.web.conftest import chromium
from tests.doubles.serving import serve
from tests.rights.conftest import library_template, opened
from tests.web.house import House, furnish, product

__all__ = ["chromium", "library_template"]


@pytest.fixture(scope="module")
def house(library_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One house for all tests of a module: furnishing it takes seconds."""
    path = tmp_path_factory.mktemp("house") / "pendamping.db"
    path.write_bytes(library_template.read_bytes())
    with opened(path, ManualClock()) as db:
        yield furnish(db)


@pytest.fixture(scope="module")
def app(house: House) -> FastAPI:
    return product(house.db)


@pytest.fixture(scope="module")
def base(app: FastAPI) -> Iterator[str]:
    with serve(app) as address:
        yield address
