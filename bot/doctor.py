"""`pendamping doctor`: looks at a deployment and says what to mend before people in need can reach it."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from bot.accounts.model import Role, Staff
from bot.accounts.organisations import hotline
from bot.accounts.second_step import with_second_step
from bot.accounts.store import staff_of
from bot.assistant.reachable import Trouble, actions_trouble, rasa_trouble
from bot.assistant.training import current_model, model_name
from bot.audit.anchor import AnchorUnreadable
from bot.audit.anchor import examine as examine_trail
from bot.clock import SystemClock
from bot.config import CannotStart, Settings
from bot.content import BrokenContent
from bot.duties.content import SETTING, duties_of, load_duties
from bot.duties.model import Duties
from bot.installation import key_file, open_database
from bot.model_file import ModelMissing, ModelOutdated
from bot.models import OWN
from bot.rekey import waiting_file
from bot.rights.directory import further_routes, services
from bot.rights.model import local_day
from bot.rights.services.known import together
from bot.rights.services.model import Entry
from bot.rights.services.store import everything
from bot.safety.model import CATEGORIES
from bot.setup import check_database
from bot.storage.encryption import CannotDecrypt, MasterKeyError
from bot.storage.keys import owner_key
from bot.storage.migrate import is_current
from bot.storage.unit_of_work import Database, UnitOfWork

WIDTH = 140
SOON = timedelta(days=14)
"""A test of a number, or a duties file, that ends sooner is worth a word now."""


class Level(StrEnum):
    """How bad it is: `stop` refuses go-live, `warn` wants a look, `ok` is well."""

    OK = "ok"
    WARN = "warn"
    STOP = "stop"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at, what was seen, and what to do about it."""

    check: str
    level: Level
    seen: str
    fix: str = ""


Findings = Iterator[Finding]


def examine(settings: Settings, today: date | None = None) -> list[Finding]:
    """Look at everything. What only matters before real clients stops production and is a warning in a demo."""
    day = today or local_day(SystemClock().now())
    checks: tuple[Callable[[], Findings], ...] = (
        lambda: _mode(settings),
        lambda: _duties(settings, day),
        lambda: _contacts(settings, day),
        lambda: _master_key(settings),
        lambda: _models(settings),
        lambda: _assistants(settings),
        lambda: _database(settings),
        lambda: _on_call(settings),
    )
    found = [finding for check in checks for finding in check()]
    return [_softened(finding, settings) for finding in found]


def may_go_live(findings: list[Finding]) -> bool:
    """Whether nothing stops it."""
    return all(finding.level is not Level.STOP for finding in findings)


def report(findings: list[Finding], out: TextIO, *, as_json: bool, production: bool) -> None:
    """A table for people, or one JSON object for programs."""
    ready = may_go_live(findings)
    if as_json:
        body = {"go_live": ready and production, "production": production, "findings": [asdict(f) for f in findings]}
        out.write(json.dumps(body, ensure_ascii=False) + "\n")
        return
    table = Table(box=None, pad_edge=False, show_edge=False)
    for title in ("", "check", "seen", "what to do"):
        table.add_column(title, overflow="fold")
    marks = {Level.OK: "[green]ok[/]", Level.WARN: "[yellow]look[/]", Level.STOP: "[bold red]stop[/]"}
    for finding in findings:
        table.add_row(marks[finding.level], finding.check, _plain(finding.seen), _plain(finding.fix))
    # In a pipe there is no width to keep to, and a setting's name that is cut in two can't be copied.
    console = Console(file=out, highlight=False, width=None if out.isatty() else WIDTH)
    console.print(table)
    console.print()
    if not ready:
        console.print("[bold red]Not yet:[/] mend what says stop.")
    elif production:
        console.print("[green]Nothing that can be checked from here stops it.[/]")
    else:
        console.print("[yellow]This is a demo:[/] with PENDAMPING_PRODUCTION=true more of this would say stop.")


def _plain(text: str) -> str:
    """Square brackets would be read as styles."""
    return text.replace("[", "\\[")


# What is broken stops a demo as well.
_ALWAYS = frozenset({"database", "models", "master key", "audit trail"})


def _softened(finding: Finding, settings: Settings) -> Finding:
    if settings.production or finding.level is not Level.STOP or finding.check in _ALWAYS:
        return finding
    return Finding(finding.check, Level.WARN, finding.seen, finding.fix)


def _mode(settings: Settings) -> Findings:
    if not settings.production:
        yield Finding(
            "mode", Level.WARN, "a demo: untested numbers are shown, marked", "PENDAMPING_PRODUCTION=true to go live"
        )
    else:
        yield Finding("mode", Level.OK, "production")
    if "(demo)" in settings.agency:
        yield Finding(
            "agency", Level.STOP, f"clients read the name “{settings.agency}”", "set PENDAMPING_AGENCY to your own name"
        )
    if not settings.base_url.startswith("https://"):
        yield Finding(
            "address",
            Level.STOP,
            f"pages are served at {settings.base_url}, readable on the way",
            "put https in front and set PENDAMPING_PUBLIC_URL (docs/operating.md)",
        )


