"""Passing a conversation on: the one before holds it until somebody accepts; draft, note and consent go along."""

from __future__ import annotations

import hashlib
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.accounts.model import Role, Staff
from bot.clock import ManualClock
from bot.conversation.model import Holder
from bot.conversation.transcript import load, transcript
from bot.counselling.service import consents
from bot.handoff import service, transfer
from bot.handoff.model import HELD, AlreadyClaimed, HandoffNotFound, NoTransfer, NotWaiting, NotYours, State
from bot.handoff.queue import offered
from bot.handoff.reading import open_conversation
from bot.handoff.store import handoff
from bot.storage.unit_of_work import Database
from tests.accounts.people import join, other_organisation, worker
from tests.handoff.builders import NOTE_TEXT, claimed, conversation, say, wait


def row_of(db: Database, handoff_id: str):  # type: ignore[no-untyped-def]
    return db.run_sync(lambda uow: uow.db.execute(select(handoff).where(handoff.c.id == handoff_id)).one())


def lines(db: Database, talk: str) -> list[str]:
    return [line.response or line.text or "" for line in db.run_sync(lambda uow: transcript(uow, talk))][3:]


def offer(db: Database, handoff_id: str, staff: Staff, to: Staff) -> None:
    db.run_sync(lambda uow: transfer.offer_to_colleague(uow, handoff_id, staff, to.id))


def offer_elsewhere(db: Database, handoff_id: str, staff: Staff, to: Staff) -> None:
    db.run_sync(lambda uow: transfer.offer_to_organisation(uow, handoff_id, staff, to.organisation_id, say))


def accept(db: Database, handoff_id: str, staff: Staff) -> None:
    db.run_sync(lambda uow: transfer.accept(uow, handoff_id, staff, say))


@pytest.fixture
def stranger(any_db: Database) -> Staff:
    """A worker of another organisation."""
    return join(any_db, Role.WORKER, designation="Pendamping Sari", organisation_id=other_organisation(any_db)).staff


def test_an_offer_changes_nothing_for_the_person_until_it_is_accepted(any_db: Database) -> None:
    rani, budi = worker(any_db, "Petugas Rani"), worker(any_db, "Petugas Budi")
    handoff_id, talk = claimed(any_db, rani)
    offer(any_db, handoff_id, rani, budi)
    epoch = any_db.run_sync(lambda uow: load(uow, talk)).epoch
    any_db.run_sync(lambda uow: service.say(uow, handoff_id, rani, "Saya masih di sini", "m1"))
    with pytest.raises(NotYours):
        any_db.run_sync(lambda uow: service.say(uow, handoff_id, budi, "Halo", "m2"))
    assert any_db.run_sync(lambda uow: open_conversation(uow, handoff_id, budi)).content is None
    accept(any_db, handoff_id, budi)
    now = any_db.run_sync(lambda uow: load(uow, talk))
    assert (now.holder, now.epoch) == (Holder.WORKER, epoch + 1)
    with pytest.raises(NotYours) as gone:
        any_db.run_sync(lambda uow: service.say(uow, handoff_id, rani, "Satu lagi", "m3"))
    assert gone.value.by == "Petugas Budi"
    any_db.run_sync(lambda uow: service.say(uow, handoff_id, budi, "Halo, saya Budi", "m4"))
    assert lines(any_db, talk) == [
        "utter_worker_joined",
        "Saya masih di sini",
        "utter_worker_changed",
        "Halo, saya Budi",
    ]


def test_both_are_named_by_their_designation_and_never_by_their_name(db: Database) -> None:
    rani, budi = worker(db, "Petugas Rani"), worker(db, "Petugas Budi")
    handoff_id, talk = claimed(db, rani)
    offer(db, handoff_id, rani, budi)
    accept(db, handoff_id, budi)
    told = db.run_sync(lambda uow: transcript(uow, talk))[-1].text or ""
    assert "Petugas Rani" in told
    assert "Petugas Budi" in told
    assert rani.name not in told
    assert budi.name not in told


