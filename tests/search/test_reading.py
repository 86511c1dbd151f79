"""Who finds which conversation, and whose texts are opened for words."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select, update

from bot.accounts.model import Role, Staff
from bot.accounts.store import audit
from bot.clock import ManualClock
from bot.conversation.erase import erase
from bot.conversation.model import Kind
from bot.conversation.store import conversation as conversations_table
from bot.conversation.transcript import record_client
from bot.handoff import service, transfer
from bot.search.model import Hit, Question
from bot.search.reading import conversations, in_texts
from bot.storage.unit_of_work import Database
from tests.accounts.people import join, other_organisation
from tests.handoff.builders import claimed, conversation, say, wait

DAY = 24 * 3600


def found(db: Database, staff: Staff, **asked: object) -> list[str]:
    question = Question(**asked)  # type: ignore[arg-type]
    return [one.row.label for one in db.run_sync(lambda uow: conversations(uow, staff, question), read_only=True)[0]]


def hits(db: Database, staff: Staff, words: str) -> list[Hit]:
    return db.run_sync(lambda uow: in_texts(uow, staff, words))[0]


def readings(db: Database) -> list[str]:
    query = select(audit.c.record_id).where(audit.c.action == "conversation.read").order_by(audit.c.number)
    return list(db.run_sync(lambda uow: uow.db.execute(query).scalars().all()))


def test_each_part_of_the_question_narrows_the_list_and_the_newest_comes_first(
    any_db: Database, clock: ManualClock
) -> None:
    rani, budi = join(any_db).staff, join(any_db).staff
    closed, _ = claimed(any_db, rani)
    any_db.run_sync(lambda uow: service.close(uow, closed, rani, "other", say))
    clock.advance(DAY)
    claimed(any_db, budi, risk="high")
    clock.advance(DAY)
    wait(any_db, risk="elevated")
    assert found(any_db, rani) == ["K-3", "K-2", "K-1"]
    assert found(any_db, rani, number=2) == ["K-2"]
    assert found(any_db, rani, number=9) == []
    assert found(any_db, rani, state="waiting") == ["K-3"]
    assert found(any_db, rani, state="held") == ["K-2"]
    assert found(any_db, rani, state="closed") == ["K-1"]
    assert found(any_db, rani, risk="elevated") == ["K-3", "K-2"]
    assert found(any_db, rani, risk="high") == ["K-2"]
    assert found(any_db, rani, who=budi.id) == ["K-2"]
    assert found(any_db, rani, who=rani.id, state="held") == []
    first = date(2026, 11, 21)
    assert found(any_db, rani, until=first) == ["K-1"]
    assert found(any_db, rani, since=date(2026, 11, 22), until=date(2026, 11, 22)) == ["K-2"]
    assert found(any_db, rani, since=date(2026, 11, 23)) == ["K-3"]


def test_danger_that_came_up_later_counts(any_db: Database) -> None:
    rani = join(any_db).staff
    talk = wait(any_db, made := conversation(any_db)) and made
    change = update(conversations_table).where(conversations_table.c.id == talk).values(risk="imminent")
    any_db.run_sync(lambda uow: uow.db.execute(change))
    assert found(any_db, rani, risk="imminent") == ["K-1"]


def test_a_day_is_a_western_indonesian_one(db: Database, clock: ManualClock) -> None:
    rani = join(db).staff
    # 09.00 UTC is 16.00 WIB; eight hours later it is the next day there and not yet in UTC.
    clock.advance(8 * 3600)
    wait(db)
    assert found(db, rani, since=date(2026, 11, 22), until=date(2026, 11, 22)) == ["K-1"]
    assert found(db, rani, until=date(2026, 11, 21)) == []


def test_whoever_held_it_before_is_found_too_and_the_last_one_is_named(any_db: Database) -> None:
    rani, budi = join(any_db).staff, join(any_db, designation="Petugas Budi").staff
    handoff_id, _ = claimed(any_db, rani)
    any_db.run_sync(lambda uow: transfer.offer_to_colleague(uow, handoff_id, rani, budi.id))
    assert found(any_db, rani, who=budi.id) == []
    any_db.run_sync(lambda uow: transfer.accept(uow, handoff_id, budi, say))
    any_db.run_sync(lambda uow: service.close(uow, handoff_id, budi, "other", say))
    assert found(any_db, rani, who=rani.id) == found(any_db, rani, who=budi.id) == ["K-1"]
    ((one,), _) = any_db.run_sync(lambda uow: conversations(uow, rani, Question()), read_only=True)
    assert (one.state, one.held_by, one.row.mine) == ("closed", "Petugas Budi", False)


def test_another_organisation_finds_nothing_and_a_deleted_conversation_is_found_by_nobody(any_db: Database) -> None:
    rani = join(any_db).staff
    stranger = join(any_db, Role.SUPERVISOR, organisation_id=other_organisation(any_db)).staff
    talk = conversation(any_db)
    wait(any_db, talk)
    assert found(any_db, stranger) == []
    assert found(any_db, stranger, who=rani.id, number=1) == []
    any_db.run_sync(lambda uow: (service.withdraw(uow, talk, "deleted"), erase(uow, talk)))
    assert found(any_db, rani) == []


def test_a_long_list_comes_page_by_page_and_none_is_left_out(any_db: Database, clock: ManualClock) -> None:
    rani = join(any_db).staff
    for number in range(7):
        wait(any_db)
        clock.advance(number % 2)  # some at the very same moment
    pages, before = [], ""
    while True:
        page, last = any_db.run_sync(
            lambda uow, before=before: conversations(uow, rani, Question(before=before), limit=3), read_only=True
        )
        pages += [one.row.label for one in page]
        if last is None:
            break
        before = last
    assert pages == found(any_db, rani)
    assert len(pages) == 7


def test_words_are_found_only_in_what_one_holds_and_each_opening_is_on_record(any_db: Database) -> None:
    rani, budi = join(any_db, designation="Petugas Rani").staff, join(any_db).staff
    # From number 0 on the whole conversation is open.
    consent = {"to": "hotline", "purpose": "continue", "transcript": True}
    mine, talk = claimed(any_db, rani, consent=consent)
    other, _ = claimed(any_db, rani, consent=consent)
    claimed(any_db, budi, consent=consent)
    any_db.run_sync(lambda uow: service.say(uow, mine, rani, "Pintu mana yang ia banting?", "m-0000001"))
    (own, said) = hits(any_db, rani, "PINTU mana")[0], hits(any_db, rani, "membanting  pintu")
    assert (own.handoff_id, own.staff_id, own.words) == (mine, rani.id, "Pintu mana")
    assert {(hit.handoff_id, hit.staff_id, hit.words) for hit in said} == {
        (mine, "", "membanting pintu"),
        (other, "", "membanting pintu"),
    }
    assert set(readings(any_db)) == {mine, other}
    assert hits(any_db, budi, "Pintu mana") == []
    assert hits(any_db, rani, "bercerita") == []  # the assistant's own words are not looked through
    assert hits(any_db, join(any_db).staff, "pintu") == []
    any_db.run_sync(lambda uow: uow.vault.destroy_owner(talk))
    assert {hit.handoff_id for hit in hits(any_db, rani, "pintu")} == {other}


def test_what_the_person_did_not_share_is_not_searched_either(db: Database) -> None:
    rani = join(db).staff
    _, talk = claimed(db, rani, consent={"transcript": False})
    assert hits(db, rani, "pintu") == []
    db.run_sync(lambda uow: record_client(uow, talk, kind=Kind.TEXT, text="pintunya", lang="id", inbox_id=uow.new_id()))
    (hit,) = hits(db, rani, "pintu")
    assert (hit.before, hit.words, hit.after) == ("", "pintu", "nya")


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMIN])
def test_whoever_may_hold_no_conversation_finds_no_words(db: Database, role: Role) -> None:
    claimed(db, join(db).staff)
    assert hits(db, join(db, role).staff, "pintu") == []