def _duties(settings: Settings, today: date) -> Findings:
    try:
        duties = duties_of(settings)
    except (CannotStart, BrokenContent) as trouble:
        yield Finding("duties", Level.STOP, str(trouble), f"fill in the file that {SETTING} names (docs/duties.md)")
        return
    if duties.demo:
        yield Finding("duties", Level.STOP, "the demo's file", f"fill in a copy and set {SETTING} (docs/duties.md)")
    elif duties.stale(today):
        seen = f"{duties.agency} wanted to look at it again on {duties.look_again_on}"
        yield Finding("duties", Level.WARN, seen, "look at it again and set look_again_on anew")
    else:
        yield Finding("duties", Level.OK, f"adopted by {duties.adopted_by} on {duties.adopted_on}")


def _contacts(settings: Settings, today: date) -> Findings:
    try:
        known = together(services(), _kept_by_agencies(settings))
    except BrokenContent as trouble:
        yield Finding("contacts", Level.STOP, str(trouble), "mend the file that is named")
        return
    bare = [category for category in CATEGORIES if not further_routes(category, today=today, known=known)]
    if bare:
        yield Finding(
            "contacts",
            Level.STOP,
            f"no tested route beside 110, 112, 119 for {', '.join(bare)}",
            "test a service of each: at /publish/services, or in data/services (docs/operating.md)",
        )
    else:
        yield Finding("contacts", Level.OK, "each kind of danger has a tested route beside 110, 112, 119")
    for service in known:
        if service.tested(today) and service.expires_on is not None and service.expires_on < today + SOON:
            yield Finding(
                "contacts", Level.WARN, f"the test of {service.code} ends on {service.expires_on}", "test again"
            )


def _kept_by_agencies(settings: Settings) -> list[Entry]:
    """The directory in the database; nothing where that can't be read, which `_database` tells."""
    url = make_url(settings.database)
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).is_file():
        return []
    try:
        db = open_database(settings)
    except (MasterKeyError, SQLAlchemyError, ValueError):
        return []
    try:
        return [kept.entry for kept in db.run_sync(everything, read_only=True)]
    except SQLAlchemyError:
        return []
    finally:
        db.engine.dispose()


def _master_key(settings: Settings) -> Findings:
    check = "master key"
    if settings.master_key is not None:
        yield Finding(check, Level.OK, "given in PENDAMPING_MASTER_KEY")
        return
    path = key_file(settings)
    if waiting_file(settings).is_file():
        seen = f"an exchange of the key was not finished: {waiting_file(settings)}"
        yield Finding(check, Level.STOP, seen, "run `pendamping rekey` again")
    if not path.is_file():
        fix = "put the file there" if settings.master_key_file else "run `pendamping setup`"
        yield Finding(check, Level.STOP, f"{path} is not there", fix)
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield Finding(check, Level.STOP, f"others can read {path} (mode {mode:03o})", f"chmod 600 {path}")
    else:
        yield Finding(check, Level.OK, f"{path}, readable by its owner only")


def _models(settings: Settings) -> Findings:
    wanted = OWN | ({"understanding": current_model} if settings.starts_rasa else {})
    for name, current in wanted.items():
        try:
            yield Finding("models", Level.OK, f"{name}: {current().name}")
        except (ModelMissing, ModelOutdated) as trouble:
            yield Finding("models", Level.STOP, str(trouble), "run `pendamping train`")


def _assistants(settings: Settings) -> Findings:
    """The Rasa processes that somebody else runs, each, and the apps that those call back."""
    secret = settings.rasa_secret.get_secret_value() if settings.rasa_secret else ""
    model = model_name()
    for url in settings.rasa_urls:
        yield _assistant(rasa_trouble(url, secret, model), f"{url} runs {model}")
    for url in settings.actions_urls:
        yield _assistant(actions_trouble(url, secret), f"{url} answers")


def _assistant(trouble: Trouble | None, well: str) -> Finding:
    if trouble is None:
        return Finding("assistant", Level.OK, well)
    return Finding("assistant", Level.STOP if trouble.stops else Level.WARN, trouble.seen, trouble.fix)


