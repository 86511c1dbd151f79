"""`pendamping doctor` lets a filled deployment through, and stops each of the things that must not go live."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import doctor
from bot.accounts.model import Role
from bot.accounts.store import audit as trail
from bot.accounts.store import staff
from bot.audit.anchor import note_head
from bot.config import Settings
from bot.content import BrokenContent
from bot.doctor import Finding, Level, examine, may_go_live, report
from bot.duties.content import DEMO
from bot.installation import open_database
from bot.rights.content import load_services
from bot.rights.model import Service
from bot.rights.training import ensure_model as ensure_rights_model
from bot.safety.training import ensure_model as ensure_danger_model
from bot.storage.encryption import new_key
from bot.storage.migrate import downgrade
from bot.storage.unit_of_work import Database
from tests.accounts.people import join
from tests.accounts.test_second_step import set_up
from tests.duties.files import filled
from tests.test_trouble import run

TODAY = date(2026, 11, 21)


def tested() -> list[Service]:
    """The starter services, as if somebody had called all of them yesterday."""
    day = TODAY - timedelta(days=1)
    return [replace(service, tested_on=day, tested_by="Sari", conflicting=False) for service in load_services()]


@pytest.fixture(autouse=True)
def around(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tested numbers and current models; each test takes one of them away."""
    monkeypatch.setattr(doctor, "services", lambda: tuple(tested()))
    monkeypatch.setattr(doctor, "current_model", lambda: Path("pendamping-x.tar.gz"))
    ensure_danger_model()
    ensure_rights_model()


@pytest.fixture
def settings(tmp_path: Path, sqlite_url: str) -> Settings:
    """A production deployment in which everything is as it should be."""
    ready = Settings(
        _env_file=None,
        data_dir=tmp_path,
        database_url=sqlite_url,
        production=True,
        agency="Rumah Aman",
        public_url="https://chat.example.org",
        duties_file=filled(tmp_path),
        oncall_webhook_url="https://hooks.example.org/secret-part",
        audit_anchor_file=tmp_path / "elsewhere" / "anchors.txt",
    )
    db = open_database(ready, create_key=True)
    for who in (join(db, Role.WORKER, Role.ADMIN), join(db, Role.SUPERVISOR)):
        set_up(db, who.staff)
    db.run_sync(lambda uow: note_head(uow, ready.anchor_file), read_only=True)
    db.engine.dispose()
    return ready


@pytest.fixture
def installed(settings: Settings) -> Iterator[Database]:
    db = open_database(settings)
    yield db
    db.engine.dispose()


def stops(settings: Settings) -> list[Finding]:
    return [finding for finding in examine(settings, TODAY) if finding.level is Level.STOP]


def with_(settings: Settings, **values: Any) -> Settings:
    return settings.model_copy(update=values)


def test_a_filled_deployment_may_go_live(settings: Settings) -> None:
    findings = examine(settings, TODAY)
    assert [finding for finding in findings if finding.level is not Level.OK] == []
    assert may_go_live(findings)


@pytest.mark.parametrize(
    ("values", "check", "said"),
    [
        ({"duties_file": None}, "duties", "PENDAMPING_DUTIES_FILE"),
        ({"duties_file": DEMO}, "duties", "demo"),
        ({"duties_file": Path("/nowhere.yml")}, "duties", "/nowhere.yml:1: is not there"),
        ({"agency": "Pendamping (demo)"}, "agency", "Pendamping (demo)"),
        ({"public_url": ""}, "address", "http://127.0.0.1:8080"),
        ({"master_key_file": Path("/nowhere.key")}, "master key", "/nowhere.key"),
        ({"database_url": "sqlite:////nowhere/x.db"}, "database", "/nowhere/x.db"),
        ({"database_url": "postgresql://app:hunter2@127.0.0.1:1/none"}, "database", "can't be reached"),
    ],
)
def test_a_setting_that_must_not_go_live_is_stopped(
    settings: Settings, values: dict[str, Any], check: str, said: str
) -> None:
    found = [finding for finding in stops(with_(settings, **values)) if finding.check == check]
    assert any(said in finding.seen and finding.fix for finding in found), found
    assert "hunter2" not in str(found)


def test_a_trail_that_was_tampered_with_is_stopped_also_in_a_demo(settings: Settings, installed: Database) -> None:
    installed.run_sync(lambda uow: uow.db.execute(trail.delete().where(trail.c.number == 2)))
    (found,) = stops(with_(settings, production=False))
    assert (found.check, found.seen) == ("audit trail", "tampered with: line 2 is missing")


@pytest.mark.parametrize(
    ("name", "said"),
    [("anchors.txt", "beside the database"), ("elsewhere/none.txt", "no anchors"), ("elsewhere/bad.txt", "bad.txt:1")],
)
def test_anchors_that_prove_little_are_said(settings: Settings, tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "elsewhere" / "bad.txt").write_text("kemarin\n")
    (tmp_path / "anchors.txt").write_text(settings.anchor_file.read_text())
    findings = examine(with_(settings, audit_anchor_file=tmp_path / name), TODAY)
    (found,) = [finding for finding in findings if finding.check == "audit trail"]
    assert said in found.seen
    assert found.level is (Level.STOP if "bad" in name else Level.WARN)


