"""An exception for a whole package stands only where the app never loads it: looked at, and not believed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bot.content import BrokenContent
from supply.exceptions import load_exceptions
from supply.lock import load_parts

LOADED = """
import sys, importlib.metadata
import bot.app, bot.backup.service, bot.cli, bot.doctor, bot.safety.cli, bot.serve, bot.talk
owners = importlib.metadata.packages_distributions()
tops = {name.split(".")[0] for name in sys.modules}
print(*{owner.lower().replace("_", "-") for top in tops for owner in owners.get(top, ())})
"""


def test_what_is_excused_as_rasa_s_is_loaded_by_nothing_of_the_app() -> None:
    out = subprocess.run([sys.executable, "-W", "ignore", "-c", LOADED], capture_output=True, text=True, check=True)
    loaded = set(out.stdout.split())
    assert {"starlette", "sqlalchemy", "python-telegram-bot"} <= loaded
    assert not loaded & {one.package for one in load_exceptions().parts if one.only_in_rasa}


def test_each_exception_is_about_a_part_or_a_file_that_there_is_and_says_why() -> None:
    known, names = load_exceptions(), {part.name for part in load_parts()}
    root = Path(__file__).resolve().parents[2]
    assert all(one.package in names and len(one.reason) > 20 for one in known.parts)
    assert all((root / one.file).is_file() and len(one.reason) > 20 for one in known.secrets)


@pytest.mark.parametrize(
    "entry", ["{package: x, reason: y}", "{package: x, id: CVE-1, until: '2027-01-01'}", "{package: x, only_in: app}"]
)
def test_an_exception_without_a_reason_a_day_or_a_place_is_refused(tmp_path: Path, entry: str) -> None:
    file = tmp_path / "exceptions.yml"
    file.write_text(f"vulnerabilities:\n  - {entry}\nsecrets: []\n")
    with pytest.raises(BrokenContent):
        load_exceptions(file)