def test_draft_note_and_consent_go_along_to_a_colleague(any_db: Database) -> None:
    rani, budi = worker(any_db), worker(any_db)
    handoff_id, _ = claimed(any_db, rani)
    any_db.run_sync(lambda uow: service.keep_draft(uow, handoff_id, rani, "Besok pagi saya bisa"))
    before = any_db.run_sync(lambda uow: open_conversation(uow, handoff_id, rani)).content
    offer(any_db, handoff_id, rani, budi)
    accept(any_db, handoff_id, budi)
    after = any_db.run_sync(lambda uow: open_conversation(uow, handoff_id, budi)).content
    assert before is not None
    assert after is not None
    assert after.draft == "Besok pagi saya bisa"
    assert (after.note_text, after.note, after.consent) == (NOTE_TEXT, before.note, before.consent)
    assert (after.note_until, after.note_hash) == (before.note_until, before.note_hash)
    assert b"Besok" not in row_of(any_db, handoff_id).draft
    any_db.run_sync(lambda uow: service.say(uow, handoff_id, budi, "Besok pagi saya bisa", "m1"))
    assert row_of(any_db, handoff_id).draft is None


def test_an_offer_is_made_to_one_colleague_who_may_claim(db: Database) -> None:
    rani, auditor = worker(db), join(db, Role.AUDITOR).staff
    stranger = join(db, Role.WORKER, organisation_id=other_organisation(db)).staff
    handoff_id, _ = claimed(db, rani)
    for to in (rani.id, auditor.id, stranger.id, "nobody"):
        with pytest.raises(NoTransfer):
            db.run_sync(lambda uow, to=to: transfer.offer_to_colleague(uow, handoff_id, rani, to))
    budi, third = worker(db), worker(db)
    offer(db, handoff_id, rani, budi)
    for again in (budi, third):
        with pytest.raises(NoTransfer):
            offer(db, handoff_id, rani, again)
    with pytest.raises(NotYours):
        offer(db, handoff_id, third, budi)
    with pytest.raises(AlreadyClaimed):
        accept(db, handoff_id, third)


def test_an_offer_can_be_turned_down_or_taken_back_and_then_not_be_accepted(any_db: Database) -> None:
    rani, budi = worker(any_db), worker(any_db)
    handoff_id, talk = claimed(any_db, rani)
    for who in (rani, budi):
        offer(any_db, handoff_id, rani, budi)
        assert [row.id for row in any_db.run_sync(lambda uow: offered(uow, budi))] == [handoff_id]
        held = any_db.run_sync(lambda uow, who=who: transfer.call_off(uow, handoff_id, who, say))
        assert held is (who is rani)
        assert any_db.run_sync(lambda uow: offered(uow, budi)) == []
        with pytest.raises(AlreadyClaimed):
            accept(any_db, handoff_id, budi)
    assert lines(any_db, talk) == ["utter_worker_joined"]
    any_db.run_sync(lambda uow: service.say(uow, handoff_id, rani, "Saya tetap di sini", "m1"))


def test_of_many_who_accept_for_an_organisation_one_wins(any_db: Database, stranger: Staff) -> None:
    rani = worker(any_db)
    colleagues = [
        stranger,
        *(join(any_db, Role.WORKER, organisation_id=stranger.organisation_id).staff for _ in range(9)),
    ]
    handoff_id, talk = claimed(any_db, rani)
    offer_elsewhere(any_db, handoff_id, rani, stranger)
    any_db.run_sync(lambda uow: transfer.answer(uow, talk, "bare"))
    outcomes: list[str] = []
    start = threading.Barrier(len(colleagues))

    def take(staff: Staff) -> None:
        start.wait()
        try:
            accept(any_db, handoff_id, staff)
            outcomes.append("won")
        except AlreadyClaimed as lost:
            outcomes.append(lost.by)

    threads = [threading.Thread(target=take, args=(staff,)) for staff in colleagues]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winner = next(one for one in colleagues if one.id == row_of(any_db, handoff_id).claimant_id)
    assert sorted(outcomes) == sorted(["won", *[winner.designation] * 9])


