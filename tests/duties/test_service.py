"""Disclosures on both databases: who, what, on which record, and what is left after a deletion."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from bot.accounts.model import RecordNotFound, Role, Staff
from bot.accounts.store import audit
from bot.conversation.erase import erase
from bot.counselling import service as counselling
from bot.counselling.note_form import load_form
from bot.duties import service
from bot.duties.content import load_duties
from bot.duties.disclosure import Draft, Event, NotPossible, NotTheirs, SamePerson, State
from bot.duties.store import disclosure
from bot.handoff.model import NotYours
from bot.handoff.note_export import of_client
from bot.storage.unit_of_work import Database
from tests.accounts.people import join, other_organisation, worker
from tests.duties.test_disclosure import DRAFT
from tests.handoff.builders import claimed

DUTIES = load_duties()
UNSAFE = replace(DRAFT, told="not_safe", why_not="dia membaca ponselnya")


def supervisor(db: Database) -> Staff:
    return join(db, Role.SUPERVISOR).staff


def drafted(db: Database, by: Staff, draft: Draft = DRAFT) -> tuple[str, str]:
    """A draft of somebody who holds the conversation: its id and the conversation's."""
    handoff_id, talk = claimed(db, by)
    return db.run_sync(lambda uow: service.draft(uow, handoff_id, by, draft, DUTIES)), talk


def make(db: Database, new: str, by: Staff) -> None:
    db.run_sync(lambda uow: service.make(uow, new, by, DUTIES))


def review(db: Database, new: str, by: Staff, event: Event = Event.UPHOLD) -> None:
    db.run_sync(lambda uow: service.review(uow, new, by, event, "dibaca", DUTIES))


def recorded(db: Database, new: str) -> list[tuple[str, str | None]]:
    with db.unit(read_only=True) as uow:
        rows = uow.db.execute(
            select(audit.c.action, audit.c.staff_id).where(audit.c.record_id == new).order_by(audit.c.number)
        )
        return [(row.action, row.staff_id) for row in rows]


def consents(db: Database, talk: str) -> list[tuple[str, str]]:
    found = db.run_sync(lambda uow: counselling.consents(uow, talk), read_only=True)
    return [(item["kind"], item["recipient"]) for item in found if item["purpose"] == "disclosed"]


def exported(db: Database, talk: str) -> list[str]:
    note = db.run_sync(lambda uow: of_client(uow, talk, load_form()), read_only=True)
    return [item["kind"] for item in note["consents"] if item["purpose"] == "disclosed"]


def test_a_disclosure_goes_its_way_by_named_people_and_stands_on_record(any_db: Database) -> None:
    rani, sari = worker(any_db), supervisor(any_db)
    new, talk = drafted(any_db, rani)
    assert consents(any_db, talk) == []
    make(any_db, new, rani)
    review(any_db, new, sari)
    assert recorded(any_db, new) == [
        ("disclosure.draft", rani.id),
        ("disclosure.make", rani.id),
        ("disclosure.uphold", sari.id),
    ]
    assert consents(any_db, talk) == [("duty", DRAFT.recipient), ("told", DRAFT.recipient)]
    item = any_db.run_sync(lambda uow: service.read(uow, new, sari, DUTIES))
    assert (item.state, item.fields, item.reason, item.review) == (State.UPHELD, DRAFT.fields, DRAFT.reason, "dibaca")
    assert recorded(any_db, new)[-1] == ("disclosure.read", sari.id)


def test_the_second_person_is_never_the_first(any_db: Database) -> None:
    both = join(any_db, Role.WORKER, Role.SUPERVISOR).staff
    new, _ = drafted(any_db, both)
    make(any_db, new, both)
    with pytest.raises(SamePerson):
        review(any_db, new, both)
    decider = supervisor(any_db)
    another, _ = drafted(any_db, both)
    make(any_db, another, decider)
    for one in (both, decider):
        with pytest.raises(SamePerson):
            review(any_db, another, one)
    with pytest.raises(NotTheirs):
        review(any_db, another, worker(any_db))
    review(any_db, another, supervisor(any_db))


