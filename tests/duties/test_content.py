"""The duties file: what an agency fills in is read whole, and what is wrong in it is named with line and field."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.accounts.model import Role
from bot.config import CannotStart, Settings
from bot.content import BrokenContent
from bot.duties.content import DEMO, DEMO_MARK, duties_of, load_duties
from bot.duties.model import FIELDS
from tests.duties.files import filled
from tests.test_trouble import free_port, run


def test_the_demo_that_ships_says_that_it_is_one() -> None:
    duties = load_duties()
    assert duties.demo
    assert DEMO_MARK in duties.agency
    assert duties == duties_of(Settings(_env_file=None))


def test_everything_an_agency_has_to_decide_is_in_it(tmp_path: Path) -> None:
    duties = load_duties(filled(tmp_path))
    assert not duties.demo
    assert duties.deciding.roles == {Role.WORKER, Role.SUPERVISOR}
    assert [ground.code for ground in duties.grounds] == ["life_in_danger", "child_in_danger"]
    assert duties.ground("life_in_danger") == duties.grounds[0]
    assert duties.ground("curiosity") is None
    assert set(duties.grounds[0].fields) < set(FIELDS)
    assert duties.telling.afterwards_within == timedelta(hours=24)
    assert Role.WORKER not in duties.second_review.roles
    assert duties.on_call.answers_within == timedelta(minutes=15)


def test_what_was_read_can_not_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        load_duties().demo = False  # type: ignore[misc]  # that is the point


def test_a_file_is_stale_after_the_day_on_which_the_agency_wanted_to_look_again() -> None:
    duties = load_duties()
    assert not duties.stale(date(2027, 11, 1))
    assert duties.stale(date(2027, 11, 2))


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("demo: false", "demo: perhaps", "demo"),
        ("adopted_by: ", "adopted_of: ", "adopted_of"),
        ("look_again_on: 2027-11-01", "look_again_on: 2026-11-01", "look_again_on"),
        ("roles: [supervisor, worker]", "roles: [admin]", "deciding.roles.0"),
        ("roles: [supervisor, worker]", "roles: []", "deciding.roles"),
        ("roles: [supervisor, auditor]", "roles: [auditor, auditor]", "second_review.roles"),
        ("code: life_in_danger", "code: Life in danger", "grounds.0.code"),
        ("code: child_in_danger", "code: life_in_danger", "grounds.1.code"),
        ("fields: [danger, who, where, reach]\n", "fields: [danger, whole_story]\n", "grounds.0.fields.1"),
        ('recipients: ["Polisi 110", "Ambulans 119 atau 112"]', "recipients: []", "grounds.0.recipients"),
        ("afterwards_within_hours: 24", "afterwards_within_hours: soon", "telling.afterwards_within_hours"),
        ("answers_within_minutes: 15", "answers_within_minutes: 0", "on_call.answers_within_minutes"),
        ('en: "No on-call hours yet"', 'fr: "rien"', "on_call.hours.en"),
    ],
)
def test_what_is_wrong_is_named_with_file_line_and_field(tmp_path: Path, old: str, new: str, field: str) -> None:
    path = filled(tmp_path, (old, new))
    with pytest.raises(BrokenContent) as trouble:
        load_duties(path)
    assert (trouble.value.file, trouble.value.field) == (path, field)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert 1 <= trouble.value.line <= len(lines)
    assert str(trouble.value).startswith(f"{path}:{trouble.value.line}: {field}: ")


def test_a_copy_whose_words_nobody_replaced_is_refused_at_the_first_of_them(tmp_path: Path) -> None:
    path = tmp_path / "duties.yml"
    path.write_text(DEMO.read_text(encoding="utf-8").replace("demo: true", "demo: false"), encoding="utf-8")
    with pytest.raises(BrokenContent, match=r"agency: still holds the words of the demo"):
        load_duties(path)


def test_production_wants_a_file_of_the_agency_s_own(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="set PENDAMPING_DUTIES_FILE"):
        duties_of(Settings(_env_file=None, production=True))
    with pytest.raises(CannotStart, match="demo: false"):
        duties_of(Settings(_env_file=None, production=True, duties_file=DEMO))
    assert not duties_of(Settings(_env_file=None, production=True, duties_file=filled(tmp_path))).demo


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({}, "PENDAMPING_DUTIES_FILE"),
        ({"DUTIES_FILE": str(DEMO)}, "PENDAMPING_DUTIES_FILE"),
        ({"DUTIES_FILE": "/nowhere/duties.yml"}, "/nowhere/duties.yml"),
    ],
)
def test_production_refuses_to_start_without_it_in_one_line(env: dict[str, str], said: str, tmp_path: Path) -> None:
    done = run("start", DATA_DIR=str(tmp_path), PORT=str(free_port()), PRODUCTION="true", **env)
    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert said in line
