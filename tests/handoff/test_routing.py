"""Who stands where in a worker's queue: danger, then what fits, then whoever waited longest; nobody is hidden."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.accounts.model import RecordNotFound, Role
from bot.clock import ManualClock
from bot.content import BrokenContent
from bot.handoff.levels import load_levels, service_levels
from bot.handoff.model import RISKS
from bot.handoff.opening import abilities_of, write_abilities
from bot.handoff.queue import place_in_queue, queue
from bot.handoff.routing import Abilities, BadTag, Needs, fits, joined, suits, tags
from bot.handoff.store import handoff
from bot.storage.unit_of_work import Database
from tests.accounts.people import join, other_organisation, worker
from tests.handoff.builders import conversation, wait

names = st.frozensets(st.sampled_from(["id", "en", "jv", "kdrt_fisik", "utang"]), max_size=3)


def able(db: Database, **sets: str):  # type: ignore[no-untyped-def]
    """A worker whose supervisor wrote down what they can do."""
    staff = worker(db)
    db.run_sync(lambda uow: write_abilities(uow, staff, staff.id, sets))
    return staff


def order(db: Database, staff) -> list[str]:  # type: ignore[no-untyped-def]
    return [row.id for row in db.run_sync(lambda uow: queue(uow, staff))]


def test_what_fits_stands_higher_and_what_does_not_stays_visible(any_db: Database, clock: ManualClock) -> None:
    debts = wait(any_db, needs=Needs(topic="utang")).handoff_id
    clock.advance(60)
    english = wait(any_db, conversation(any_db, lang="en")).handoff_id
    clock.advance(60)
    blows = wait(any_db, needs=Needs(topic="kdrt_fisik")).handoff_id
    rani = able(any_db, topics="kdrt_fisik", languages="id")
    assert order(any_db, rani) == [blows, debts, english]
    assert order(any_db, worker(any_db)) == [debts, english, blows]
    rows = any_db.run_sync(lambda uow: queue(uow, rani))
    assert [row.fits for row in rows] == [True, False, False]


def test_danger_stands_above_whatever_fits(db: Database, clock: ManualClock) -> None:
    fitting = wait(db, needs=Needs(topic="utang")).handoff_id
    clock.advance(60)
    danger = wait(db, risk="imminent", needs=Needs(topic="kdrt_fisik")).handoff_id
    assert order(db, able(db, topics="utang")) == [danger, fitting]


def test_what_is_just_this_worker_s_is_marked_in_danger_too_and_the_first_language_is_everybody_s(db: Database) -> None:
    blows = wait(db, risk="imminent", needs=Needs(topic="kdrt_fisik")).handoff_id
    english = wait(db, conversation(db, lang="en")).handoff_id
    plain, debts = wait(db).handoff_id, wait(db, needs=Needs(topic="utang")).handoff_id
    rani = able(db, topics="kdrt_fisik", languages="id, en")
    rows = db.run_sync(lambda uow: queue(uow, rani))
    marks = {row.id: (row.fits, row.suits) for row in rows}
    assert marks == {blows: (True, True), english: (True, True), plain: (True, False), debts: (False, False)}
    assert rows[0].id == blows


def test_what_suits_fits() -> None:
    signing = Needs(lang="id", topic="utang", skills=frozenset({"isyarat"}))
    for able_to in (Abilities(), Abilities(topics=frozenset({"utang"}), languages=frozenset({"en"}))):
        assert not suits(signing, able_to)
    assert suits(Needs(skills=frozenset({"isyarat"})), Abilities(skills=frozenset({"isyarat"})))


def test_somebody_who_is_overdue_no_longer_waits_behind_what_fits(db: Database, clock: ManualClock) -> None:
    rani = able(db, topics="utang")
    long = wait(db, needs=Needs(topic="duka")).handoff_id
    clock.advance(service_levels()["none"].total_seconds())
    fresh = wait(db, needs=Needs(topic="utang")).handoff_id
    assert order(db, rani) == [fresh, long]
    clock.advance(1)
    assert order(db, rani) == [long, fresh]
    assert [row.overdue for row in db.run_sync(lambda uow: queue(uow, rani))] == [True, False]


@pytest.mark.parametrize("risk", RISKS)
def test_a_row_is_overdue_after_the_level_of_its_risk(db: Database, clock: ManualClock, risk: str) -> None:
    rani = worker(db)
    wait(db, risk=risk)
    clock.advance(service_levels()[risk].total_seconds())
    assert [row.overdue for row in db.run_sync(lambda uow: queue(uow, rani))] == [False]
    clock.advance(1)
    assert [row.overdue for row in db.run_sync(lambda uow: queue(uow, rani))] == [True]


def test_the_place_counts_among_those_in_like_danger_alone(db: Database, clock: ManualClock) -> None:
    places = {}
    for name, risk in (("a", "none"), ("b", "imminent"), ("c", "none"), ("d", "imminent"), ("e", "elevated")):
        places[name] = wait(db, risk=risk).handoff_id
        clock.advance(1)
    found = {name: db.run_sync(lambda uow, one=one: place_in_queue(uow, one))[1] for name, one in places.items()}
    assert found == {"a": 1, "b": 1, "c": 2, "d": 2, "e": 1}


def test_what_somebody_needs_is_sealed(db: Database) -> None:
    wait(db, needs=Needs(topic="kdrt_seksual", skills=frozenset({"perempuan"})))
    (row,) = db.run_sync(lambda uow: uow.db.execute(handoff.select()).all())
    assert b"kdrt" not in row.needs
    assert b"perempuan" not in row.needs


def test_only_colleagues_of_one_s_own_organisation_are_described(db: Database) -> None:
    boss = join(db, Role.SUPERVISOR).staff
    stranger = join(db, Role.WORKER, organisation_id=other_organisation(db)).staff
    for who in (stranger.id, "nobody"):
        with pytest.raises(RecordNotFound):
            db.run_sync(lambda uow, who=who: write_abilities(uow, boss, who, {"skills": "sign"}))
    db.run_sync(lambda uow: write_abilities(uow, boss, boss.id, {"skills": " Sign Language, anak "}))
    known = db.run_sync(lambda uow: abilities_of(uow, boss.organisation_id))
    assert known == {boss.id: Abilities(skills=frozenset({"sign_language", "anak"}))}


@given(names, names, names)
def test_an_empty_set_leaves_nobody_out_and_more_abilities_never_fit_less(
    one: frozenset[str], two: frozenset[str], skills: frozenset[str]
) -> None:
    for needed in (*one, ""):
        needs = Needs(lang=needed, topic=needed)
        assert fits(needs, Abilities())
        if fits(needs, Abilities(languages=one, topics=one)) and one:
            assert fits(needs, Abilities(languages=one | two, topics=one | two))
    assert fits(Needs(skills=skills), Abilities(skills=one)) == (not one or skills <= one)


@given(names)
def test_a_set_survives_being_written_down(one: frozenset[str]) -> None:
    assert tags(joined(one)) == one


@pytest.mark.parametrize("text", ["<b>", "a" * 41, ",".join(f"x{n}" for n in range(41)), "a.b"])
def test_a_name_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadTag):
        tags(text)


@pytest.mark.parametrize(
    ("levels", "line", "field"),
    [
        ("none: 60\n  elevated: 20\n  high: 5\n  imminent: 6", 5, "imminent"),
        ("none: 60\n  elevated: 20\n  high: 5", 1, "imminent"),
        ("none: 60\n  elevated: 20\n  high: 0\n  imminent: 2", 4, "high"),
        ("none: 60\n  elevated: 20\n  high: 5\n  imminent: 2\n  later: 9", 6, "later"),
    ],
)
def test_a_broken_level_is_named_with_its_line(tmp_path: Path, levels: str, line: int, field: str) -> None:
    path = tmp_path / "levels.yml"
    path.write_text(f"answer_within_minutes:\n  {levels}\n")
    with pytest.raises(BrokenContent) as broken:
        load_levels(path)
    assert (broken.value.line, broken.value.field) == (line, f"answer_within_minutes.{field}")
