"""The commands: `pendamping …`. Heavy parts are imported by the command that needs them."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from bot.assistant.training import ModelTrainingFailed
from bot.audit.anchor import AnchorUnreadable
from bot.backup.archive import BackupError
from bot.config import CannotStart, Settings, SettingsError, load_settings
from bot.content import BrokenContent
from bot.model_file import ModelMissing, ModelOutdated
from bot.storage.encryption import MasterKeyError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Pendamping: it listens, the person decides.",
    pretty_exceptions_enable=False,
)
rights_app = typer.Typer(no_args_is_help=True, help="Published rights information.")
app.add_typer(rights_app, name="rights")
services_app = typer.Typer(no_args_is_help=True, help="An agency's directory of services.")
app.add_typer(services_app, name="services")
audit_app = typer.Typer(no_args_is_help=True, help="The audit trail: prove that it is whole.")
app.add_typer(audit_app, name="audit")
errors = Console(stderr=True, highlight=False)


def main() -> None:
    """Entry point of the console script: known troubles are one line and a non-zero exit."""
    try:
        app()
    except (
        SettingsError,
        CannotStart,
        MasterKeyError,
        BrokenContent,
        ModelMissing,
        ModelOutdated,
        ModelTrainingFailed,
        AnchorUnreadable,
        BackupError,
    ) as trouble:
        _stop(str(trouble))


def _stop(message: str) -> NoReturn:
    errors.print(f"[bold red]pendamping:[/] {message}", soft_wrap=True)
    sys.exit(1)


def _settings() -> Settings:
    from bot.logs import configure_logs

    settings = load_settings()
    configure_logs(settings.log_level)
    return settings


def _tell(line: str) -> None:
    errors.print(f"[cyan]→[/] {line}", soft_wrap=True)


@app.command()
def setup() -> None:
    """Migrate the database, load the starter content, train the model, invite the first admin. Safe to repeat."""
    from bot.setup import prepare

    prepare(_settings(), _tell)


@app.command()
def train() -> None:
    """Train the models (rights, danger, understanding) whose training data changed."""
    from bot.models import ensure_models

    ensure_models(_tell)


@app.command()
def start() -> None:
    """Run the app and its Rasa process in the foreground; Ctrl-C ends both."""
    from bot.serve import serve

    serve(_settings(), _tell)


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object out")] = False,
) -> None:
    """Look at this deployment and say what to mend; fails while something stops it from going live."""
    from bot.doctor import examine, may_go_live, report

    settings = _settings()
    findings = examine(settings)
    report(findings, sys.stdout, as_json=as_json, production=settings.production)
    if not may_go_live(findings):
        sys.exit(1)


@app.command()
def organisation(name: Annotated[str, typer.Argument(help="what it is called")]) -> None:
    """Add one more organisation, with staff and records of its own, and invite its first admin."""
    from bot.accounts.service import found_organisation
    from bot.installation import open_database
    from bot.setup import prepare_database

    settings = _settings()
    prepare_database(settings)
    db = open_database(settings, create_key=True)
    token = db.run_sync(lambda uow: found_organisation(uow, name))
    _tell(f"first admin of {name}: open {settings.base_url}/desk/invite/{token} (works once, for a few days)")


@app.command()
def logout() -> None:
    """End every session of everybody at once: a cookie or a computer may be in wrong hands."""
    from bot.accounts.sessions import end_every_session
    from bot.installation import open_database

    _tell(f"{open_database(_settings()).run_sync(end_every_session)} sessions ended; everybody signs in again")


@app.command()
def safety(jsonl: Annotated[bool, typer.Option("--jsonl", help="JSON lines in and out")] = False) -> None:
    """Judge texts for danger; needs no Rasa and no database."""
    from bot.safety.cli import safety_lines

    if not jsonl:
        _stop("safety reads JSON lines: add --jsonl")
    if not safety_lines(sys.stdin, sys.stdout):
        sys.exit(1)


@app.command()
def nlu(jsonl: Annotated[bool, typer.Option("--jsonl", help="JSON lines in and out")] = False) -> None:
    """What the trained model understands of each line."""
    import os

    from bot.assistant.training import current_model

    if not jsonl:
        _stop("nlu reads JSON lines: add --jsonl")
    model = current_model()
    # A process of its own: the app's side never imports rasa.
    command = [sys.executable, "-W", "ignore", "-m", "bot.assistant.rasa_side.nlu_lines", str(model)]
    os.execve(command[0], command, {**os.environ, "RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3"})


@app.command()
def talk(
    jsonl: Annotated[bool, typer.Option("--jsonl", help="JSON lines in and out")] = False,
    database: Annotated[str, typer.Option(help="use this database instead of a temporary file")] = "",
    keep: Annotated[bool, typer.Option("--keep", help="keep the temporary database and print where it is")] = False,
) -> None:
    """Hold conversations over a pipe with the real stack: real Rasa, real actions, real database."""
    from bot.talk import talk_over_pipe

    if not jsonl:
        _stop("talk reads JSON lines: add --jsonl")
    asyncio.run(talk_over_pipe(_settings(), database, keep=keep))


@rights_app.command("search")
def rights_search(
    text: Annotated[str, typer.Argument(help="the question, in anybody's words")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object out")] = False,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="JSON lines in and out")] = False,
    region: Annotated[str, typer.Option(help="official code of a region")] = "",
    lang: Annotated[str, typer.Option(help="id or en")] = "id",
) -> None:
    """Search the published articles, best first."""
    from bot.installation import open_database
    from bot.rights.cli import search_lines, search_once
    from bot.setup import prepare_database

    if not jsonl and not text:
        _stop("give a question and --json, or JSON lines and --jsonl")
    settings = _settings()
    prepare_database(settings)
    db = open_database(settings, create_key=True)
    if not jsonl:
        search_once(db, text, lang, region or None, sys.stdout)
    elif not search_lines(db, sys.stdin, sys.stdout):
        sys.exit(1)


Login = Annotated[str, typer.Option("--login", help="the login of an agency's editor, on whose behalf it is done")]


@services_app.command("export")
def services_export(
    target: Annotated[Path, typer.Argument(help="a file that ends with .json, or .zip for CSV tables")], login: Login
) -> None:
    """Write an agency's directory as HSDS."""
    from bot.installation import open_database
    from bot.rights.services.cli import export_directory

    count = export_directory(open_database(_settings()), login, target)
    _tell(f"{count} services written to {target}")


