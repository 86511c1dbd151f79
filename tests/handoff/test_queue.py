"""Waiting for a worker: the order, the honest state, what the desk may see, leaving."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from sqlalchemy import select, update

from bot.accounts.model import Role
from bot.accounts.sessions import end_session
from bot.clock import ManualClock
from bot.conversation.erase import erase
from bot.conversation.model import Holder
from bot.conversation.store import conversation as conversation_table
from bot.conversation.transcript import change_holder, load
from bot.handoff import service
from bot.handoff.model import HandoffNotFound, State
from bot.handoff.queue import colleagues, mine, queue
from bot.handoff.reading import open_conversation
from bot.handoff.store import handoff
from bot.storage.unit_of_work import Database, UnitOfWork
from tests.accounts.people import join, other_organisation, worker
from tests.handoff.builders import CONSENT, NOTE_TEXT, claimed, conversation, note_of, say, wait


def holder(db: Database, conversation_id: str) -> Holder:
    return db.run_sync(lambda uow: load(uow, conversation_id)).holder


def test_a_request_puts_the_conversation_into_the_queue(any_db: Database) -> None:
    talk = conversation(any_db)
    state = wait(any_db, talk)
    assert (state.position, state.workers_online) == (1, 0)
    assert holder(any_db, talk) is Holder.QUEUE


def test_asking_again_changes_nothing_but_a_higher_risk(any_db: Database) -> None:
    talk = conversation(any_db)
    first = wait(any_db, talk)
    epoch = any_db.run_sync(lambda uow: load(uow, talk)).epoch
    assert wait(any_db, talk, note_text="lain").handoff_id == first.handoff_id
    wait(any_db, talk, risk="imminent")
    wait(any_db, talk, risk="elevated")
    row = any_db.run_sync(lambda uow: uow.db.execute(select(handoff)).one())
    assert row.risk == "imminent"
    assert row.note_sha256 == hashlib.sha256(NOTE_TEXT.encode()).hexdigest()
    assert any_db.run_sync(lambda uow: load(uow, talk)).epoch == epoch


def test_danger_comes_first_then_whoever_waits_longest(db: Database, clock: ManualClock) -> None:
    rani = worker(db)
    waiting = {}
    for name, risk in (("old", "none"), ("new", "none"), ("danger", "imminent"), ("worry", "elevated")):
        waiting[wait(db, risk=risk).handoff_id] = name
        clock.advance(60)
    rows = db.run_sync(lambda uow: queue(uow, rani))
    assert [waiting[row.id] for row in rows] == ["danger", "worry", "old", "new"]


def test_danger_that_comes_up_while_waiting_moves_the_row_up(db: Database, clock: ManualClock) -> None:
    rani, talk = worker(db), conversation(db)
    wait(db)
    clock.advance(60)
    later = wait(db, talk)
    assert db.run_sync(lambda uow: service.queue_state(uow, talk)).position == 2
    db.run_sync(
        lambda uow: uow.db.execute(
            update(conversation_table).where(conversation_table.c.id == talk).values(risk="imminent")
        )
    )
    assert db.run_sync(lambda uow: queue(uow, rani))[0].id == later.handoff_id
    assert db.run_sync(lambda uow: service.queue_state(uow, talk)).position == 1


def test_only_workers_with_a_sign_of_life_in_90_seconds_count_as_there(db: Database, clock: ManualClock) -> None:
    talk = conversation(db)
    signed_in = join(db, Role.WORKER)
    rani, admin = signed_in.staff, join(db, Role.ADMIN).staff
    for staff in (rani, admin):
        db.run_sync(lambda uow, staff=staff: service.heartbeat(uow, staff))
    assert wait(db, talk).workers_online == 1
    clock.advance(90)
    assert db.run_sync(lambda uow: service.queue_state(uow, talk)).workers_online == 1
    clock.advance(1)
    assert db.run_sync(lambda uow: service.queue_state(uow, talk)).workers_online == 0
    db.run_sync(lambda uow: service.heartbeat(uow, rani))
    db.run_sync(lambda uow: end_session(uow, signed_in.token))
    assert db.run_sync(lambda uow: service.queue_state(uow, talk)).workers_online == 0


def test_the_queue_shows_the_first_line_of_the_note_only_with_consent(db: Database) -> None:
    rani = worker(db)
    shared, kept = wait(db).handoff_id, wait(db, note_text="").handoff_id
    previews = {row.id: row.preview for row in db.run_sync(lambda uow: queue(uow, rani))}
    assert previews == {shared: "Saya takut pulang malam ini.", kept: None}


def test_without_consent_the_worker_sees_neither_the_note_nor_what_was_said_before(db: Database) -> None:
    rani = worker(db)
    handoff_id, _ = claimed(db, rani, note_text="  ")
    content = db.run_sync(lambda uow: open_conversation(uow, handoff_id, rani)).content
    assert content is not None
    assert content.note_text is None
    assert not content.note
    assert [line.response for line in content.messages] == ["utter_worker_joined"]


def test_with_consent_the_worker_sees_the_note_and_the_conversation(any_db: Database) -> None:
    rani = worker(any_db)
    handoff_id, talk = claimed(any_db, rani)
    content = any_db.run_sync(lambda uow: open_conversation(uow, handoff_id, rani)).content
    assert content is not None
    assert (content.note_text, content.note, content.consent) == (NOTE_TEXT, note_of(any_db, talk), CONSENT)
    assert [line.text for line in content.messages][:1] == ["dia membanting pintu"]


def test_agreeing_to_the_note_opens_the_note_and_not_the_conversation_before(db: Database) -> None:
    rani = worker(db)
    handoff_id, _ = claimed(db, rani, consent={"purpose": "share"})
    content = db.run_sync(lambda uow: open_conversation(uow, handoff_id, rani)).content
    assert content is not None
    assert content.note_text == NOTE_TEXT
    assert "dia membanting pintu" not in [line.text for line in content.messages]


def test_nobody_reads_a_conversation_that_is_not_theirs(db: Database) -> None:
    rani, budi = worker(db, "Petugas Rani"), worker(db)
    waiting = wait(db).handoff_id
    assert db.run_sync(lambda uow: open_conversation(uow, waiting, budi)).content is None
    handoff_id, _ = claimed(db, rani)
    view = db.run_sync(lambda uow: open_conversation(uow, handoff_id, budi))
    assert view.content is None
    assert view.row.held_by == "Petugas Rani"
    assert view.row.preview is None
    assert [row.id for row in db.run_sync(lambda uow: mine(uow, rani))] == [handoff_id]
    assert [row.id for row in db.run_sync(lambda uow: colleagues(uow, budi))] == [handoff_id]


def test_another_organisation_sees_nothing_at_all(db: Database) -> None:
    stranger = join(db, Role.SUPERVISOR, organisation_id=other_organisation(db)).staff
    waiting = wait(db).handoff_id
    assert db.run_sync(lambda uow: queue(uow, stranger)) == []
    for use in (
        lambda uow: open_conversation(uow, waiting, stranger),
        lambda uow: service.claim(uow, waiting, stranger, say),
        lambda uow: service.say(uow, waiting, stranger, "halo", "m1"),
        lambda uow: service.return_to_bot(uow, waiting, stranger, say),
    ):
        with pytest.raises(HandoffNotFound):
            db.run_sync(use)


def test_leaving_gives_the_chat_back_to_the_assistant_in_each_live_state(any_db: Database) -> None:
    rani, talk = worker(any_db), conversation(any_db)
    wait(any_db, talk)
    assert any_db.run_sync(lambda uow: service.withdraw(uow, talk))
    assert holder(any_db, talk) is Holder.BOT
    handoff_id, held = claimed(any_db, rani)
    any_db.run_sync(lambda uow: service.say(uow, handoff_id, rani, "Halo", "m1"))
    assert any_db.run_sync(lambda uow: service.withdraw(uow, held))
    assert holder(any_db, held) is Holder.BOT
    assert not any_db.run_sync(lambda uow: service.withdraw(uow, held))
    assert wait(any_db, talk).position == 1


def test_a_person_who_stopped_is_not_given_back_to_the_assistant(db: Database) -> None:
    talk = conversation(db)
    wait(db, talk)
    db.run_sync(lambda uow: change_holder(uow, talk, Holder.NONE))
    db.run_sync(lambda uow: service.withdraw(uow, talk))
    assert holder(db, talk) is Holder.NONE


def test_a_deleted_conversation_is_gone_for_the_desk_too(db: Database) -> None:
    rani = worker(db)
    handoff_id, talk = claimed(db, rani)
    waiting = conversation(db)
    wait(db, waiting)
    for gone in (talk, waiting):
        db.run_sync(lambda uow, gone=gone: uow.vault.destroy_owner(gone))
    with pytest.raises(HandoffNotFound):
        db.run_sync(lambda uow: open_conversation(uow, handoff_id, rani))
    assert [row.preview for row in db.run_sync(lambda uow: queue(uow, rani))] == [None]


def test_deleting_everything_leaves_no_note_behind_and_keeps_the_bare_facts(any_db: Database) -> None:
    rani = worker(any_db)
    handoff_id, talk = claimed(any_db, rani)
    any_db.run_sync(lambda uow: service.say(uow, handoff_id, rani, "Halo", "m1"))

    def delete_all(uow: UnitOfWork) -> None:
        service.withdraw(uow, talk)
        service.forget(uow, talk)
        erase(uow, talk)

    any_db.run_sync(delete_all)
    row = any_db.run_sync(lambda uow: uow.db.execute(select(handoff)).one())
    assert (row.note_text, row.note, row.consent, row.note_sha256) == (None, None, None, None)
    assert row.state == State.WITHDRAWN
    assert row.ended_at is not None
    assert any_db.run_sync(lambda uow: open_conversation(uow, handoff_id, rani)).content is None


def test_note_and_consent_can_not_be_read_from_the_file(db: Database) -> None:
    wait(db)
    db.engine.dispose()
    folder = Path(str(db.engine.url.database)).parent
    raw = b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())
    for secret in ("takut pulang", "rumah kakak", "banting", "melanjutkan"):
        assert secret.encode() not in raw


def test_the_states_in_the_table_are_those_of_the_model(db: Database) -> None:
    rani = worker(db)
    handoff_id, _ = claimed(db, rani)
    row = db.run_sync(lambda uow: uow.db.execute(select(handoff)).one())
    assert State(row.state) is State.CLAIMED
    assert row.id == handoff_id
