from __future__ import annotations

from dataclasses import replace

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, select

import bot.schema  # noqa: F401  # every table of the house
from bot.accounts import second_step
from bot.accounts.model import InvitationInvalid, Role
from bot.accounts.organisations import ask_for_second_step, organisation_of
from bot.accounts.service import invite, offer_way_back, open_invitation
from bot.accounts.sessions import find_session
from bot.accounts.store import audit
from bot.clock import ManualClock
from bot.conversation import intake
from bot.conversation.model import Inbound, Kind
from bot.conversation.transcript import load
from bot.handoff import service
from bot.handoff.presence import Presence, of_worker, worker_signs
from bot.handoff.reading import open_conversation
from bot.handoff.team.coaching import notes_of, write_note
from bot.replies.model import BadReply, Draft
from bot.replies.service import replies_of, write
from bot.rights.service import import_starters
from bot.rights.services import store as directory
from bot.rights.store import starters
from bot.storage.encryption import MasterKey
from bot.storage.engine import make_engine, metadata
from bot.storage.migrate import downgrade, is_current, upgrade
from bot.storage.unit_of_work import Database
from tests.accounts.people import join, other_organisation, worker
from tests.accounts.test_second_step import set_up
from tests.handoff.builders import claimed
from tests.rights.services.entries import OFFICE, SHELTER

BEFORE_ACCOUNTS, BEFORE_TEAM, BEFORE_DIRECTORY = "0006", "0010", "0012"


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


def test_staff_sessions_and_links_outlive_the_second_step_going_down_and_up(any_url: str) -> None:
    db = Database(make_engine(any_url), MasterKey(b"k" * 32), clock=ManualClock())
    rani = join(db, Role.ADMIN, login="rani@contoh.test")
    budi = join(db).staff
    set_up(db, budi)
    link = db.run_sync(lambda uow: invite(uow, rani.staff, {Role.WORKER}))
    back = db.run_sync(lambda uow: offer_way_back(uow, rani.staff, budi.id))
    before = db.run_sync(lambda uow: [tuple(row) for row in uow.db.execute(select(audit))])
    db.engine.dispose()
    downgrade(any_url, BEFORE_ACCOUNTS)
    upgrade(any_url)
    db = Database(make_engine(any_url), MasterKey(b"k" * 32), clock=ManualClock())
    assert db.run_sync(lambda uow: find_session(uow, rani.token)) is not None
    assert db.run_sync(lambda uow: open_invitation(uow, link)).roles == {Role.WORKER}
    with pytest.raises(InvitationInvalid):
        db.run_sync(lambda uow: open_invitation(uow, back))
    assert not db.run_sync(lambda uow: second_step.standing(uow, budi.id)).on
    assert db.run_sync(lambda uow: [tuple(row) for row in uow.db.execute(select(audit))]) == before
    db.engine.dispose()


def test_a_conversation_that_somebody_holds_survives_the_way_down_and_up(any_url: str) -> None:
    db = Database(make_engine(any_url), MasterKey(b"k" * 32))
    rani = worker(db)
    handoff_id, _ = claimed(db, rani)
    said = db.run_sync(lambda uow: service.say(uow, handoff_id, rani, "Halo", "m1"))
    db.engine.dispose()
    downgrade(any_url, "0006")
    upgrade(any_url)
    db = Database(make_engine(any_url), MasterKey(b"k" * 32))
    content = db.run_sync(lambda uow: open_conversation(uow, handoff_id, rani)).content
    assert content is not None
    assert content.messages[-1].id == said.id
    db.engine.dispose()


def test_canned_replies_go_with_their_table_and_can_be_written_again(any_url: str) -> None:
    db = Database(make_engine(any_url), MasterKey(b"k" * 32), clock=ManualClock())
    rani = join(db).staff
    draft = Draft(key="salam", title="Salam", text_id="Halo.")
    db.run_sync(lambda uow: write(uow, rani, draft, shared=False))
    db.run_sync(lambda uow: write(uow, rani, draft, shared=True))
    db.engine.dispose()
    downgrade(any_url, "0009")
    upgrade(any_url)
    db = Database(make_engine(any_url), MasterKey(b"k" * 32), clock=ManualClock())
    assert db.run_sync(lambda uow: replies_of(uow, rani)) == []
    db.run_sync(lambda uow: write(uow, rani, draft, shared=False))
    with pytest.raises(BadReply):
        db.run_sync(lambda uow: write(uow, rani, draft, shared=False))
    db.engine.dispose()