def test_a_danger_without_a_tested_route_of_its_own_is_stopped_and_named(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = [service for service in tested() if service.code not in ("SBISA", "SPULIH")]
    monkeypatch.setattr(doctor, "services", lambda: tuple(known))
    # 119 ext 8 was tested too, but a line known to be slow does not count as a route.
    (found,) = stops(settings)
    assert found.check == "contacts"
    assert "suicide_intent, suicide_ideation_indirect, self_harm" in found.seen
    assert "violence_now" not in found.seen


def test_a_test_that_is_over_is_no_test_and_one_that_ends_soon_is_said(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [finding.check for finding in examine(settings, TODAY + timedelta(days=50)) if finding.level is Level.WARN]
    late = examine(settings, TODAY + timedelta(days=100))
    assert {finding.check for finding in late if finding.level is Level.STOP} == {"contacts"}


def test_a_directory_without_an_emergency_number_is_stopped(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> tuple[Service, ...]:
        raise BrokenContent(Path("data/services"), 1, "always_shown", "must be true for 110")

    monkeypatch.setattr(doctor, "services", broken)
    assert [finding.check for finding in stops(settings)] == ["contacts"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_master_key_that_others_can_read_is_stopped(settings: Settings, mode: int) -> None:
    path = settings.data_dir / "master.key"
    path.chmod(mode)
    (found,) = stops(settings)
    assert (found.check, found.fix) == ("master key", f"chmod 600 {path}")


def test_a_key_of_another_database_is_stopped(settings: Settings) -> None:
    import base64

    (settings.data_dir / "master.key").write_bytes(base64.b64encode(new_key()))
    assert [(finding.check, finding.seen) for finding in stops(settings)] == [
        ("database", "the master key does not open it")
    ]


def test_a_database_that_is_behind_is_stopped(settings: Settings) -> None:
    downgrade(settings.database, "0001")
    (found,) = stops(settings)
    assert (found.check, found.seen) == ("database", "it is not migrated")


def test_a_missing_or_old_model_is_stopped(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Path:
        raise doctor.ModelMissing("no model has been trained")

    def old() -> Path:
        raise doctor.ModelOutdated("the danger model is older than its examples")

    monkeypatch.setattr(doctor, "current_model", missing)
    monkeypatch.setitem(doctor.OWN, "danger", old)
    assert [finding.check for finding in stops(settings)] == ["models", "models"]
    # A Rasa process that runs elsewhere has its model there; nobody answers at this one.
    assert [finding.check for finding in stops(with_(settings, rasa_url="http://127.0.0.1:9"))] == [
        "models",
        "assistant",
    ]


def test_a_desk_without_staff_or_without_a_second_person_is_stopped(settings: Settings, installed: Database) -> None:
    def keep(role: str | None) -> None:
        def work(uow: Any) -> None:
            uow.db.execute(staff.update().where(~staff.c.roles.contains(role or "nobody")).values(active=False))

        installed.run_sync(work)

    keep("supervisor")
    assert [finding.seen for finding in stops(settings)] == ["no second person can review a disclosure"]
    keep(None)
    assert [finding.seen for finding in stops(settings)] == ["nobody can take a conversation"]


def test_a_demo_is_warned_of_the_same_and_stopped_by_what_is_broken(settings: Settings, tmp_path: Path) -> None:
    demo = with_(settings, production=False, duties_file=None, agency="Pendamping (demo)", public_url="")
    assert stops(demo) == []
    assert {finding.check for finding in examine(demo, TODAY) if finding.level is Level.WARN} >= {
        *("mode", "agency", "address", "duties"),
    }
    (tmp_path / "master.key").chmod(0o644)
    assert [finding.check for finding in stops(demo)] == ["master key"]


def test_a_report_is_a_table_for_people_and_an_object_for_programs(settings: Settings) -> None:
    findings = examine(with_(settings, oncall_webhook_url=None, agency="[red](demo)"), TODAY)
    told, sent = io.StringIO(), io.StringIO()
    report(findings, told, as_json=False, production=True)
    report(findings, sent, as_json=True, production=True)
    assert "PENDAMPING_ONCALL_TELEGRAM_CHAT" in told.getvalue()
    assert "[red](demo)" in told.getvalue()
    assert "Not yet" in told.getvalue()
    body = json.loads(sent.getvalue())
    assert body["go_live"] is False
    assert body["findings"][1] == {
        "check": "agency",
        "level": "stop",
        "seen": "clients read the name “[red](demo)”",
        "fix": "set PENDAMPING_AGENCY to your own name",
    }


def test_no_secret_is_in_a_report(settings: Settings) -> None:
    assert "secret-part" not in str(examine(settings, TODAY))


def test_the_command_fails_while_something_stops_it_and_makes_nothing(tmp_path: Path) -> None:
    done = run("doctor", "--json", DATA_DIR=str(tmp_path / "data"), PRODUCTION="true")
    assert done.returncode == 1
    stopped = {f["check"] for f in json.loads(done.stdout)["findings"] if f["level"] == "stop"}
    assert stopped >= {"duties", "contacts", "master key", "database", "agency", "address"}
    assert not (tmp_path / "data").exists()


def test_accounts_that_open_with_the_password_alone_are_counted_and_stop_nothing(
    settings: Settings, installed: Database
) -> None:
    join(installed, Role.ADMIN)
    (found,) = [finding for finding in examine(settings, TODAY) if finding.check == "second step"]
    assert found.level is Level.WARN
    assert found.seen.startswith("1 of 3 accounts")
    assert stops(settings) == []