def test_only_the_worker_who_holds_the_conversation_writes_a_draft(db: Database) -> None:
    handoff_id, _ = claimed(db, worker(db))
    other = supervisor(db)
    with pytest.raises(NotYours):
        db.run_sync(lambda uow: service.draft(uow, handoff_id, other, DRAFT, DUTIES))


def test_it_is_made_once_and_not_after_it_was_dropped(any_db: Database) -> None:
    rani = worker(any_db)
    new, talk = drafted(any_db, rani)
    make(any_db, new, rani)
    with pytest.raises(NotPossible):
        make(any_db, new, rani)
    assert len(consents(any_db, talk)) == 2
    other, _ = drafted(any_db, rani)
    sari = supervisor(any_db)
    with pytest.raises(NotTheirs):
        any_db.run_sync(lambda uow: service.drop(uow, other, sari))
    any_db.run_sync(lambda uow: service.drop(uow, other, rani))
    with pytest.raises(NotPossible):
        make(any_db, other, rani)


def test_whoever_reads_along_learns_nothing_from_the_note_until_the_person_was_told(db: Database) -> None:
    rani = worker(db)
    new, talk = drafted(db, rani, UNSAFE)
    make(db, new, rani)
    assert consents(db, talk) == [("duty", DRAFT.recipient)]
    assert exported(db, talk) == []
    db.run_sync(lambda uow: service.told(uow, new, rani))
    assert exported(db, talk) == ["duty", "told"]
    with pytest.raises(NotPossible):
        db.run_sync(lambda uow: service.told(uow, new, rani))


def test_another_organisation_finds_nothing(db: Database) -> None:
    new, _ = drafted(db, worker(db))
    stranger = join(db, *Role, organisation_id=other_organisation(db)).staff
    with pytest.raises(RecordNotFound):
        db.run_sync(lambda uow: service.read(uow, new, stranger, DUTIES))
    with pytest.raises(RecordNotFound):
        make(db, new, stranger)
    assert db.run_sync(lambda uow: service.listing(uow, stranger), read_only=True) == []


def test_a_colleague_without_a_task_in_it_does_not_read_it(db: Database) -> None:
    few = replace(DUTIES, deciding=replace(DUTIES.deciding, roles=frozenset({Role.SUPERVISOR})))
    new, _ = drafted(db, worker(db))
    colleague = worker(db)
    with pytest.raises(NotTheirs):
        db.run_sync(lambda uow: service.read(uow, new, colleague, few))


def test_nothing_of_it_lies_open_in_the_database(db: Database) -> None:
    new, _ = drafted(db, worker(db), UNSAFE)
    with db.unit(read_only=True) as uow:
        row = uow.db.execute(select(disclosure).where(disclosure.c.id == new)).one()
    plain = " ".join(str(value) for value in row)
    for secret in (*UNSAFE.fields.values(), UNSAFE.contact, UNSAFE.reason, UNSAFE.why_not):
        assert secret not in plain


@pytest.mark.parametrize("forgotten", [True, False])
def test_a_deletion_takes_the_words_and_leaves_the_bare_facts(any_db: Database, forgotten: bool) -> None:
    rani, sari = worker(any_db), supervisor(any_db)
    new, talk = drafted(any_db, rani)
    make(any_db, new, rani)
    waiting, other = drafted(any_db, rani)
    for one in (talk, other):
        if forgotten:
            any_db.run_sync(lambda uow, one=one: service.forget(uow, one))
        any_db.run_sync(lambda uow, one=one: erase(uow, one))
    item = any_db.run_sync(lambda uow: service.read(uow, new, sari, DUTIES))
    assert (item.state, item.recipient, item.made_by, item.fields) == (State.MADE, DRAFT.recipient, rani.id, None)
    review(any_db, new, sari, Event.OBJECT)
    with pytest.raises(NotPossible):
        make(any_db, waiting, rani)
