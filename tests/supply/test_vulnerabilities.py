"""What pip-audit says is judged as it is: what it skipped is unknown, what is excused has a reason and a day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from supply import vulnerabilities
from supply.exceptions import KnownPart
from supply.vulnerabilities import Findings, read, unexcused

DAY = date(2026, 12, 1)
ANSWER = {
    "dependencies": [
        {"name": "aman", "version": "1.0", "vulns": []},
        {"name": "lama", "version": "2.0", "vulns": [{"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["2.1"]}]},
        {"name": "gaib", "version": "3.0", "skip_reason": "Dependency not found on PyPI"},
    ]
}


def known(package: str = "lama", id: str = "CVE-1", until: date = DAY) -> KnownPart:
    return KnownPart(package, id, "tidak terjangkau", until)


def test_what_was_skipped_is_unknown_and_not_free_of_vulnerabilities() -> None:
    findings = read(ANSWER)
    assert (findings.audited, findings.unknown) == (2, 1)
    assert [str(one) for one in findings.found] == ["lama 2.0: PYSEC-1 CVE-1 (mended in 2.1)"]


def test_an_exception_excuses_one_vulnerability_or_all_of_a_part_and_only_until_its_day() -> None:
    found = read(ANSWER).found
    assert unexcused(found, [], DAY) == list(found)
    assert unexcused(found, [known()], DAY) == []
    assert unexcused(found, [known(id="")], DAY) == []
    assert unexcused(found, [known(until=date(2026, 11, 30))], DAY) == list(found)
    assert unexcused(found, [known(id="CVE-2")], DAY) == list(found)
    assert unexcused(found, [known(package="aman", id="")], DAY) == list(found)


def test_where_the_tool_is_missing_or_breaks_nothing_counts_as_audited(tmp_path: Path) -> None:
    assert vulnerabilities.ask(tmp_path / "uvx", tmp_path / "lock") == Findings()
    broken = tmp_path / "uvx"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o700)
    assert vulnerabilities.ask(broken, tmp_path / "lock") == Findings()


def test_the_second_service_is_asked_where_the_first_knows_nothing(tmp_path: Path) -> None:
    uvx = tmp_path / "uvx"
    told = '{"dependencies": [{"name": "aman", "version": "1.0", "vulns": []}]}'
    uvx.write_text(
        "#!/bin/sh\n"
        'for word in "$@"; do case "$last" in\n'
        "--output) out=$word;; --vulnerability-service) asked=$word;; esac; last=$word; done\n"
        f"echo $asked >> {tmp_path}/asked\n"
        f"""[ $asked = osv ] && echo '{told}' > $out || echo '{{"dependencies": []}}' > $out\n"""
    )
    uvx.chmod(0o700)
    assert vulnerabilities.ask(uvx, tmp_path / "lock") == Findings(audited=1)
    assert (tmp_path / "asked").read_text().split() == ["pypi", "osv"]