def _database(settings: Settings) -> Findings:
    url = make_url(settings.database)
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).is_file():
        # Looking at it would make it.
        yield Finding("database", Level.STOP, f"{url.database} is not there", "run `pendamping setup`")
        return
    try:
        check_database(settings)
        current = is_current(settings.database)
    except CannotStart as trouble:
        yield Finding("database", Level.STOP, str(trouble), "check PENDAMPING_DATABASE_URL")
        return
    if not current:
        yield Finding("database", Level.STOP, "it is not migrated", "run `pendamping setup`")
        return
    try:
        db = open_database(settings)
    except MasterKeyError as trouble:
        yield Finding("database", Level.STOP, str(trouble), "put the right master key in place")
        return
    try:
        yield from db.run_sync(lambda uow: list(_inside(uow, db, settings)), read_only=True)
    except CannotDecrypt:
        yield Finding("database", Level.STOP, "the master key does not open it", "put the key back that made it")
    except SQLAlchemyError as error:
        yield Finding("database", Level.STOP, type(error).__name__, "see docs/operating.md")
    finally:
        db.engine.dispose()


def _inside(uow: UnitOfWork, db: Database, settings: Settings) -> Findings:
    row = uow.db.execute(select(owner_key.c.owner, owner_key.c.wrapped).limit(1)).first()
    if row is not None:
        db.master.unwrap(row.owner, row.wrapped)
    yield Finding("database", Level.OK, "migrated, and the master key opens it" if row else "migrated, and empty")
    staff = [member for member in staff_of(uow, hotline(uow)) if member.active]
    yield from _staff(staff, settings)
    yield from _second_steps(staff, with_second_step(uow, staff))
    yield from _trail(uow, settings)


def _trail(uow: UnitOfWork, settings: Settings) -> Findings:
    check, file = "audit trail", settings.anchor_file
    try:
        seen = examine_trail(uow, [file])
    except AnchorUnreadable as trouble:
        yield Finding(check, Level.STOP, str(trouble), "compare the file with its copy (docs/operating.md)")
        return
    if seen.flaws:
        first = seen.flaws[0]
        seen_there = f"tampered with: line {first.number} is {first.kind}"
        yield Finding(check, Level.STOP, seen_there, "keep everything as it is; see docs/operating.md")
    elif seen.lines and not seen.anchors:
        yield Finding(check, Level.WARN, f"no anchors at {file}", "start the app, or run `pendamping audit anchor`")
    elif file.parent == settings.data_dir:
        near = f"{seen.lines} lines are whole, but the anchors lie beside the database"
        yield Finding(check, Level.WARN, near, "set PENDAMPING_AUDIT_ANCHOR_FILE, or copy the file elsewhere daily")
    else:
        yield Finding(check, Level.OK, f"{seen.lines} lines are whole and agree with {seen.anchors} anchors")


def _staff(staff: list[Staff], settings: Settings) -> Findings:
    workers = [member for member in staff if member.roles & {Role.WORKER, Role.SUPERVISOR}]
    if not workers:
        yield Finding("staff", Level.STOP, "nobody can take a conversation", "invite workers at /desk/staff")
    else:
        yield Finding("staff", Level.OK, f"{len(workers)} can take conversations")
    if not any(Role.ADMIN in member.roles for member in staff):
        yield Finding("staff", Level.WARN, "no admin can invite anybody", "run `pendamping setup` for the first link")
    duties = _readable_duties(settings)
    if duties is None or not workers:
        return
    deciders = [member for member in staff if member.roles & duties.deciding.roles]
    reviewers = [member for member in staff if member.roles & duties.second_review.roles]
    if not deciders:
        yield Finding(
            "staff", Level.STOP, "nobody has a role that decides in danger", "see deciding in the duties file"
        )
    if len({member.id for member in (*deciders, *reviewers)}) < 2 or not reviewers:
        yield Finding(
            "staff", Level.STOP, "no second person can review a disclosure", "see second_review in the duties file"
        )


def _second_steps(staff: list[Staff], protected: frozenset[str]) -> Findings:
    bare = [member for member in staff if member.id not in protected]
    admins = sum(Role.ADMIN in member.roles for member in bare)
    if bare:
        seen = f"{len(bare)} of {len(staff)} accounts open with the password alone, {admins} of them admins"
        yield Finding("second step", Level.WARN, seen, "ask them to set it up at /desk/account")
    elif staff:
        yield Finding("second step", Level.OK, "every account has one")


def _readable_duties(settings: Settings) -> Duties | None:
    try:
        return load_duties(settings.duties_file) if settings.duties_file else load_duties()
    except BrokenContent:
        return None


def _on_call(settings: Settings) -> Findings:
    if settings.oncall_telegram_chat or settings.oncall_webhook_url:
        yield Finding("on call", Level.OK, f"called again after {settings.oncall_again_minutes} min")
    else:
        yield Finding(
            "on call",
            Level.WARN,
            "alerts reach only whoever has the desk open",
            "set PENDAMPING_ONCALL_TELEGRAM_CHAT or PENDAMPING_ONCALL_WEBHOOK_URL",
        )