def test_another_organisation_knows_of_nothing_before_the_person_s_yes(any_db: Database, stranger: Staff) -> None:
    rani = worker(any_db, "Petugas Rani")
    handoff_id, talk = claimed(any_db, rani)
    offer_elsewhere(any_db, handoff_id, rani, stranger)
    asked = any_db.run_sync(lambda uow: transcript(uow, talk))[-1]
    assert asked.response == "utter_ask_transfer"
    assert NOTE_TEXT.splitlines()[0] in (asked.text or "")
    assert any_db.run_sync(lambda uow: offered(uow, stranger)) == []
    for use in (
        lambda uow: transfer.accept(uow, handoff_id, stranger, say),
        lambda uow: open_conversation(uow, handoff_id, stranger),
        lambda uow: service.claim(uow, handoff_id, stranger, say),
    ):
        with pytest.raises(HandoffNotFound):
            any_db.run_sync(use)


def test_a_yes_with_the_note_is_a_consent_to_its_very_text_for_that_organisation(
    any_db: Database, stranger: Staff
) -> None:
    rani = worker(any_db)
    handoff_id, talk = claimed(any_db, rani)
    any_db.run_sync(lambda uow: service.say(uow, handoff_id, rani, "Hanya di antara kita", "m1"))
    offer_elsewhere(any_db, handoff_id, rani, stranger)
    assert any_db.run_sync(lambda uow: transfer.answer(uow, talk, "note")) == "Lembaga lain"
    given = any_db.run_sync(lambda uow: consents(uow, talk))[-1]
    assert (given["purpose"], given["kind"], given["recipient"]) == ("share", "given", "Lembaga lain")
    assert given["text_hash"] == hashlib.sha256(NOTE_TEXT.encode()).hexdigest()
    accept(any_db, handoff_id, stranger)
    content = any_db.run_sync(lambda uow: open_conversation(uow, handoff_id, stranger)).content
    assert content is not None
    assert content.note_text == NOTE_TEXT
    assert content.consent["recipient"] == "Lembaga lain"
    assert [line.response for line in content.messages] == ["utter_worker_changed_organisation"]
    with pytest.raises(HandoffNotFound):
        any_db.run_sync(lambda uow: open_conversation(uow, handoff_id, rani))


def test_a_yes_without_the_note_passes_no_note_on(any_db: Database, stranger: Staff) -> None:
    rani = worker(any_db)
    handoff_id, talk = claimed(any_db, rani)
    offer_elsewhere(any_db, handoff_id, rani, stranger)
    any_db.run_sync(lambda uow: transfer.answer(uow, talk, "bare"))
    accept(any_db, handoff_id, stranger)
    content = any_db.run_sync(lambda uow: open_conversation(uow, handoff_id, stranger)).content
    assert content is not None
    assert (content.note_text, content.note, content.note_hash) == (None, {}, None)
    row = row_of(any_db, handoff_id)
    assert (row.note_text, row.note, row.note_sha256) == (None, None, None)


def test_a_no_leaves_everything_as_it_was_and_is_answered_once(any_db: Database, stranger: Staff) -> None:
    rani = worker(any_db)
    handoff_id, talk = claimed(any_db, rani)
    offer_elsewhere(any_db, handoff_id, rani, stranger)
    assert any_db.run_sync(lambda uow: transfer.answer(uow, talk, "")) == "Lembaga lain"
    assert any_db.run_sync(lambda uow: transfer.answer(uow, talk, "note")) is None
    assert State(row_of(any_db, handoff_id).state) is State.ACTIVE
    assert any_db.run_sync(lambda uow: consents(uow, talk)) == []
    with pytest.raises(HandoffNotFound):
        accept(any_db, handoff_id, stranger)
    any_db.run_sync(lambda uow: service.say(uow, handoff_id, rani, "Baik, kita lanjut", "m1"))


