from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect

import bot.schema  # noqa: F401  # every table of the house
from bot.conversation import intake
from bot.conversation.model import Inbound, Kind
from bot.storage.encryption import MasterKey
from bot.storage.engine import make_engine, metadata
from bot.storage.migrate import downgrade, is_current, upgrade
from bot.storage.unit_of_work import Database


def test_the_migrations_make_exactly_the_tables_that_the_code_knows(any_url: str) -> None:
    engine = make_engine(any_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_a_database_with_data_in_it_goes_down_and_up_again(any_url: str) -> None:
    db = Database(make_engine(any_url), MasterKey(b"k" * 32))
    db.run_sync(lambda uow: intake.receive(uow, Inbound("web", "web", "1", "c", Kind.TEXT, "halo")))
    db.engine.dispose()
    downgrade(any_url, "base")
    engine = make_engine(any_url)
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    engine.dispose()
    upgrade(any_url)
    assert is_current(any_url)


def test_a_database_that_is_behind_is_noticed(any_url: str) -> None:
    assert is_current(any_url)
    downgrade(any_url, "base")
    assert not is_current(any_url)
