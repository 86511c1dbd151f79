"""Coaching notes: for the worker concerned and the supervisors, sealed, and nowhere near the client's note."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from bot.accounts.model import RecordNotFound, Role, Staff
from bot.accounts.store import audit
from bot.clock import ManualClock
from bot.conversation.model import Keeping
from bot.conversation.transcript import transcript
from bot.handoff import service, transfer
from bot.handoff.model import BadText, HandoffNotFound, NotHeld, NotKept
from bot.handoff.queue import mine
from bot.handoff.reading import open_conversation, readers
from bot.handoff.team.coaching import addressee, notes_of, tick_read, write_note
from bot.handoff.team.model import CoachingNote
from bot.handoff.team.store import coaching_note
from bot.storage.unit_of_work import Database
from tests.accounts.people import join, other_organisation, worker
from tests.handoff.builders import claimed, conversation, say, wait
from tests.handoff.desk_app import Browser, desk_app
from tests.handoff.team.test_taking_over import supervisor, take

WORDS = "Ia bilang “takut pulang”: tanyakan dulu apakah aman bicara."
CANARY = "tanyakan dulu apakah aman"


def write(db: Database, handoff_id: str, staff: Staff, words: str = WORDS) -> None:
    db.run_sync(lambda uow: write_note(uow, handoff_id, staff, words))


def seen(db: Database, handoff_id: str, staff: Staff) -> tuple[CoachingNote, ...]:
    return db.run_sync(lambda uow: notes_of(uow, handoff_id, staff), read_only=True)


def rows(db: Database):  # type: ignore[no-untyped-def]
    return db.run_sync(lambda uow: uow.db.execute(select(coaching_note)).all())


def test_the_worker_sees_it_and_ticks_it_once(any_db: Database) -> None:
    rani, sari = worker(any_db, "Petugas Rani"), supervisor(any_db, "Penyelia Sari")
    handoff_id, _ = claimed(any_db, rani)
    write(any_db, handoff_id, sari)
    (note,) = seen(any_db, handoff_id, rani)
    assert (note.words, note.by, note.to, note.read_at) == (WORDS, "Penyelia Sari", "Petugas Rani", None)
    assert [row.coached for row in any_db.run_sync(lambda uow: mine(uow, rani))] == [True]
    for _ in range(2):
        assert any_db.run_sync(lambda uow: tick_read(uow, note.id, rani)) == handoff_id
    assert seen(any_db, handoff_id, sari)[0].read_at is not None
    assert [row.coached for row in any_db.run_sync(lambda uow: mine(uow, rani))] == [False]
    actions = [row.action for row in any_db.run_sync(lambda uow: uow.db.execute(select(audit)).all())]
    assert (actions.count("coaching.write"), actions.count("coaching.read")) == (1, 1)


def test_only_the_worker_concerned_and_the_supervisors_of_the_organisation_see_it(db: Database) -> None:
    rani, budi, sari, other = worker(db), worker(db), supervisor(db), supervisor(db)
    stranger = join(db, Role.SUPERVISOR, organisation_id=other_organisation(db)).staff
    handoff_id, _ = claimed(db, rani)
    write(db, handoff_id, sari)
    assert [len(seen(db, handoff_id, who)) for who in (rani, sari, other, budi, stranger)] == [1, 1, 1, 0, 0]
    note = seen(db, handoff_id, rani)[0]
    for who in (budi, sari, stranger):
        with pytest.raises(RecordNotFound):
            db.run_sync(lambda uow, who=who: tick_read(uow, note.id, who))
    with pytest.raises(HandoffNotFound):
        write(db, handoff_id, stranger)


def test_it_stays_with_the_worker_it_was_for_when_somebody_else_takes_the_conversation(
    db: Database, clock: ManualClock
) -> None:
    rani, sari, other = worker(db), supervisor(db), supervisor(db)
    handoff_id, _ = claimed(db, rani)
    write(db, handoff_id, sari)
    take(db, handoff_id, other)
    clock.advance(1)
    write(db, handoff_id, sari, "Terima kasih sudah mengambil alih.")
    assert [note.words for note in seen(db, handoff_id, rani)] == [WORDS]
    assert [note.for_me for note in seen(db, handoff_id, other)] == [False, True]


def test_another_organisation_that_takes_the_conversation_sees_none_of_it(db: Database) -> None:
    rani, sari = worker(db), supervisor(db)
    stranger = join(db, Role.SUPERVISOR, organisation_id=other_organisation(db)).staff
    handoff_id, talk = claimed(db, rani)
    write(db, handoff_id, sari)
    db.run_sync(lambda uow: transfer.offer_to_organisation(uow, handoff_id, rani, stranger.organisation_id, say))
    db.run_sync(lambda uow: transfer.answer(uow, talk, "note"))
    db.run_sync(lambda uow: transfer.accept(uow, handoff_id, stranger, say))
    assert seen(db, handoff_id, stranger) == ()


def test_its_words_are_sealed(any_db: Database) -> None:
    handoff_id, _ = claimed(any_db, worker(any_db))
    write(any_db, handoff_id, supervisor(any_db))
    assert [CANARY.encode() in row.words for row in rows(any_db)] == [False]


async def test_it_reaches_neither_the_note_nor_its_files_nor_the_chat_nor_the_receipt(db: Database) -> None:
    signed_in = join(db, designation="Petugas Rani")
    handoff_id, talk = claimed(db, signed_in.staff)
    write(db, handoff_id, supervisor(db, "Penyelia Sari"))
    browser = Browser(desk_app(db), signed_in)
    assert CANARY in (await browser.get(f"/desk/conversations/{handoff_id}")).text
    for path in ("note", "note.json"):
        answer = await browser.get(f"/desk/conversations/{handoff_id}/{path}")
        assert answer.status_code == 200
        assert CANARY not in answer.text
    content = db.run_sync(lambda uow: open_conversation(uow, handoff_id, signed_in.staff)).content
    assert content is not None
    assert CANARY not in json.dumps([content.note, content.consent, content.note_text, content.draft])
    assert not any(CANARY in (line.text or "") for line in db.run_sync(lambda uow: transcript(uow, talk)))
    assert [who.designation for who in db.run_sync(lambda uow: readers(uow, talk))] == ["Petugas Rani"]


def test_it_goes_when_the_person_deletes_everything_or_takes_their_consent_back(any_db: Database) -> None:
    handoff_id, talk = claimed(any_db, worker(any_db))
    write(any_db, handoff_id, supervisor(any_db))
    any_db.run_sync(lambda uow: service.forget(uow, talk))
    assert rows(any_db) == []


@pytest.mark.parametrize("keeping", list(Keeping))
def test_where_nothing_may_be_kept_it_goes_with_the_end(db: Database, keeping: Keeping) -> None:
    rani, sari = worker(db), supervisor(db)
    talk = conversation(db, keeping=keeping)
    handoff_id = wait(db, talk).handoff_id
    db.run_sync(lambda uow: service.claim(uow, handoff_id, rani, say))
    write(db, handoff_id, sari)
    db.run_sync(lambda uow: service.close(uow, handoff_id, rani, "rest", say))
    kept = keeping is Keeping.GIVEN
    assert len(rows(db)) == kept
    assert bool(db.run_sync(lambda uow: addressee(uow, handoff_id, sari))) == kept
    if kept:
        write(db, handoff_id, sari, "Sudah baik sekali.")
        assert len(seen(db, handoff_id, rani)) == 2
    else:
        with pytest.raises(NotKept):
            write(db, handoff_id, sari)


def test_there_must_be_somebody_to_write_to_and_something_to_say(db: Database) -> None:
    rani, sari = worker(db), supervisor(db)
    waiting = wait(db).handoff_id
    own, _ = claimed(db, sari)
    for handoff_id in (waiting, own):
        assert db.run_sync(lambda uow, id=handoff_id: addressee(uow, id, sari)) == ""
        with pytest.raises(NotHeld):
            write(db, handoff_id, sari)
    held, _ = claimed(db, rani)
    for words in ("  ", "x" * 4001):
        with pytest.raises(BadText):
            write(db, held, sari, words)


def test_a_note_on_a_conversation_whose_key_is_destroyed_opens_for_nobody(db: Database) -> None:
    rani, sari = worker(db), supervisor(db)
    handoff_id, talk = claimed(db, rani)
    write(db, handoff_id, sari)
    db.run_sync(lambda uow: uow.vault.destroy_owner(talk))
    assert seen(db, handoff_id, sari) == ()
    with pytest.raises(HandoffNotFound):
        write(db, handoff_id, sari)


async def test_plain_forms_write_and_tick(db: Database) -> None:
    rani, sari = join(db, designation="Petugas Rani"), join(db, Role.SUPERVISOR)
    handoff_id, _ = claimed(db, rani.staff)
    page, app = f"/desk/conversations/{handoff_id}", desk_app(db)
    supervisors = Browser(app, sari)
    assert "Catatan untuk Petugas Rani" in (await supervisors.get(page)).text
    answer = await supervisors.post(f"{page}/coaching", text=WORDS)
    assert "Catatan terkirim" in (await supervisors.get(answer.headers["location"])).text
    assert "belum dibaca" in (await supervisors.get(page)).text
    workers = Browser(app, rani)
    note = seen(db, handoff_id, rani.staff)[0].id
    assert f"/desk/coaching/{note}/read" in (await workers.get(page)).text
    assert (await workers.post(f"/desk/coaching/{note}/read")).headers["location"] == page
    assert f"/desk/coaching/{note}/read" not in (await workers.get(page)).text
    assert "belum dibaca" not in (await supervisors.get(page)).text