@services_app.command("import")
def services_import(
    files: Annotated[list[Path], typer.Argument(help="HSDS as .json, .csv or .zip", exists=True, dir_okay=False)],
    login: Login,
) -> None:
    """Bring HSDS files into an agency's directory: all of them, or none."""
    from bot.installation import open_database
    from bot.rights.services.cli import import_directory

    count = import_directory(open_database(_settings()), login, files)
    _tell(f"{count} services came in; new ones are not active yet")


@app.command()
def backup(
    folder: Annotated[Path, typer.Argument(help="where the archive goes; another disk, another machine")],
) -> None:
    """Write one encrypted snapshot while everything runs, and delete archives there that have been kept long enough."""
    from bot.backup.service import back_up, forget_old_backups
    from bot.clock import SystemClock
    from bot.installation import open_database
    from bot.retention.content import load_retention
    from bot.retention.model import Kind
    from bot.setup import check_database

    settings = _settings()
    check_database(settings)
    db, now = open_database(settings), SystemClock().now()
    made = back_up(db.engine, db.master, folder, now)
    _tell(f"{made.path}: {made.rows} rows, read back and whole; the master key is not in it (`pendamping keys`)")
    for old in forget_old_backups(folder, now, load_retention().keep(Kind.BACKUP)):
        _tell(f"{old.name}: kept long enough, deleted (data/retention.yml)")