def test_a_worker_who_vanishes_while_offering_gives_the_person_back_to_the_queue(
    any_db: Database, clock: ManualClock
) -> None:
    rani, budi = worker(any_db), worker(any_db)
    handoff_id, talk = claimed(any_db, rani)
    offer(any_db, handoff_id, rani, budi)
    clock.advance(61)
    assert any_db.run_sync(lambda uow: service.expire_leases(uow, say)) == 1
    with pytest.raises(NoTransfer):
        accept(any_db, handoff_id, budi)
    assert any_db.run_sync(lambda uow: load(uow, talk)).holder is Holder.QUEUE
    any_db.run_sync(lambda uow: service.claim(uow, handoff_id, budi, say))


STEPS = (
    "claim",
    "say",
    "offer",
    "elsewhere",
    "yes",
    "no",
    "accept",
    "off",
    "vanish",
    "close",
    "return",
    "withdraw",
    "ask",
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 2)), min_size=4, max_size=25))
def test_on_every_walk_a_held_conversation_has_one_owner_and_is_let_go_only_into_other_hands(
    db: Database, clock: ManualClock, people: tuple[Staff, ...], walk: list[tuple[str, int]]
) -> None:
    talk = conversation(db)
    wait(db, talk)
    for number, (step, who) in enumerate(walk):
        before = live(db, talk)
        take(db, clock, talk, people, step, people[who], number)
        after = live(db, talk)
        holder = db.run_sync(lambda uow: load(uow, talk)).holder
        held = after is not None and State(after.state) in HELD
        assert held == (holder is Holder.WORKER)
        assert (holder is Holder.QUEUE) == (after is not None and State(after.state) is State.QUEUED)
        if after is not None:
            assert held == (after.claimant_id is not None)
            offering = after.transfer_staff_id is not None or after.transfer_organisation_id is not None
            assert offering == (State(after.state) is State.TRANSFER_PENDING)
        if before is not None and before.claimant_id is not None and step in ("offer", "elsewhere", "yes", "no", "off"):
            assert after is not None
            assert after.claimant_id == before.claimant_id
        if before is not None and after is not None and before.claimant_id not in (None, after.claimant_id):
            assert step in ("accept", "vanish")


@pytest.fixture
def people(db: Database) -> tuple[Staff, ...]:
    """Two colleagues and somebody of another organisation."""
    return worker(db), worker(db), join(db, Role.WORKER, organisation_id=other_organisation(db)).staff


def live(db: Database, talk: str):  # type: ignore[no-untyped-def]
    query = select(handoff).where(handoff.c.conversation_id == talk, handoff.c.ended_at.is_(None))
    return db.run_sync(lambda uow: uow.db.execute(query).first())


def take(
    db: Database, clock: ManualClock, talk: str, people: tuple[Staff, ...], step: str, who: Staff, number: int
) -> None:
    """One step of a walk; a step that is not allowed is refused with a named exception and changes nothing."""
    row = live(db, talk)
    of = row.id if row is not None else "none"
    colleague, stranger = people[1] if who is people[0] else people[0], people[2]
    steps = {
        "claim": lambda uow: service.claim(uow, of, who, say),
        "say": lambda uow: service.say(uow, of, who, "Halo", f"m{number}"),
        "offer": lambda uow: transfer.offer_to_colleague(uow, of, who, colleague.id),
        "elsewhere": lambda uow: transfer.offer_to_organisation(uow, of, who, stranger.organisation_id, say),
        "yes": lambda uow: transfer.answer(uow, talk, "note"),
        "no": lambda uow: transfer.answer(uow, talk, ""),
        "accept": lambda uow: transfer.accept(uow, of, who, say),
        "off": lambda uow: transfer.call_off(uow, of, who, say),
        "vanish": lambda uow: service.expire_leases(uow, say),
        "close": lambda uow: service.close(uow, of, who, "rest", say),
        "return": lambda uow: service.return_to_bot(uow, of, who, say),
        "withdraw": lambda uow: service.withdraw(uow, talk),
    }
    if step == "ask":
        wait(db, talk)
        return
    if step == "vanish":
        clock.advance(61)
    try:
        db.run_sync(steps[step])
    except (HandoffNotFound, NotYours, NotWaiting, AlreadyClaimed, NoTransfer):
        after = live(db, talk)
        assert (after and after.state, after and after.claimant_id) == (row and row.state, row and row.claimant_id)
