"""A worker holds a conversation: one claimant, lines said once, leases, an end that is announced."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select

from bot.accounts.store import audit
from bot.clock import ManualClock
from bot.conversation.model import Holder, Sender
from bot.conversation.store import outbox
from bot.conversation.transcript import change_holder, load, transcript
from bot.handoff import service
from bot.handoff.model import AlreadyClaimed, NotWaiting, NotYours, State
from bot.handoff.reading import draft_of, messages_after, open_conversation
from bot.handoff.store import handoff
from bot.storage.unit_of_work import Database
from tests.accounts.people import worker
from tests.handoff.builders import claimed, conversation, say, wait


def lines(db: Database, talk: str) -> list[str]:
    return [line.response or line.text or "" for line in db.run_sync(lambda uow: transcript(uow, talk))][3:]


def state_of(db: Database, handoff_id: str) -> State:
    row = db.run_sync(lambda uow: uow.db.execute(select(handoff).where(handoff.c.id == handoff_id)).one())
    return State(row.state)


def holder(db: Database, talk: str) -> Holder:
    return db.run_sync(lambda uow: load(uow, talk)).holder


def test_a_claim_is_announced_with_the_designation_and_never_the_name(any_db: Database) -> None:
    rani = worker(any_db, "Petugas Rani")
    _, talk = claimed(any_db, rani)
    last = any_db.run_sync(lambda uow: transcript(uow, talk))[-1]
    assert (last.sender, last.response) == (Sender.SYSTEM, "utter_worker_joined")
    assert "Petugas Rani" in (last.text or "")
    assert rani.name not in (last.text or "")
    assert holder(any_db, talk) is Holder.WORKER


def test_claiming_twice_is_no_error_and_greets_once(db: Database) -> None:
    rani = worker(db)
    handoff_id, talk = claimed(db, rani)
    again = db.run_sync(lambda uow: service.claim(uow, handoff_id, rani, say))
    assert again.epoch == db.run_sync(lambda uow: load(uow, talk)).epoch
    assert lines(db, talk) == ["utter_worker_joined"]


def test_the_one_who_comes_late_is_told_who_has_it(db: Database) -> None:
    handoff_id, _ = claimed(db, worker(db, "Petugas Rani"))
    budi = worker(db)
    with pytest.raises(AlreadyClaimed) as late:
        db.run_sync(lambda uow: service.claim(uow, handoff_id, budi, say))
    assert late.value.by == "Petugas Rani"


def test_somebody_who_left_the_queue_can_not_be_claimed(db: Database) -> None:
    rani, talk = worker(db), conversation(db)
    waiting = wait(db, talk).handoff_id
    db.run_sync(lambda uow: service.withdraw(uow, talk))
    with pytest.raises(NotWaiting):
        db.run_sync(lambda uow: service.claim(uow, waiting, rani, say))


def test_a_line_is_said_once_however_often_the_desk_tries(any_db: Database) -> None:
    rani = worker(any_db)
    handoff_id, talk = claimed(any_db, rani)
    first = any_db.run_sync(lambda uow: service.say(uow, handoff_id, rani, " Halo, saya Rani. ", "m1"))
    again = any_db.run_sync(lambda uow: service.say(uow, handoff_id, rani, " Halo, saya Rani. ", "m1"))
    assert first == again
    assert (first.text, first.sender, first.staff) == ("Halo, saya Rani.", Sender.WORKER, rani.id)
    assert lines(any_db, talk)[1:] == ["Halo, saya Rani."]
    with any_db.unit(read_only=True) as uow:
        rows = uow.db.execute(select(outbox).where(outbox.c.message_id == first.id)).all()
    assert len(rows) == 1
    assert rows[0].epoch is None


def test_a_line_settles_the_draft_that_it_was_begun_as_and_no_other(any_db: Database) -> None:
    rani = worker(any_db)
    handoff_id, _ = claimed(any_db, rani)

    def draft_after(draft: str, line: str, *begun: str) -> str:
        any_db.run_sync(lambda uow: service.keep_draft(uow, handoff_id, rani, draft))
        key = any_db.new_id()
        any_db.run_sync(lambda uow: service.say(uow, handoff_id, rani, line, key, begun=begun))
        return any_db.run_sync(lambda uow: draft_of(uow, handoff_id, rani))

    assert draft_after("Besok pagi ", "Besok pagi") == ""
    assert draft_after("Besok", "Besok pagi saya bisa", "Besok") == ""
    assert draft_after("Dari jendela lain", "Besok pagi saya bisa", "", "Besok") == "Dari jendela lain"


def test_many_tries_at_once_say_a_line_once(any_db: Database) -> None:
    rani = worker(any_db)
    handoff_id, talk = claimed(any_db, rani)
    numbers: list[int] = []

    def speak() -> None:
        numbers.append(any_db.run_sync(lambda uow: service.say(uow, handoff_id, rani, "Halo", "m1")).number)

    threads = [threading.Thread(target=speak) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(numbers) == 8
    assert len(set(numbers)) == 1
    assert lines(any_db, talk)[1:] == ["Halo"]


def test_only_the_claimant_speaks_and_ends(db: Database) -> None:
    rani, budi = worker(db, "Petugas Rani"), worker(db)
    handoff_id, talk = claimed(db, rani)
    for use in (
        lambda uow: service.say(uow, handoff_id, budi, "Halo", "m1"),
        lambda uow: service.close(uow, handoff_id, budi, "rest", say),
        lambda uow: service.return_to_bot(uow, handoff_id, budi, say),
        lambda uow: messages_after(uow, handoff_id, budi, 0),
    ):
        with pytest.raises(NotYours):
            db.run_sync(use)
    assert lines(db, talk) == ["utter_worker_joined"]


def test_a_retry_after_the_end_still_finds_the_line_that_was_said(db: Database) -> None:
    rani = worker(db)
    handoff_id, _ = claimed(db, rani)
    said = db.run_sync(lambda uow: service.say(uow, handoff_id, rani, "Halo", "m1"))
    db.run_sync(lambda uow: service.close(uow, handoff_id, rani, "rest", say))
    assert db.run_sync(lambda uow: service.say(uow, handoff_id, rani, "Halo", "m1")).id == said.id
    with pytest.raises(NotYours):
        db.run_sync(lambda uow: service.say(uow, handoff_id, rani, "Masih ada?", "m2"))


def test_a_worker_does_not_speak_into_a_chat_that_the_person_stopped(db: Database) -> None:
    rani = worker(db)
    handoff_id, talk = claimed(db, rani)
    db.run_sync(lambda uow: change_holder(uow, talk, Holder.NONE))
    with pytest.raises(NotYours):
        db.run_sync(lambda uow: service.say(uow, handoff_id, rani, "Halo", "m1"))


def test_closing_is_announced_and_gives_the_chat_back(any_db: Database) -> None:
    rani = worker(any_db)
    handoff_id, talk = claimed(any_db, rani)
    any_db.run_sync(lambda uow: service.close(uow, handoff_id, rani, "agreed_step", say))
    assert lines(any_db, talk)[-1] == "utter_worker_closed"
    assert (state_of(any_db, handoff_id), holder(any_db, talk)) == (State.CLOSED, Holder.BOT)
    assert any_db.run_sync(lambda uow: open_conversation(uow, handoff_id, rani)).content is None
    assert wait(any_db, talk).handoff_id != handoff_id


def test_returning_keeps_the_stage_at_which_the_dialogue_goes_on(db: Database) -> None:
    rani = worker(db)
    handoff_id, talk = claimed(db, rani)
    before = db.run_sync(lambda uow: load(uow, talk)).stage
    db.run_sync(lambda uow: service.return_to_bot(uow, handoff_id, rani, say))
    after = db.run_sync(lambda uow: load(uow, talk))
    assert (after.stage, after.holder) == (before, Holder.BOT)
    assert state_of(db, handoff_id) is State.RETURNED_TO_BOT
    assert lines(db, talk)[-1] == "utter_worker_returned"


def test_signs_of_life_keep_a_claim_for_hours(db: Database, clock: ManualClock) -> None:
    rani = worker(db)
    handoff_id, _ = claimed(db, rani)
    for _ in range(100):
        clock.advance(55)
        db.run_sync(lambda uow: service.heartbeat(uow, rani))
        assert db.run_sync(lambda uow: service.expire_leases(uow, say)) == 0
    assert state_of(db, handoff_id) is State.CLAIMED


def test_a_vanished_worker_puts_the_person_back_at_their_place(any_db: Database, clock: ManualClock) -> None:
    rani, budi = worker(any_db, "Petugas Rani"), worker(any_db, "Petugas Budi")
    handoff_id, talk = claimed(any_db, rani)
    clock.advance(5)
    wait(any_db)
    clock.advance(54)
    assert any_db.run_sync(lambda uow: service.expire_leases(uow, say)) == 0
    clock.advance(2)
    assert any_db.run_sync(lambda uow: service.expire_leases(uow, say)) == 1
    assert any_db.run_sync(lambda uow: service.expire_leases(uow, say)) == 0
    assert (state_of(any_db, handoff_id), holder(any_db, talk)) == (State.QUEUED, Holder.QUEUE)
    assert lines(any_db, talk) == ["utter_worker_joined", "utter_worker_lost"]
    assert any_db.run_sync(lambda uow: service.queue_state(uow, talk)).position == 1
    with pytest.raises(NotYours):
        any_db.run_sync(lambda uow: service.say(uow, handoff_id, rani, "Maaf, saya kembali", "m9"))
    any_db.run_sync(lambda uow: service.claim(uow, handoff_id, budi, say))
    with pytest.raises(AlreadyClaimed):
        any_db.run_sync(lambda uow: service.claim(uow, handoff_id, rani, say))


def test_a_chat_that_went_cold_is_not_written_to_when_the_worker_vanishes(db: Database, clock: ManualClock) -> None:
    rani = worker(db)
    _, talk = claimed(db, rani)
    for _ in range(20):
        clock.advance(50)
        db.run_sync(lambda uow: service.heartbeat(uow, rani))
    clock.advance(61)
    assert db.run_sync(lambda uow: service.expire_leases(uow, say)) == 1
    assert lines(db, talk) == ["utter_worker_joined"]


def test_catching_up_leaves_no_message_out(db: Database) -> None:
    rani = worker(db)
    handoff_id, _talk = claimed(db, rani)
    for number in range(30):
        db.run_sync(lambda uow, n=number: service.say(uow, handoff_id, rani, f"baris {n}", f"m{n}"))
    for after in (0, 4, 17, 34):
        found = db.run_sync(lambda uow, after=after: messages_after(uow, handoff_id, rani, after))
        assert [line.number for line in found] == list(range(after + 1, 35))


def test_claiming_reading_and_closing_are_on_record_without_any_content(db: Database) -> None:
    rani = worker(db, "Petugas Rani")
    handoff_id, _talk = claimed(db, rani)
    db.run_sync(lambda uow: open_conversation(uow, handoff_id, rani))
    db.run_sync(lambda uow: service.say(uow, handoff_id, rani, "Halo", "m1"))
    db.run_sync(lambda uow: service.close(uow, handoff_id, rani, "rest", say))
    rows = db.run_sync(lambda uow: uow.db.execute(select(audit).where(audit.c.record_id == handoff_id)).all())
    assert [(row.action, row.staff_id) for row in rows] == [
        ("handoff.queue", None),
        ("handoff.claim", rani.id),
        ("conversation.read", rani.id),
        ("handoff.close", rani.id),
    ]
    assert "Halo" not in repr(rows)
    assert "takut" not in repr(rows)
    assert "Rani" not in repr(rows)