@app.command()
def restore(
    archive: Annotated[Path, typer.Argument(help="a file that `pendamping backup` made")],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="replace what is in the database")] = False,
    without_ledger: Annotated[bool, typer.Option("--without-ledger", help="though deletions may come back")] = False,
) -> None:
    """Put a backup in place; stop the app first. What people deleted since then is deleted again."""
    from bot.backup import service
    from bot.erasing import settle
    from bot.installation import open_database
    from bot.setup import check_database, check_kept_apart
    from bot.storage.ledger import Ledger

    settings = _settings()
    ledger = Ledger(settings.ledger_file)
    check_database(settings)
    db = open_database(settings)
    if not without_ledger:
        service.needs_ledger(ledger, archive)
    check_kept_apart(settings)
    header = service.restore(db, archive, settings.anchor_file, overwrite=overwrite)
    _tell(f"the database is as it was at {header.made_at}, and at the newest migration")
    _tell(f"deleted again, after the ledger: {settle(db, ledger)} conversations")
    _tell("next: `pendamping audit verify`, `pendamping doctor`, then start and open a kept conversation")


@app.command()
def keys(folder: Annotated[Path, typer.Argument(help="a place that holds no backups")]) -> None:
    """Copy what belongs apart from the data: master key file, ledger of destroyed keys, anchors of the audit trail."""
    from bot.backup.service import copy_apart
    from bot.installation import key_file

    settings = _settings()
    copies = copy_apart(folder, [key_file(settings), settings.ledger_file, settings.anchor_file])
    for copy in copies:
        _tell(f"{copy}")
    if settings.master_key is not None:
        _tell("the master key is in PENDAMPING_MASTER_KEY and in no file: keep it yourself")


@app.command()
def rekey() -> None:
    """Exchange the master key, with the app stopped on every machine; safe to repeat where it was interrupted."""
    from bot.clock import SystemClock
    from bot.rekey import exchange
    from bot.setup import check_database

    settings = _settings()
    check_database(settings)
    done = exchange(settings, SystemClock().now())
    _tell(f"{done.keys} keys are wrapped under the new master key" if done.keys else "they were wrapped already")
    if done.old is None:
        _tell(
            f"the new key is in {done.new}: set PENDAMPING_MASTER_KEY to it, on every machine, and take the file away"
        )
    else:
        _tell(f"the new key is {done.new}: put it on every machine")
        _tell(f"the old one is kept as {done.old}: backups made until now need it; keep it apart while they last")
    _tell("next: `pendamping doctor`, start, and `pendamping backup` with a new archive")


@audit_app.command("verify")
def audit_verify(
    anchor: Annotated[
        list[Path] | None, typer.Option(help="an anchor file, such as the copy on another machine; may be repeated")
    ] = None,
) -> None:
    """Walk the whole trail against the anchors and name each line that was edited, taken out, cut off or rewritten."""
    from bot.audit.anchor import examine, newest_in_words
    from bot.installation import open_database

    settings = _settings()
    files = anchor or [settings.anchor_file]
    for file in files:
        if not file.is_file():
            _stop(f"no anchors at {file}: without them nobody can tell whether the end of the trail was cut off")
    seen = open_database(settings).run_sync(lambda uow: examine(uow, files), read_only=True)
    for flaw in seen.flaws:
        errors.print(f"[bold red]line {flaw.number}:[/] {flaw.kind}")
    if seen.flaws:
        _stop("the audit trail was tampered with: keep the database and the anchors as they are (docs/operating.md)")
    _tell(f"{seen.lines} lines are whole and agree with {seen.anchors} anchors; {newest_in_words(seen.head)}")


@audit_app.command("anchor")
def audit_anchor() -> None:
    """Note the newest line in the anchor file, and print the anchor so that it can be mailed or written down."""
    from bot.audit.anchor import line_of, note_head, read_anchors
    from bot.installation import open_database

    settings = _settings()
    well = open_database(settings).run_sync(lambda uow: note_head(uow, settings.anchor_file), read_only=True)
    if not well:
        _stop("the trail contradicts its last anchor: run `pendamping audit verify`")
    for noted in read_anchors(settings.anchor_file)[-1:]:
        typer.echo(line_of(noted))


if __name__ == "__main__":
    main()
