"""What is kept goes when its time is over, not a day earlier, and never while somebody still needs it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

import bot.schema  # noqa: F401  # every table of the house
from bot.accounts import audit
from bot.accounts.model import Role
from bot.accounts.service import invite
from bot.accounts.store import audit as trail
from bot.accounts.store import invitation, login_attempt, staff_session
from bot.assistant.catalogue import load_catalogue
from bot.audit.anchor import examine, note_head
from bot.channels.web.model import CODE_LIFE
from bot.channels.web.note_links import make_link
from bot.channels.web.store import note_link, put_code, web_return_code
from bot.clock import ManualClock
from bot.content import BrokenContent
from bot.conversation.store import conversation, inbox, outbox
from bot.duties import service as duties
from bot.handoff import service as handoffs
from bot.handoff.store import handoff
from bot.oncall.store import oncall_call
from bot.retention.content import FILE, load_retention
from bot.retention.model import Kind
from bot.rights.publishing.misses import rights_miss
from bot.safety import service as safety
from bot.safety.model import Assessment, Category, Risk
from bot.safety.store import alert
from bot.storage.engine import metadata
from bot.storage.keys import destroyed_key
from bot.storage.ledger import Ledger
from bot.storage.unit_of_work import Database, UnitOfWork
from bot.upkeep import Upkeep
from tests.accounts.people import join, worker
from tests.conversation.harness import Script, inbound, receive, runner, work_off
from tests.duties.test_service import drafted
from tests.handoff import builders
from tests.handoff.builders import claimed, say

RULES = load_retention()
DAY = timedelta(days=1)


@pytest.fixture
def anchors(tmp_path: Path) -> Path:
    return tmp_path / "apart" / "anchors.txt"


@pytest.fixture
def upkeep(any_db: Database, anchors: Path) -> Upkeep:
    return Upkeep(any_db, Ledger(anchors.with_name("destroyed-keys.txt")), anchors, RULES)


async def pass_time(upkeep: Upkeep, clock: ManualClock, time: timedelta) -> None:
    clock.advance(time.total_seconds())
    await upkeep.let_go()


def alive(db: Database) -> set[str]:
    query = select(conversation.c.id).where(conversation.c.deleted_at.is_(None))
    return set(db.run_sync(lambda uow: uow.db.execute(query).scalars().all(), read_only=True))


def count(db: Database, table) -> int:  # type: ignore[no-untyped-def]
    return len(db.run_sync(lambda uow: uow.db.execute(select(table)).all(), read_only=True))


# Conversations


@pytest.mark.parametrize(
    ("keeping", "kind"),
    [
        ("given", Kind.KEPT_CONVERSATION),
        ("refused", Kind.UNKEPT_CONVERSATION),
        ("undecided", Kind.UNKEPT_CONVERSATION),
    ],
)
async def test_a_conversation_goes_when_its_time_is_over_and_leaves_no_key_and_no_address(
    any_db: Database, upkeep: Upkeep, clock: ManualClock, keeping: str, kind: Kind
) -> None:
    talk = builders.conversation(any_db, channel="web", keeping=keeping)
    await pass_time(upkeep, clock, RULES.keep(kind))
    assert alive(any_db) == {talk}
    await pass_time(upkeep, clock, DAY)
    assert alive(any_db) == set()
    row = any_db.run_sync(lambda uow: uow.db.execute(select(conversation)).one())
    assert (row.chat, row.chat_blind, row.memory, row.successor) == (None, None, None, None)
    assert any_db.run_sync(lambda uow: uow.db.execute(select(destroyed_key.c.owner)).scalars().all()) == [talk]


async def test_whoever_writes_again_afterwards_begins_anew(
    any_db: Database, upkeep: Upkeep, clock: ManualClock
) -> None:
    before = receive(any_db, inbound("1"))
    await work_off(any_db, runner(any_db, Script()))
    await pass_time(upkeep, clock, RULES.keep(Kind.UNKEPT_CONVERSATION) + DAY)
    after = receive(any_db, inbound("2", "halo lagi"))
    assert after != before
    assert alive(any_db) == {after}


async def test_a_message_in_between_starts_the_time_anew(any_db: Database, upkeep: Upkeep, clock: ManualClock) -> None:
    talk = receive(any_db, inbound("1"))
    half = RULES.keep(Kind.UNKEPT_CONVERSATION) / 2 + DAY
    for number in range(2, 5):
        await work_off(any_db, runner(any_db, Script()))
        await pass_time(upkeep, clock, half)
        receive(any_db, inbound(str(number)))
    assert alive(any_db) == {talk}


def open_alert(db: Database) -> str:
    talk = builders.conversation(db, channel="web")
    db.run_sync(lambda uow: safety.raise_alert(uow, talk, Assessment(Risk.HIGH, Category.SUICIDE_IDEATION_INDIRECT)))
    return talk


def live_handoff(db: Database) -> str:
    waiting = builders.conversation(db, channel="web")
    builders.wait(db, waiting)
    return waiting


def open_disclosure(db: Database) -> str:
    _, talk = drafted(db, worker(db))
    db.run_sync(lambda uow: uow.db.execute(update(handoff).values(ended_at=uow.now, state="closed")))
    db.run_sync(lambda uow: uow.db.execute(update(outbox).values(state="sent", sent_at=uow.now)))
    return talk


def unsent_message(db: Database) -> str:
    return builders.conversation(db, channel="telegram")


@pytest.mark.parametrize("needing", [open_alert, live_handoff, open_disclosure, unsent_message])
async def test_nothing_goes_that_somebody_still_needs(
    any_db: Database, upkeep: Upkeep, clock: ManualClock, needing: Callable[[Database], str]
) -> None:
    talk = needing(any_db)
    forgotten = builders.conversation(any_db, channel="web")
    await pass_time(upkeep, clock, 20 * RULES.keep(Kind.KEPT_CONVERSATION))
    assert talk in alive(any_db)
    assert forgotten not in alive(any_db)


async def test_once_nobody_needs_it_any_more_it_goes(any_db: Database, upkeep: Upkeep, clock: ManualClock) -> None:
    talk = open_alert(any_db)
    await pass_time(upkeep, clock, RULES.keep(Kind.KEPT_CONVERSATION) + DAY)
    any_db.run_sync(lambda uow: safety.acknowledge(uow, talk, uow.new_id()))
    await pass_time(upkeep, clock, DAY)
    assert alive(any_db) == set()


# What goes by itself


async def test_a_shared_note_goes_after_its_consent_and_never_while_the_handoff_runs(
    any_db: Database, upkeep: Upkeep, clock: ManualClock
) -> None:
    rani = worker(any_db)
    handoff_id, _ = claimed(any_db, rani)
    notes = select(handoff.c.note_text, handoff.c.note)

    def note() -> tuple[object, ...]:
        return tuple(any_db.run_sync(lambda uow: uow.db.execute(notes).one()))

    clock.advance(timedelta(days=200).total_seconds())
    await upkeep.let_go()
    assert None not in note()
    any_db.run_sync(lambda uow: handoffs.close(uow, handoff_id, rani, "other", say))
    await upkeep.let_go()
    assert note() == (None, None)


async def test_what_was_done_and_sent_goes_and_what_was_perhaps_repeated_stays(
    any_db: Database, upkeep: Upkeep, clock: ManualClock
) -> None:
    receive(any_db, inbound("1"))
    await work_off(any_db, runner(any_db, Script()))
    receive(any_db, inbound("2"))
    talks = [builders.conversation(any_db) for _ in range(3)]
    for talk, values in zip(
        talks, ({"maybe_repeated": False}, {"maybe_repeated": True}, {"state": "dropped"}), strict=True
    ):
        sent = {"state": "sent", "sent_at": clock.now(), **values}
        any_db.run_sync(
            lambda uow, talk=talk, sent=sent: uow.db.execute(
                update(outbox).where(outbox.c.conversation_id == talk).values(sent)
            )
        )
    await pass_time(upkeep, clock, RULES.keep(Kind.OUTBOX))
    assert (count(any_db, inbox), count(any_db, outbox)) == (2, 3)
    await pass_time(upkeep, clock, DAY)
    # The update that nobody has answered stays.
    assert (count(any_db, inbox), count(any_db, outbox)) == (1, 2)


async def test_alerts_go_a_year_after_somebody_took_them_with_their_calls(
    any_db: Database, upkeep: Upkeep, clock: ManualClock
) -> None:
    taken, waiting = open_alert(any_db), open_alert(any_db)

    def call(uow: UnitOfWork) -> None:
        for row in uow.db.execute(select(alert.c.id)).all():
            values = {"id": uow.new_id(), "alert_id": row.id, "way": "webhook", "round": 0, "state": "sent"}
            uow.db.execute(insert(oncall_call).values(attempts=1, next_at=uow.now, maybe_repeated=False, **values))

    any_db.run_sync(call)
    any_db.run_sync(lambda uow: safety.acknowledge(uow, taken, uow.new_id()))
    any_db.run_sync(
        lambda uow: uow.db.execute(update(conversation).values(last_at=uow.now + 2 * RULES.keep(Kind.ALERT)))
    )
    await pass_time(upkeep, clock, RULES.keep(Kind.ALERT))
    assert count(any_db, alert) == 2
    await pass_time(upkeep, clock, DAY)
    left = any_db.run_sync(lambda uow: uow.db.execute(select(alert.c.conversation_id)).scalars().all())
    assert list(left) == [waiting]
    assert count(any_db, oncall_call) == 0


async def test_what_opens_nothing_any_more_goes(any_db: Database, upkeep: Upkeep, clock: ManualClock) -> None:
    rani = join(any_db, Role.ADMIN)
    talk = builders.conversation(any_db, channel="web")

    def leave(uow: UnitOfWork) -> None:
        invite(uow, rani.staff, frozenset({Role.WORKER}))
        make_link(uow, talk, "https://x.example")
        put_code(uow, talk, "A" * 20)
        uow.db.execute(insert(login_attempt).values(key="k", failures=3, last_at=uow.now))
        values = {"mark": "m", "term": "t", "word": b"w", "day": uow.now.date()}
        uow.db.execute(insert(rights_miss).values(values))

    any_db.run_sync(leave)
    tables = (invitation, note_link, web_return_code, login_attempt, rights_miss, staff_session)
    assert 0 not in {count(any_db, table) for table in tables}
    await pass_time(upkeep, clock, timedelta(hours=12))
    assert 0 not in {count(any_db, table) for table in tables}
    await pass_time(upkeep, clock, timedelta(days=100))
    assert {table.name: count(any_db, table) for table in tables} == dict.fromkeys((table.name for table in tables), 0)


async def test_a_disclosure_goes_years_after_its_review(any_db: Database, upkeep: Upkeep, clock: ManualClock) -> None:
    open_disclosure(any_db)
    table = duties.disclosure
    await pass_time(upkeep, clock, 2 * RULES.keep(Kind.DISCLOSURE))
    assert count(any_db, table) == 1
    any_db.run_sync(lambda uow: uow.db.execute(update(table).values(state="upheld", reviewed_at=uow.now)))
    await pass_time(upkeep, clock, RULES.keep(Kind.DISCLOSURE))
    assert count(any_db, table) == 1
    await pass_time(upkeep, clock, DAY)
    assert count(any_db, table) == 0


# The audit trail


async def test_the_beginning_of_the_trail_goes_and_the_rest_still_proves_itself(
    any_db: Database, upkeep: Upkeep, clock: ManualClock, anchors: Path
) -> None:
    for number in range(4):
        any_db.run_sync(lambda uow, number=number: audit.record(uow, None, "staff.on", "staff", str(number)))
        await upkeep.note_head()
    clock.advance(timedelta(days=100).total_seconds())
    any_db.run_sync(lambda uow: audit.record(uow, None, "staff.off", "staff", "later"))
    await pass_time(upkeep, clock, RULES.keep(Kind.AUDIT) - timedelta(days=50))
    left = any_db.run_sync(lambda uow: [link.record_id for link in audit.links(uow)])
    assert left == ["later"]
    assert any_db.run_sync(lambda uow: examine(uow, [anchors])).flaws == ()
    any_db.run_sync(lambda uow: audit.record(uow, None, "staff.on", "staff", "x"))
    await upkeep.note_head()
    assert any_db.run_sync(lambda uow: examine(uow, [anchors])).flaws == ()
    any_db.run_sync(lambda uow: uow.db.execute(trail.delete().where(trail.c.number == 5)))
    assert any_db.run_sync(lambda uow: examine(uow, [anchors])).flaws != ()


async def test_lines_about_a_conversation_that_is_still_there_stay(
    any_db: Database, upkeep: Upkeep, clock: ManualClock, anchors: Path
) -> None:
    any_db.run_sync(lambda uow: audit.record(uow, None, "staff.on", "staff", "old"))
    live_handoff(any_db)
    any_db.run_sync(lambda uow: audit.record(uow, None, "staff.off", "staff", "old, too"))
    await pass_time(upkeep, clock, 2 * RULES.keep(Kind.AUDIT))
    assert [link.action for link in any_db.run_sync(lambda uow: list(audit.links(uow)))] == [
        "handoff.queue",
        "staff.off",
    ]
    assert any_db.run_sync(lambda uow: note_head(uow, anchors))
    assert any_db.run_sync(lambda uow: examine(uow, [anchors])).flaws == ()


# The file


def test_every_table_of_the_house_stands_in_the_file_once() -> None:
    named = [name for rule in RULES.rules.values() for name in rule.tables]
    named += [name for stays in RULES.stays for name in stays.tables]
    assert sorted(named) == sorted(metadata.tables)


def test_what_people_are_told_before_they_agree_is_what_the_file_says() -> None:
    told = {lang: load_catalogue().say("utter_limits", lang, {}).text for lang in ("id", "en")}
    days = RULES.keep(Kind.KEPT_CONVERSATION).days
    assert re.findall(r"paling lama (\d+) hari sejak pesan terakhir", told["id"]) == [str(days)]
    assert re.findall(r"at most (\d+) days after the last message", told["en"]) == [str(days)]


def test_a_code_opens_for_as_long_as_it_is_kept_and_a_consent_is_kept_while_it_lasts() -> None:
    assert RULES.keep(Kind.RETURN_CODE) == CODE_LIFE
    assert RULES.keep(Kind.KEPT_CONVERSATION) > CODE_LIFE
    assert RULES.keep(Kind.AUDIT) >= RULES.keep(Kind.DISCLOSURE)


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("days: 365", "days: 0", "kinds.kept_conversation.days"),
        ("  shared_note:", "  shared_notes:", "kinds.shared_notes"),
        ("tables: [inbox]", "tables: [message]", "kinds.inbox.tables.0"),
        ('why: "It opens nothing any more."', 'why: ""', "kinds.session.why"),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, old: str, new: str, field: str) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    changed = tmp_path / "retention.yml"
    changed.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BrokenContent) as trouble:
        load_retention(changed)
    assert trouble.value.field == field
