"""A supervisor takes a held conversation over: one wins, the one before is out, the person is told, nothing is lost."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from sqlalchemy import select

from bot.accounts.model import Role, Staff
from bot.accounts.store import audit
from bot.clock import ManualClock
from bot.conversation.model import Holder
from bot.conversation.transcript import load, transcript
from bot.handoff import service, transfer
from bot.handoff.model import AlreadyClaimed, HandoffNotFound, NotHeld, NoTransfer, NotYours, State
from bot.handoff.reading import open_conversation
from bot.handoff.store import handoff
from bot.handoff.team.model import REASONS, BadReason
from bot.handoff.team.taking_over import take_over
from bot.storage.unit_of_work import Database
from tests.accounts.people import join, other_organisation, worker
from tests.handoff.builders import NOTE_TEXT, claimed, say, wait

AT_ONCE, CONVERSATIONS = 8, 12


def supervisor(db: Database, designation: str = "") -> Staff:
    return join(db, Role.SUPERVISOR, designation=designation).staff


def epoch_of(db: Database, handoff_id: str) -> int:
    return int(
        db.run_sync(lambda uow: uow.db.execute(select(handoff.c.epoch).where(handoff.c.id == handoff_id)).scalar_one())
    )


def take(db: Database, handoff_id: str, staff: Staff, *, epoch: int | None = None, reason: str = "danger") -> None:
    seen = epoch_of(db, handoff_id) if epoch is None else epoch
    db.run_sync(lambda uow: take_over(uow, handoff_id, staff, seen, reason, say))


def test_the_supervisor_holds_it_and_the_one_before_can_write_no_more(any_db: Database) -> None:
    rani, sari = worker(any_db, "Petugas Rani"), supervisor(any_db, "Penyelia Sari")
    handoff_id, talk = claimed(any_db, rani)
    any_db.run_sync(lambda uow: service.say(uow, handoff_id, rani, "Saya di sini", "m1"))
    before = any_db.run_sync(lambda uow: load(uow, talk))
    take(any_db, handoff_id, sari)
    now = any_db.run_sync(lambda uow: load(uow, talk))
    assert (now.holder, now.epoch) == (Holder.WORKER, before.epoch + 1)
    for act in (
        lambda uow: service.say(uow, handoff_id, rani, "Satu lagi", "m2"),
        lambda uow: service.keep_draft(uow, handoff_id, rani, "Satu lagi"),
        lambda uow: service.close(uow, handoff_id, rani, "rest", say),
    ):
        with pytest.raises(NotYours) as gone:
            any_db.run_sync(act)
        assert gone.value.by == "Penyelia Sari"
    assert any_db.run_sync(lambda uow: open_conversation(uow, handoff_id, rani)).content is None
    any_db.run_sync(lambda uow: service.say(uow, handoff_id, sari, "Saya Sari", "m3"))


def test_the_person_is_told_once_who_came_and_nobody_greets_twice(any_db: Database) -> None:
    rani, sari = worker(any_db, "Petugas Rani"), supervisor(any_db, "Penyelia Sari")
    handoff_id, talk = claimed(any_db, rani)
    take(any_db, handoff_id, sari)
    take(any_db, handoff_id, sari)  # twice is no error, and is not told twice
    lines = any_db.run_sync(lambda uow: transcript(uow, talk))
    assert [line.response for line in lines][3:] == ["utter_worker_joined", "utter_worker_changed"]
    told = lines[-1].text or ""
    assert "Petugas Rani" in told
    assert "Penyelia Sari" in told
    assert sari.name not in told


def test_draft_note_and_consent_stay(any_db: Database) -> None:
    rani, sari = worker(any_db), supervisor(any_db)
    handoff_id, _ = claimed(any_db, rani)
    any_db.run_sync(lambda uow: service.keep_draft(uow, handoff_id, rani, "Besok pagi saya bisa"))
    before = any_db.run_sync(lambda uow: open_conversation(uow, handoff_id, rani)).content
    take(any_db, handoff_id, sari)
    after = any_db.run_sync(lambda uow: open_conversation(uow, handoff_id, sari)).content
    assert before is not None
    assert after is not None
    assert (after.draft, after.note_text) == ("Besok pagi saya bisa", NOTE_TEXT)
    assert (after.note, after.consent, after.note_until) == (before.note, before.consent, before.note_until)


@pytest.mark.parametrize("reason", REASONS)
def test_the_reason_stands_in_the_audit_trail(db: Database, reason: str) -> None:
    rani, sari = worker(db), supervisor(db)
    handoff_id, _ = claimed(db, rani)
    take(db, handoff_id, sari, reason=reason)
    row = db.run_sync(lambda uow: uow.db.execute(select(audit).order_by(audit.c.number.desc()).limit(1)).one())
    assert (row.staff_id, row.action) == (sari.id, f"handoff.take_over_{reason}")
    assert (row.record, row.record_id) == ("handoff", handoff_id)


@pytest.mark.parametrize("reason", ["", "because", "Danger"])
def test_without_a_reason_nothing_is_taken_over(db: Database, reason: str) -> None:
    rani, sari = worker(db), supervisor(db)
    handoff_id, _ = claimed(db, rani)
    with pytest.raises(BadReason):
        take(db, handoff_id, sari, reason=reason)
    db.run_sync(lambda uow: service.say(uow, handoff_id, rani, "Masih saya", "m1"))


def test_only_what_a_colleague_holds_can_be_taken_over(db: Database) -> None:
    rani, sari = worker(db), supervisor(db)
    waiting = wait(db).handoff_id
    closed, _ = claimed(db, rani)
    db.run_sync(lambda uow: service.close(uow, closed, rani, "rest", say))
    for handoff_id in (waiting, closed):
        with pytest.raises(NotHeld):
            take(db, handoff_id, sari, epoch=1)
    stranger = join(db, Role.SUPERVISOR, organisation_id=other_organisation(db)).staff
    held, _ = claimed(db, rani)
    with pytest.raises(HandoffNotFound):
        take(db, held, stranger)


def test_whoever_looked_at_an_older_holding_is_told_who_holds_it_now(any_db: Database) -> None:
    rani, budi, sari = worker(any_db), worker(any_db, "Petugas Budi"), supervisor(any_db)
    handoff_id, _ = claimed(any_db, rani)
    seen = epoch_of(any_db, handoff_id)
    any_db.run_sync(lambda uow: transfer.offer_to_colleague(uow, handoff_id, rani, budi.id))
    any_db.run_sync(lambda uow: transfer.accept(uow, handoff_id, budi, say))
    with pytest.raises(AlreadyClaimed) as lost:
        take(any_db, handoff_id, sari, epoch=seen)
    assert lost.value.by == "Petugas Budi"
    any_db.run_sync(lambda uow: service.say(uow, handoff_id, budi, "Masih saya", "m1"))


def test_an_open_offer_ends_and_whoever_was_asked_hears_of_it(any_db: Database) -> None:
    rani, budi, sari = worker(any_db), worker(any_db), supervisor(any_db)
    stranger = join(any_db, organisation_id=other_organisation(any_db)).staff
    inside, _ = claimed(any_db, rani)
    any_db.run_sync(lambda uow: transfer.offer_to_colleague(uow, inside, rani, budi.id))
    outside, talk = claimed(any_db, rani)
    any_db.run_sync(lambda uow: transfer.offer_to_organisation(uow, outside, rani, stranger.organisation_id, say))
    any_db.run_sync(lambda uow: transfer.answer(uow, talk, "bare"))
    for handoff_id, asker in ((inside, budi), (outside, stranger)):
        take(any_db, handoff_id, sari)
        with pytest.raises((AlreadyClaimed, NoTransfer, HandoffNotFound)):
            any_db.run_sync(lambda uow, id=handoff_id, who=asker: transfer.accept(uow, id, who, say))
        row = any_db.run_sync(
            lambda uow, id=handoff_id: uow.db.execute(select(handoff).where(handoff.c.id == id)).one()
        )
        assert (State(row.state), row.claimant_id) == (State.ACTIVE, sari.id)
    told = [line.response for line in any_db.run_sync(lambda uow: transcript(uow, talk))]
    assert told[-2:] == ["utter_transfer_called_off", "utter_worker_changed"]


def test_a_supervisor_who_vanishes_gives_the_person_back_to_the_queue(any_db: Database, clock: ManualClock) -> None:
    rani, sari = worker(any_db), supervisor(any_db)
    handoff_id, talk = claimed(any_db, rani)
    clock.advance(50)
    take(any_db, handoff_id, sari)
    clock.advance(50)
    assert any_db.run_sync(lambda uow: service.expire_leases(uow, say)) == 0
    clock.advance(11)
    assert any_db.run_sync(lambda uow: service.expire_leases(uow, say)) == 1
    assert any_db.run_sync(lambda uow: load(uow, talk)).holder is Holder.QUEUE


def test_of_many_supervisors_who_take_over_at_once_one_wins_and_the_others_are_told_who(any_db: Database) -> None:
    rani = worker(any_db, "Petugas Rani")
    supervisors = [supervisor(any_db, f"Penyelia {number}") for number in range(AT_ONCE)]
    held = [claimed(any_db, rani) for _ in range(CONVERSATIONS)]
    seen = {handoff_id: epoch_of(any_db, handoff_id) for handoff_id, _ in held}
    outcomes: list[tuple[str, str, str]] = []
    start = threading.Barrier(AT_ONCE + 1)

    def step_in(staff: Staff) -> None:
        start.wait()
        for handoff_id, epoch in seen.items():
            try:
                take(any_db, handoff_id, staff, epoch=epoch)
                outcomes.append((handoff_id, "won", staff.designation))
            except AlreadyClaimed as lost:
                outcomes.append((handoff_id, "lost", lost.by))

    spoken: list[str] = []

    def speak() -> None:
        """The worker goes on writing meanwhile; each line is in before the takeover or not at all."""
        start.wait()
        for number, handoff_id in enumerate(seen):
            try:
                any_db.run_sync(lambda uow, id=handoff_id, n=number: service.say(uow, id, rani, "Halo", f"line{n}"))
                spoken.append(handoff_id)
            except NotYours:
                pass

    threads = [threading.Thread(target=step_in, args=(one,)) for one in supervisors] + [threading.Thread(target=speak)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    won = {handoff_id: by for handoff_id, outcome, by in outcomes if outcome == "won"}
    assert Counter(outcome for _, outcome, _ in outcomes) == {
        "won": CONVERSATIONS,
        "lost": CONVERSATIONS * (AT_ONCE - 1),
    }
    assert all(by == won[handoff_id] for handoff_id, _, by in outcomes)
    for handoff_id, talk in held:
        lines = any_db.run_sync(lambda uow, of=talk: transcript(uow, of), read_only=True)
        responses = [line.response for line in lines]
        assert responses.count("utter_worker_changed") == 1
        changed = next(line.number for line in lines if line.response == "utter_worker_changed")
        own = [line for line in lines if line.staff == rani.id]
        assert len(own) == (handoff_id in spoken)
        assert all(line.number < changed for line in own)
