"""The docs are tested against the code: a page that names what is no longer there fails here."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from sqlalchemy import LargeBinary

import bot.schema  # noqa: F401  # registers every table
from bot.cli import app
from bot.config import ROOT, Settings
from bot.rights.content import load_articles, load_services
from bot.storage.engine import metadata
from tests.docs.diagrams import BLOCK, DIAGRAMS, drawn

README = ROOT / "README.md"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]

MADE = (".venv/", ".uv/", "var/", "models/", "bench/results/")
"""Where things are that a checkout does not hold."""
AVOIDED = {"uv.lock"}
"""Files that a page names to say that there is none."""
TEXT = {".md", ".py", ".yml", ".yaml", ".toml", ".txt", ".jsonl", ".html", ".css", ".js", ".svg", ".mako", ".lock", ""}

_CODE = re.compile(r"`([^`\n]+)`")
_FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_IN_DIAGRAM = re.compile(r"<br/>([\w./]+)")


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def words(path: Path) -> str:
    """A page without its fenced blocks."""
    return _FENCE.sub("", text(path))


def rows(page: Path) -> Iterator[list[str]]:
    """The rows of a page's tables."""
    for line in text(page).splitlines():
        if line.startswith("| "):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


# Settings


def shown(name: str, default: Any) -> str:
    """How the README shows a default."""
    if name == "data_dir":
        assert default == ROOT / "var"
        return "`var` in this folder"
    if default in (None, ""):
        return "none"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def test_the_readme_has_every_setting_with_its_true_default() -> None:
    told = {row[0].strip("`"): row[1] for row in rows(README) if row[0].startswith("`PENDAMPING_")}
    true = {f"PENDAMPING_{name.upper()}": shown(name, field.default) for name, field in Settings.model_fields.items()}
    assert told == true


def test_no_page_names_a_setting_that_does_not_exist() -> None:
    known = {f"PENDAMPING_{name.upper()}" for name in Settings.model_fields}
    # The tests' own, what the Rasa process gets from whoever starts it, and what the Caddyfile asks for.
    known |= {"PENDAMPING_TEST_POSTGRES", "PENDAMPING_ACTIONS_URL", "PENDAMPING_MODEL", "PENDAMPING_SITE"}
    for page in PAGES:
        assert set(re.findall(r"PENDAMPING_[A-Z_]*[A-Z]", text(page))) <= known, ids(page)


# Commands


def commands() -> dict[str, list[str]]:
    """Every command with its options."""
    found: dict[str, list[str]] = {}

    def visit(command: Any, name: str) -> None:
        for sub, inner in getattr(command, "commands", {}).items():
            visit(inner, f"{name} {sub}")
        if not hasattr(command, "commands"):
            found[name] = [option for param in command.params for option in param.opts if option.startswith("--")]

    visit(typer.main.get_command(app), "pendamping")
    return found


def test_the_readme_names_every_command_and_every_option() -> None:
    readme = text(README)
    for command, options in commands().items():
        assert f"`{command}" in readme, command
        for option in options:
            assert option in readme, f"{command} {option}"


def test_no_page_names_a_command_that_does_not_exist() -> None:
    known = {command.split()[1] for command in commands()}
    for page in PAGES:
        named = re.findall(r"(?:`|\.venv/bin/)pendamping ([a-z]+)", text(page))
        assert set(named) <= known, ids(page)


def examples() -> Iterator[tuple[str, dict[str, Any]]]:
    """The commands that the README shows together with the JSON they print."""
    for line, answer in re.findall(r"^\$ (.*pendamping.*json.*)\n(\{.*\})$", text(README), re.MULTILINE):
        if " talk " not in line:  # whole conversations have tests of their own
            yield line, json.loads(answer.replace(", …", ""))


