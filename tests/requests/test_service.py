"""Each right, carried out at the desk: what happens to the data, to the queue and to the worker who holds the chat."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.accounts.model import RecordNotFound, Role, Staff
from bot.accounts.store import audit
from bot.channels.web.note_links import follow
from bot.clock import WIB, ManualClock
from bot.config import Settings
from bot.conversation.model import Holder, Keeping, Sender
from bot.conversation.store import conversation, outbox
from bot.conversation.transcript import load, transcript
from bot.counselling.service import consents
from bot.erasing import means_of
from bot.handoff.model import NotYours
from bot.handoff.reading import messages_after, open_conversation
from bot.requests import service
from bot.requests.model import Answered, BadRequest, Gone, Kind, Refusal, Request, SamePerson, State
from bot.requests.store import data_request
from bot.storage.keys import owner_key
from bot.storage.unit_of_work import Database
from tests.accounts.people import join, other_organisation
from tests.conversation.harness import Script, inbound, receive, runner, work_off
from tests.handoff.builders import claimed

MEANS = means_of(Settings(_env_file=None, agency="Rumah Aman", public_url="https://chat.example"))


@pytest.fixture
def rani(any_db: Database) -> Staff:
    return join(any_db, Role.WORKER, designation="Petugas Rani").staff


@pytest.fixture
def sari(any_db: Database) -> Staff:
    return join(any_db, Role.SUPERVISOR, designation="Penyelia Sari").staff


def asks(db: Database, handoff_id: str, who: Staff, kind: Kind) -> str:
    when = f"{db.clock.now() + WIB:%Y-%m-%dT%H:%M}"
    return db.run_sync(lambda uow: service.record(uow, handoff_id, who, kind=kind, shown="chat", when=when))


def does(db: Database, request_id: str, who: Staff) -> str | None:
    return db.run_sync(lambda uow: service.carry_out(uow, request_id, who, MEANS))


def listed(db: Database, who: Staff) -> list[Request]:
    return db.run_sync(lambda uow: service.listing(uow, who), read_only=True)


def key_of(db: Database, talk: str) -> bool:
    query = select(owner_key).where(owner_key.c.owner == talk)
    return db.run_sync(lambda uow: uow.db.execute(query).first(), read_only=True) is not None


@pytest.mark.parametrize("kind", [Kind.SEE, Kind.EXPORT])
def test_seeing_and_a_copy_are_a_link_that_ends_and_nobody_of_the_staff_reads(
    any_db: Database, clock: ManualClock, rani: Staff, sari: Staff, kind: Kind
) -> None:
    handoff_id, talk = claimed(any_db, rani)
    link = does(any_db, asks(any_db, handoff_id, rani, kind), sari)
    assert link is not None
    assert link.startswith("https://chat.example/note/")
    token = link.rpartition("/")[2]
    opened = any_db.run_sync(lambda uow: follow(uow, token), read_only=True)
    assert opened is not None
    assert opened.id == talk
    clock.advance(31 * 60)
    assert any_db.run_sync(lambda uow: follow(uow, token), read_only=True) is None
    read = select(audit).where(audit.c.staff_id == sari.id, audit.c.action.in_(("conversation.read", "note.export")))
    assert any_db.run_sync(lambda uow: uow.db.execute(read).all(), read_only=True) == []


async def test_restricting_stops_everybody_and_keeps_everything_until_the_person_writes_again(
    any_db: Database, rani: Staff, sari: Staff
) -> None:
    talk = receive(any_db, inbound("1", "dia membanting pintu", chat="c9"))
    script = Script()
    turns = runner(any_db, script)
    await work_off(any_db, turns)
    handoff_id, _ = claimed(any_db, rani, conversation_id=talk)
    said = any_db.run_sync(lambda uow: transcript(uow, talk), read_only=True)
    waiting = any_db.run_sync(lambda uow: len(uow.db.execute(select(outbox)).all()), read_only=True)
    assert does(any_db, asks(any_db, handoff_id, rani, Kind.RESTRICT), sari) is None

    with any_db.unit() as uow:
        assert open_conversation(uow, handoff_id, rani).content is None
        with pytest.raises(NotYours):
            messages_after(uow, handoff_id, rani, 0)
        now = load(uow, talk)
        assert (now.holder, now.safe_to_contact) == (Holder.NONE, False)
        # All of it is still there, and nothing was sent.
        assert transcript(uow, talk)[: len(said)] == said
        assert len(uow.db.execute(select(outbox)).all()) == waiting
    assert key_of(any_db, talk)

    heard = len(script.heard)
    receive(any_db, inbound("2", "saya kembali", chat="c9"))
    await work_off(any_db, turns)
    assert len(script.heard) == heard + 1


def test_taking_permission_back_empties_what_was_kept_and_the_assistant_forgets_it(
    any_db: Database, rani: Staff, sari: Staff
) -> None:
    handoff_id, talk = claimed(any_db, rani)
    does(any_db, asks(any_db, handoff_id, rani, Kind.WITHDRAW), sari)
    with any_db.unit() as uow:
        assert load(uow, talk).keeping is Keeping.REFUSED
        assert not [one for one in transcript(uow, talk) if one.sender is Sender.CLIENT and one.text]
        assert {consent["kind"] for consent in consents(uow, talk)} == {"revoked"}
        assert open_conversation(uow, handoff_id, rani).content is None
        assert uow.db.execute(select(conversation.c.memory).where(conversation.c.id == talk)).scalar_one() is None


def test_deleting_needs_a_second_person_and_destroys_the_key_while_the_bare_fact_stays(
    any_db: Database, sari: Staff
) -> None:
    handoff_id, talk = claimed(any_db, sari)
    asked = asks(any_db, handoff_id, sari, Kind.DELETE)
    with pytest.raises(SamePerson):
        does(any_db, asked, sari)
    assert key_of(any_db, talk)
    other = join(any_db, Role.SUPERVISOR).staff
    does(any_db, asked, other)
    assert not key_of(any_db, talk)
    (fact,) = listed(any_db, sari)
    assert (fact.kind, fact.state, fact.answered_by) == (Kind.DELETE, State.DONE, other.id)


def test_correcting_is_noted_as_done_and_changes_no_word_of_the_person(
    any_db: Database, rani: Staff, sari: Staff
) -> None:
    handoff_id, talk = claimed(any_db, rani)
    before = any_db.run_sync(lambda uow: transcript(uow, talk), read_only=True)
    does(any_db, asks(any_db, handoff_id, rani, Kind.CORRECT), sari)
    assert any_db.run_sync(lambda uow: transcript(uow, talk), read_only=True) == before
    assert listed(any_db, sari)[0].state is State.DONE


def test_after_a_deletion_in_the_chat_nothing_is_handed_out_and_the_rest_has_come_true(
    any_db: Database, rani: Staff, sari: Staff
) -> None:
    handoff_id, talk = claimed(any_db, rani)
    asked = {kind: asks(any_db, handoff_id, rani, kind) for kind in Kind}
    any_db.run_sync(lambda uow: MEANS.erase(uow, talk))
    for kind, request_id in asked.items():
        if kind in (Kind.SEE, Kind.EXPORT):
            with pytest.raises(Gone):
                does(any_db, request_id, sari)
        else:
            assert does(any_db, request_id, sari) is None


def test_a_refusal_names_a_ground_that_the_law_knows_and_ends_the_request(
    any_db: Database, rani: Staff, sari: Staff
) -> None:
    handoff_id, _ = claimed(any_db, rani)
    asked = asks(any_db, handoff_id, rani, Kind.CORRECT)
    with pytest.raises(BadRequest):
        any_db.run_sync(lambda uow: service.refuse(uow, asked, sari, Refusal.LAW))
    any_db.run_sync(lambda uow: service.refuse(uow, asked, sari, Refusal.ENDANGERS))
    with pytest.raises(Answered):
        does(any_db, asked, sari)
    assert listed(any_db, sari)[0].refusal is Refusal.ENDANGERS


def test_the_list_puts_what_is_due_first_and_another_organisation_sees_nothing(
    any_db: Database, clock: ManualClock, rani: Staff, sari: Staff
) -> None:
    handoff_id, _ = claimed(any_db, rani)
    first = asks(any_db, handoff_id, rani, Kind.SEE)
    clock.advance(60)
    second = asks(any_db, handoff_id, rani, Kind.EXPORT)
    done = asks(any_db, handoff_id, rani, Kind.CORRECT)
    does(any_db, done, sari)
    clock.advance(timedelta(hours=72).total_seconds() - 60)
    found = listed(any_db, sari)
    assert [one.id for one in found] == [first, second, done]
    clock.advance(1)
    assert [one.overdue(clock.now()) for one in found] == [True, False, False]
    stranger = join(any_db, Role.SUPERVISOR, organisation_id=other_organisation(any_db)).staff
    assert listed(any_db, stranger) == []
    with pytest.raises(RecordNotFound):
        does(any_db, first, stranger)


def test_each_deed_is_in_the_audit_trail_and_the_table_holds_no_words(
    any_db: Database, rani: Staff, sari: Staff
) -> None:
    handoff_id, _ = claimed(any_db, rani)
    does(any_db, asks(any_db, handoff_id, rani, Kind.SEE), sari)
    other = asks(any_db, handoff_id, rani, Kind.SEE)
    any_db.run_sync(lambda uow: service.refuse(uow, other, sari, Refusal.NOT_THE_PERSON))
    query = select(audit.c.action, audit.c.staff_id).where(audit.c.record == "data_request").order_by(audit.c.number)
    deeds = any_db.run_sync(lambda uow: [tuple(row) for row in uow.db.execute(query)], read_only=True)
    assert deeds == [
        ("request.record", rani.id),
        ("request.done", sari.id),
        ("request.record", rani.id),
        ("request.refuse", sari.id),
    ]
    assert {type(column.type).__name__ for column in data_request.columns} == {"String", "Instant"}
