"""The files of deploy/ name settings, metrics and paths that exist."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from bot.assistant.rasa_side.server import NEEDED
from bot.config import ROOT, Settings
from bot.health import METRICS

DEPLOY = ROOT / "deploy"
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file())
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
OF_THE_FILES = {"PENDAMPING_MODEL", "PENDAMPING_SITE", "PENDAMPING_APP"}
"""Not settings of ours: what the unit of the Rasa process and the Caddyfile ask for themselves."""


def read(name: str) -> str:
    return (DEPLOY / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "path", sorted(path for path in DEPLOY.rglob("*") if path.is_file()), ids=lambda path: path.name
)
def test_only_settings_that_exist_are_named(path: Path) -> None:
    known = {f"PENDAMPING_{name.upper()}" for name in Settings.model_fields} | set(NEEDED) | OF_THE_FILES

    assert set(re.findall(r"PENDAMPING_[A-Z_]+", path.read_text(encoding="utf-8"))) <= known


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_takes_the_units(unit: Path, tmp_path: Path) -> None:
    """`ExecStart` must be there, so a program that is everywhere stands in for ours."""
    text = re.sub(r"/opt/pendamping/\.venv/bin/\w+", "/bin/true", unit.read_text(encoding="utf-8"))
    copy = tmp_path / unit.name
    copy.write_text(text, encoding="utf-8")

    said = subprocess.run(["systemd-analyze", "verify", "--man=no", str(copy)], capture_output=True, text=True)

    assert [line for line in (said.stdout + said.stderr).splitlines() if unit.name in line] == []


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_no_unit_may_gain_rights_or_leave_a_dump(unit: Path) -> None:
    directives = unit.read_text(encoding="utf-8").splitlines()

    for wanted in (
        "NoNewPrivileges=true",
        "ProtectSystem=strict",
        "CapabilityBoundingSet=",
        "LimitCORE=0",
        "UMask=0077",
    ):
        assert wanted in directives


def test_the_rasa_unit_reaches_this_machine_alone_and_not_the_data() -> None:
    directives = read("systemd/pendamping-rasa.service").splitlines()

    assert {"IPAddressDeny=any", "IPAddressAllow=localhost", "InaccessiblePaths=-/var/lib/pendamping"} <= set(
        directives
    )


def test_the_container_copies_what_exists_and_does_not_run_as_root() -> None:
    lines = read("Dockerfile").splitlines()
    copied = [word for line in lines if line.startswith("COPY") for word in line.split()[2:-1]]

    assert copied
    assert all((ROOT / name).exists() for name in copied)
    assert "USER pendamping" in lines
    assert not any(line.startswith(("ADD", "ENV PENDAMPING_MASTER_KEY")) for line in lines)
    assert re.match(r"FROM python:3\.11-\S+$", next(line for line in lines if line.startswith("FROM")))


def test_compose_opens_the_port_to_this_machine_alone_and_takes_secrets_from_files() -> None:
    # Once Rasa is imported, its YAML reader wants each ${NAME} to be set.
    services = YAML(typ="safe").load(read("compose.yml").replace("${", "("))["services"]

    assert services["app"]["ports"] == ["127.0.0.1:8080:8080"]
    assert "ports" not in services["database"]
    assert services["app"]["build"]["dockerfile"] == "deploy/Dockerfile"
    assert "password" not in json.dumps(services["app"]["environment"]).lower()


def test_alerts_and_dashboard_ask_for_metrics_that_exist() -> None:
    rules = YAML(typ="safe").load(read("prometheus/alerts.yml"))["groups"][0]["rules"]
    panels = json.loads(read("grafana/pendamping.json"))["panels"]
    asked = [rule["expr"] for rule in rules] + [panel["targets"][0]["expr"] for panel in panels]

    named = set(re.findall(r"pendamping_\w+", " ".join(asked)))
    assert named == {f"pendamping_{name}" for name in METRICS}
    assert all(rule["annotations"]["summary"] for rule in rules)