@pytest.mark.parametrize(("line", "told"), examples(), ids=lambda value: value if isinstance(value, str) else "")
def test_an_example_of_the_readme_answers_as_shown(line: str, told: dict[str, Any], tmp_path: Path) -> None:
    environment = {**os.environ, "PENDAMPING_DATA_DIR": str(tmp_path)}
    environment.pop("PENDAMPING_DATABASE_URL", None)
    line = line.replace(".venv/bin/", f"{Path(sys.executable).parent}/")
    done = subprocess.run(["bash", "-c", line], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    answer = json.loads(done.stdout)
    assert answer.keys() == told.keys()
    for key in ("risk", "category", "act", "problem_type", "dims", "none"):
        assert answer.get(key) == told.get(key)
    if "results" in told:
        assert answer["results"][0].keys() == told["results"][0].keys()
        assert answer["results"][0]["code"] == told["results"][0]["code"]


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", text(ROOT / "Makefile"), re.MULTILINE))


def test_every_make_target_that_is_named_exists_and_the_readme_names_them_all() -> None:
    for page in PAGES:
        typed = re.findall(r"^\$ (?:sudo -u \w+ )?make (?:-C \S+ )?([a-z-]+)", text(page), re.MULTILINE)
        assert {*typed, *re.findall(r"`make ([a-z-]+)`", text(page))} <= make_targets(), ids(page)
    assert set(re.findall(r"`make ([a-z-]+)`", text(README))) == make_targets()


# Paths and links


def looks_like_a_path(code: str) -> bool:
    if not re.fullmatch(r"[\w.<>*-]+(/[\w.<>*-]*)+|[\w-]+\.(?:md|yml|toml|lock)", code):
        return False
    return "/" not in code or Path(code).suffix in TEXT - {""} or (ROOT / code.split("/")[0]).is_dir()


def exists(code: str) -> bool:
    """From the root, or as the end of a path; `<name>` stands for any name."""
    if code.startswith(MADE) or code in AVOIDED:
        return True
    pattern = re.sub(r"<[^>]*>", "*", code.rstrip("/"))
    return any(ROOT.glob(pattern))


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_path_that_is_named_exists(page: Path) -> None:
    named = {code for code in _CODE.findall(words(page)) if looks_like_a_path(code)}
    named |= set(_IN_DIAGRAM.findall(text(page)))
    assert not [code for code in sorted(named) if not exists(code) and not is_inside_a_room(code)]


def is_inside_a_room(code: str) -> bool:
    """A path that is told from inside of its room, such as `rasa_side/quiet_logs.py`."""
    return "/" in code and any((ROOT / "bot").rglob(code))


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in _LINK.findall(_CODE.sub("", words(page))):
        if link.startswith(("https://", "http://")):
            continue
        target, _, anchor = link.partition("#")
        aim = (page.parent / target) if target else page
        assert aim.exists(), link
        if anchor:
            headings = re.findall(r"^#+ (.*)$", text(aim), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in headings}, link


def test_every_decision_is_numbered_and_says_context_decision_and_consequences() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        assert text(page).startswith(f"# {int(page.name[:4])}. "), ids(page)
        assert [f"## {part}" in text(page) for part in ("Context", "Decision", "Consequences")] == [True] * 3, ids(page)


# What the pages say about the code


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_the_diagrams_are_current(page: Path) -> None:
    assert drawn(text(page)) == text(page), "run: .venv/bin/python -m tests.docs.diagrams"


def test_every_diagram_is_shown_somewhere() -> None:
    assert {match["name"] for page in PAGES for match in BLOCK.finditer(text(page))} == DIAGRAMS.keys()


def test_the_architecture_names_every_room() -> None:
    told = {code for row in rows(ROOT / "docs" / "architecture.md") for code in _CODE.findall(row[0])}
    rooms = {f"bot/{path.parent.name}" for path in (ROOT / "bot").glob("*/__init__.py")}
    assert {code for code in told if code.startswith("bot/")} == rooms


def test_the_architecture_names_every_sealed_column_and_no_other() -> None:
    sealed = {
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    table = [row for row in rows(ROOT / "docs" / "architecture.md") if row[0].endswith(("key", "s key"))]
    assert {code for row in table for code in _CODE.findall(row[1])} == sealed


def test_the_response_that_counsellors_are_shown_is_a_real_one() -> None:
    (shown_response,) = re.findall(
        r"^```yaml\n(.*?)^```", text(ROOT / "docs" / "counselling.md"), re.DOTALL | re.MULTILINE
    )
    assert any(shown_response in text(path) for path in (ROOT / "data" / "responses").glob("*.yml"))


def test_the_state_of_review_is_what_the_readme_says() -> None:
    """When the first text is reviewed, or the first number tested, the README has to say so."""
    responses = "".join(text(path) for path in (ROOT / "data" / "responses").glob("*.yml"))
    articles = load_articles()
    assert set(re.findall(r"reviewer: (\w+)", responses)) == {"null"}
    assert not any(article.adopted for article in articles)
    assert not any(service.tested_on for service in load_services())
    assert f"all {len(articles)} starter articles" in text(README)
    assert f"rights: {len(articles)} starter articles" in text(README)


# The project stands alone


def test_no_file_names_the_machine_it_was_made_on() -> None:
    # Put together, so that this file does not name them.
    foreign = ["/wo" + "rk/", "../sha" + "red", "/ro" + "ot/", str(ROOT) + "/"]
    ignored = {line.strip("/\n") for line in text(ROOT / ".gitignore").splitlines()}
    for path in ROOT.rglob("*"):
        parts = path.relative_to(ROOT).parts
        if ignored.intersection(parts) or ".git" in parts or not path.is_file() or path.suffix not in TEXT:
            continue
        if any(part.endswith(".egg-info") for part in parts):
            continue
        content = path.read_text(encoding="utf-8", errors="replace")
        assert not [name for name in foreign if name in content], ids(path)
