"""Which organisation gets the conversation: the choice, the question that names it, and nothing for any other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.accounts.model import Role, Staff
from bot.accounts.organisations import hotline, receive
from bot.clock import ManualClock
from bot.counselling.readings import readings as provided
from bot.counselling.service import consents
from bot.handoff import service
from bot.handoff.model import State
from bot.handoff.opening import abilities_of, write_abilities, write_hours
from bot.handoff.queue import queue
from bot.handoff.receiving import receiver_for, receives
from bot.handoff.routing import Abilities, Needs, Receiver, choose, fits, suits
from bot.handoff.store import handoff
from bot.storage.unit_of_work import Database
from tests.accounts.people import join, other_organisation, worker
from tests.handoff.builders import conversation, say, wait
from tests.handoff.desk_app import Browser, desk_app
from tests.handoff.test_waiting import at_the_desk, clocked, running

__all__ = ["clocked"]

OWN, LBH = "Rumah Aman", "Lembaga lain"
SULSEL, WEST_JAVA = "73", "32"
ANY, SIGN = Abilities(), Abilities(skills=frozenset({"isyarat"}))
MAKASSAR, DEBTS = Abilities(regions=frozenset({SULSEL})), Abilities(topics=frozenset({"utang"}))


@pytest.mark.parametrize(
    ("needs", "own", "other", "chosen"),
    [
        (Needs("id"), Receiver("own", OWN, (ANY,)), Receiver("other", LBH, (ANY,)), "own"),
        (Needs("id"), Receiver("own", OWN, (ANY,)), Receiver("other", LBH, (ANY,), open=True), "other"),
        (Needs("id"), Receiver("own", OWN, (ANY,), open=True), Receiver("other", LBH, (ANY,), at_desk=True), "other"),
        (Needs("id", SULSEL), Receiver("own", OWN, (ANY,)), Receiver("other", LBH, (MAKASSAR,)), "other"),
        (Needs("id", SULSEL), Receiver("own", OWN, (ANY,), open=True), Receiver("other", LBH, (MAKASSAR,)), "own"),
        (Needs("id", WEST_JAVA), Receiver("own", OWN, (ANY,)), Receiver("other", LBH, (MAKASSAR,), open=True), "own"),
        (Needs("id", "", "utang"), Receiver("own", OWN, (SIGN, ANY)), Receiver("other", LBH, (ANY, DEBTS)), "other"),
        (Needs("id", "", "utang"), Receiver("own", OWN, (MAKASSAR,)), Receiver("other", LBH, (SIGN,)), "own"),
        (Needs("en"), Receiver("own", OWN, (ANY,)), Receiver("other", LBH, (Abilities(frozenset({"en"})),)), "other"),
        (Needs("id", skills=SIGN.skills), Receiver("own", OWN, (ANY,)), Receiver("other", LBH, (SIGN,)), "other"),
        (Needs("id", skills=SIGN.skills), Receiver("own", OWN), Receiver("other", LBH, (ANY,)), "other"),
        (Needs("id", WEST_JAVA), Receiver("own", OWN), Receiver("other", LBH, (MAKASSAR,), at_desk=True), "own"),
    ],
    ids=[
        "all alike: the installation's own",
        "open hours",
        "somebody at the desk before open hours",
        "its own region",
        "open before its own region",
        "another region, though open",
        "its own topic",
        "a set that names other things leaves nobody out",
        "a language",
        "a skill",
        "nobody there at all",
        "nobody can: the installation's own",
    ],
)
def test_the_organisation_is_chosen(needs: Needs, own: Receiver, other: Receiver, chosen: str) -> None:
    assert choose(needs, [own, other]).id == chosen


some = st.frozensets(st.sampled_from(["a", "b"]), max_size=2)
needed = st.builds(Needs, *[st.sampled_from(["", "a", "b"])] * 3, some)
workers = st.lists(st.builds(Abilities, some, some, some, some), max_size=3).map(tuple)
organisations = st.lists(
    st.builds(Receiver, st.uuids().map(str), st.just(""), workers, st.booleans(), st.booleans()), min_size=1, max_size=4
)


@given(needed, organisations)
def test_nobody_who_can_is_passed_over_for_somebody_who_can_not_and_an_empty_desk_not_preferred(
    needs: Needs, receivers: list[Receiver]
) -> None:
    chosen = choose(needs, receivers)
    able = [one for one in receivers if any(fits(needs, who) for who in one.workers)]
    assert chosen in (able or receivers[:1])
    if able:
        assert chosen.at_desk == any(one.at_desk for one in able)
        alike = [one for one in able if (one.at_desk, one.open) == (chosen.at_desk, chosen.open)]
        assert any(suits(needs, who) for who in chosen.workers) == any(
            suits(needs, who) for one in alike for who in one.workers
        )


@given(needed, organisations, st.randoms())
def test_the_order_of_workers_and_whoever_can_not_change_nothing(
    needs: Needs, receivers: list[Receiver], chance: Any
) -> None:
    chosen = choose(needs, receivers)
    turned = [
        Receiver(o.id, o.name, tuple(chance.sample(o.workers, len(o.workers))), o.at_desk, o.open) for o in receivers
    ]
    nobody = Receiver("nobody", "", (), at_desk=True, open=True)
    assert choose(needs, [*turned, nobody]).id == chosen.id


def lbh(db: Database, **sets: str) -> Staff:
    """A worker of another organisation that takes conversations."""
    home = other_organisation(db)
    sari = join(db, Role.WORKER, organisation_id=home, designation="Petugas Sari").staff
    boss = join(db, Role.ADMIN, Role.SUPERVISOR, organisation_id=home).staff
    db.run_sync(lambda uow: receive(uow, boss, takes=True))
    db.run_sync(lambda uow: write_abilities(uow, boss, sari.id, sets))
    return sari


def chosen(db: Database, needs: Needs) -> str:
    return db.run_sync(lambda uow: receiver_for(uow, needs, OWN))[1]


def test_an_organisation_that_never_said_so_is_never_chosen(any_db: Database) -> None:
    home = other_organisation(any_db)
    sari = join(any_db, organisation_id=home).staff
    at_the_desk(any_db, sari)
    assert chosen(any_db, Needs("id")) == OWN
    assert not any_db.run_sync(lambda uow: receives(uow, home))
    assert any_db.run_sync(lambda uow: receives(uow, hotline(uow)))


def test_what_workers_can_do_their_desk_and_their_hours_are_read_as_they_are(
    any_db: Database, clock: ManualClock
) -> None:
    own, sari = worker(any_db), lbh(any_db, regions="Makassar, papua")
    assert chosen(any_db, Needs("id", SULSEL)) == LBH
    assert chosen(any_db, Needs("id", WEST_JAVA)) == OWN
    any_db.run_sync(lambda uow: write_hours(uow, own, "setiap 00.00-24.00"))
    assert chosen(any_db, Needs("id", SULSEL)) == OWN
    at_the_desk(any_db, sari)
    assert chosen(any_db, Needs("id", SULSEL)) == LBH
    clock.advance(120)
    assert chosen(any_db, Needs("id", SULSEL)) == OWN


def test_a_province_is_known_by_each_of_its_names_and_shown_by_its_own(db: Database) -> None:
    sari = lbh(db, regions="sulsel, Jawa Barat, kampung melayu")
    known = db.run_sync(lambda uow: abilities_of(uow, sari.organisation_id))[sari.id]
    assert known.regions == {SULSEL, WEST_JAVA, "kampung_melayu"}


async def test_the_page_of_the_hours_shows_provinces_by_their_names(db: Database) -> None:
    sari = lbh(db, regions="sulsel")
    boss = join(db, Role.SUPERVISOR, organisation_id=sari.organisation_id)
    page = (await Browser(desk_app(db), boss).get("/desk/hours")).text
    assert 'value="Sulawesi Selatan"' in page


@pytest.mark.parametrize("channel", ["telegram", "web"])
async def test_the_question_names_the_organisation_and_its_queue_alone_gets_the_conversation(
    channel: str, clocked: Database, tmp_path: Path
) -> None:
    db, rani, sari = clocked, worker(clocked), lbh(clocked)
    async with running(channel, db, tmp_path, may_read=provided) as person:
        at_the_desk(db, sari)
        await person.says("petugas")
        asked = await person.hears("utter_intro_short", "utter_handoff_offer_empty")
        assert f"petugas {LBH}," in asked
        for who in (rani, sari):
            assert db.run_sync(lambda uow, who=who: queue(uow, who)) == []
        # What is true a moment later changes nothing: the yes is to the one that was named.
        at_the_desk(db, rani)
        await person.presses("Ya, teruskan")
        await person.hears("utter_queue_state_online")
        assert db.run_sync(lambda uow: queue(uow, rani)) == []
        (row,) = db.run_sync(lambda uow: queue(uow, sari))
        (given_to,) = [one for one in db.run_sync(lambda uow: consents(uow, person.id)) if one["purpose"] == "talk"]
        assert (given_to["kind"], given_to["recipient"]) == ("given", LBH)
        assert (await Browser(desk_app(db), join(db)).get(f"/desk/conversations/{row.id}")).status_code == 404
        db.run_sync(lambda uow: service.claim(uow, row.id, sari, person.app.catalogue.say))
        assert "Petugas Sari" in await person.hears("utter_worker_joined")


async def test_an_organisation_that_closed_meanwhile_gets_nothing_and_the_question_comes_anew(
    clocked: Database, tmp_path: Path
) -> None:
    db, rani, sari = clocked, worker(clocked), lbh(clocked)
    async with running("web", db, tmp_path, may_read=provided) as person:
        at_the_desk(db, sari)
        await person.says("petugas")
        await person.hears("utter_intro_short", "utter_handoff_offer_empty")
        db.run_sync(lambda uow: receive(uow, sari, takes=False))
        await person.presses("Ya, teruskan")
        assert f"petugas {OWN}," in await person.hears("utter_handoff_offer_empty")
        assert db.run_sync(lambda uow: queue(uow, sari)) == []
        await person.presses("Ya, teruskan")
        await person.hears("utter_queue_state_nobody")
        assert len(db.run_sync(lambda uow: queue(uow, rani))) == 1
        assert db.run_sync(lambda uow: queue(uow, sari)) == []


def in_danger(db: Database, talk: str) -> str:
    values: dict[str, Any] = {"reason": "danger", "note_text": "", "note": {}, "consent": {"transcript": False}}
    return wait(db, talk, risk="high", **values).handoff_id


def test_danger_comes_to_the_installation_s_own_at_once_whatever_fits(any_db: Database) -> None:
    rani, sari = worker(any_db), lbh(any_db)
    at_the_desk(any_db, sari)
    found = in_danger(any_db, conversation(any_db))
    assert [row.id for row in any_db.run_sync(lambda uow: queue(uow, rani))] == [found]
    assert any_db.run_sync(lambda uow: queue(uow, sari)) == []


@pytest.mark.parametrize("there", [True, False])
def test_danger_in_another_s_queue_stays_with_whoever_is_there_and_else_comes_to_the_own_without_the_note(
    any_db: Database, there: bool
) -> None:
    rani, sari = worker(any_db), lbh(any_db)
    talk = conversation(any_db)
    before = wait(any_db, talk, organisation_id=sari.organisation_id).handoff_id
    if there:
        at_the_desk(any_db, sari)
    found = in_danger(any_db, talk)
    own, theirs = (any_db.run_sync(lambda uow, who=who: queue(uow, who)) for who in (rani, sari))
    if there:
        assert (found, own, [(row.id, row.risk) for row in theirs]) == (before, [], [(before, "high")])
        return
    assert theirs == []
    assert [(row.id, row.risk, row.preview) for row in own] == [(found, "high", None)]
    with any_db.unit(read_only=True) as uow:
        rows = {row.id: row for row in uow.db.execute(handoff.select())}
    assert (rows[before].state, rows[found].note_text) == (State.WITHDRAWN, None)
    assert rows[found].opens_after == 3


def test_danger_while_another_s_worker_holds_the_chat_stays_there(any_db: Database) -> None:
    rani, sari = worker(any_db), lbh(any_db)
    talk = conversation(any_db)
    before = wait(any_db, talk, organisation_id=sari.organisation_id).handoff_id
    any_db.run_sync(lambda uow: service.claim(uow, before, sari, say))
    assert in_danger(any_db, talk) == before
    assert any_db.run_sync(lambda uow: queue(uow, rani)) == []