def test_going_down_loses_the_coaching_notes_and_nothing_else(any_url: str) -> None:
    db = Database(make_engine(any_url), MasterKey(b"k" * 32))
    rani, sari = worker(db), join(db, Role.SUPERVISOR).staff
    handoff_id, _ = claimed(db, rani)
    db.run_sync(lambda uow: write_note(uow, handoff_id, sari, "Tanyakan pelan-pelan."))
    db.engine.dispose()
    downgrade(any_url, BEFORE_TEAM)
    upgrade(any_url)
    db = Database(make_engine(any_url), MasterKey(b"k" * 32))
    assert db.run_sync(lambda uow: notes_of(uow, handoff_id, rani)) == ()
    assert db.run_sync(lambda uow: open_conversation(uow, handoff_id, rani)).content is not None
    db.run_sync(lambda uow: write_note(uow, handoff_id, sari, "Sekali lagi."))
    db.engine.dispose()


def test_going_down_an_organisation_asks_for_no_second_step_and_keeps_its_name(any_url: str) -> None:
    db = Database(make_engine(any_url), MasterKey(b"k" * 32))
    rani = join(db, Role.ADMIN).staff
    db.run_sync(lambda uow: ask_for_second_step(uow, rani, asked=True))
    before = db.run_sync(lambda uow: organisation_of(uow, rani))
    db.engine.dispose()
    downgrade(any_url, BEFORE_TEAM)
    upgrade(any_url)
    db = Database(make_engine(any_url), MasterKey(b"k" * 32))
    after = db.run_sync(lambda uow: organisation_of(uow, rani))
    assert before.second_step_from is not None
    assert after == replace(before, second_step_from=None)
    db.engine.dispose()


def test_how_far_each_side_has_read_begins_anew_and_a_held_conversation_stays_held(any_url: str) -> None:
    db = Database(make_engine(any_url), MasterKey(b"k" * 32))
    rani = worker(db)
    handoff_id, talk = claimed(db, rani)
    db.run_sync(lambda uow: worker_signs(uow, handoff_id, rani, typing=False, read=2))
    db.engine.dispose()
    downgrade(any_url, "0009")
    upgrade(any_url)
    db = Database(make_engine(any_url), MasterKey(b"k" * 32))
    assert db.run_sync(lambda uow: of_worker(uow, load(uow, talk))) == Presence(rani.id, 0)
    db.engine.dispose()


def test_a_database_that_is_behind_is_noticed(any_url: str) -> None:
    assert is_current(any_url)
    downgrade(any_url, "base")
    assert not is_current(any_url)


def test_the_directory_goes_down_with_its_tables_and_articles_and_starters_stay(any_url: str) -> None:
    db = Database(make_engine(any_url), MasterKey(b"k" * 32), clock=ManualClock())
    home = other_organisation(db)
    for entry in (OFFICE, SHELTER):
        db.run_sync(lambda uow, entry=entry: directory.keep(uow, home, entry))
    db.run_sync(import_starters)
    before = db.run_sync(starters)
    db.engine.dispose()
    downgrade(any_url, BEFORE_DIRECTORY)
    engine = make_engine(any_url)
    assert not [name for name in inspect(engine).get_table_names() if "directory" in name or "at_location" in name]
    engine.dispose()
    upgrade(any_url)
    db = Database(make_engine(any_url), MasterKey(b"k" * 32), clock=ManualClock())
    assert db.run_sync(starters) == before
    assert db.run_sync(directory.everything) == []
    db.run_sync(lambda uow: directory.keep(uow, home, OFFICE))
    assert db.run_sync(directory.everything)[0].entry == OFFICE
    db.engine.dispose()
