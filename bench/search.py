"""`python -m bench.search`: how long the rights search takes among thousands of articles; --write keeps the page.

In this process, on SQLite and, where one is reachable, on PostgreSQL: the real articles, and invented ones of an agency
made from their sentences and from words that exist nowhere. A figure is never a test.
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from bench import machine
from bench.alerts import p
from bot.accounts.organisations import add
from bot.config import ROOT
from bot.rights import service, store
from bot.rights.asked import load_asked
from bot.rights.content import load_articles
from bot.rights.model import Article, Words
from bot.storage.encryption import MasterKey
from bot.storage.engine import make_engine
from bot.storage.migrate import upgrade
from bot.storage.unit_of_work import Database, UnitOfWork

PAGE = ROOT / "docs" / "search-speed.md"
GOAL_MS = 20
ARTICLES, QUESTIONS = 5000, 1000
POSTGRES = os.environ.get("PENDAMPING_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
SYLLABLES = ("ba", "ce", "di", "ko", "lu", "ma", "ni", "po", "ra", "sa", "ti", "wu", "yang", "ber", "kan", "mel")

out = Console(highlight=False)


@dataclass(frozen=True)
class Measured:
    """One database: milliseconds of each search, seconds of the first after a change."""

    name: str
    searches: Sequence[float]
    rebuilt: float


def invented(number: int, sources: Sequence[Article], draw: random.Random) -> Article:
    """An agency's article: sentences of real ones, shuffled, each with a word that exists nowhere."""
    source = draw.choice(sources)
    old = source.words["id"]

    def strange() -> str:
        return "".join(draw.choices(SYLLABLES, k=draw.randint(2, 5)))

    def mixed(lines: Sequence[str]) -> tuple[str, ...]:
        return tuple(f"{' '.join(draw.sample(line.split(), len(line.split())))} {strange()}" for line in lines)

    words = Words(
        title=f"{old.title} {strange()}",
        questions=mixed(old.questions),
        short=" ".join(mixed(old.short.split(". "))),
        steps=mixed(old.steps),
        limits=mixed(old.limits),
        who=old.who,
        body=" ".join(mixed(old.body.split(". "))),
    )
    return replace(
        source,
        code=f"B{number:04}",
        slug=f"buatan-{number}",
        topics=(),
        words={"id": words},
        adopted=True,
        agency="Uji",
    )


def fill(db: Database, count: int) -> None:
    """The real articles, and invented ones up to `count`."""
    sources, draw = load_articles(), random.Random(7)
    db.run_sync(service.import_starters)

    def put(uow: UnitOfWork) -> None:
        home = add(uow, "Uji")
        for number in range(count - len(sources)):
            store.put_out(uow, invented(number, sources, draw), organisation_id=home, number=1)

    db.run_sync(put)


def measure(name: str, db: Database, count: int, questions: int) -> Measured:
    """Search as the chat does: a unit of work, the check whether anything has changed, the scores."""
    fill(db, count)
    asked = random.Random(11).sample(load_asked(), questions)

    def search(question: str, lang: str) -> float:
        began = time.perf_counter()
        db.run_sync(lambda uow: service.search(uow, question, lang), read_only=True)
        return time.perf_counter() - began

    search("visum", "id")
    searches = [search(one.text, "en" if one.lang == "en" else "id") * 1000 for one in asked]
    db.run_sync(lambda uow: store.take_in(uow, "B0000"))
    return Measured(name, searches, search("visum", "id"))


def databases(folder: Path) -> Iterator[tuple[str, str]]:
    """Name and address of each kind that can be used here; the one on a server is dropped afterwards."""
    yield "SQLite", f"sqlite:///{folder / 'search.db'}"
    name = f"pendamping_bench_{uuid.uuid4().hex[:8]}"
    server = create_engine(POSTGRES.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    try:
        with server.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{name}"'))
    except OperationalError:
        out.print("No PostgreSQL; PENDAMPING_TEST_POSTGRES names one.")
        return
    try:
        yield "PostgreSQL", f"{POSTGRES.rsplit('/', 1)[0]}/{name}"
    finally:
        with server.connect() as connection:
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
        server.dispose()


def main(
    write: Annotated[bool, typer.Option("--write", help="keep the figures in docs/search-speed.md")] = False,
    articles: Annotated[int, typer.Option(help="how many articles")] = ARTICLES,
    questions: Annotated[int, typer.Option(help="how many searches")] = QUESTIONS,
) -> None:
    """Measure and show; with --write also keep."""
    (ROOT / "var").mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="search-", dir=ROOT / "var"))
    try:
        where, found = machine.describe(folder), []
        for name, url in databases(folder):
            upgrade(url)
            db = Database(make_engine(url), MasterKey(b"b" * 32))
            try:
                found.append(measure(name, db, articles, questions))
            finally:
                db.engine.dispose()
    finally:
        shutil.rmtree(folder)
    table = Table("database", "articles", "searches", "p50 ms", "p95 ms", "slowest ms", "first after a change, s")
    rows = [_row(one, articles) for one in found]
    for row in rows:
        table.add_row(*row)
    out.print(table)
    if write:
        PAGE.write_text(_page(rows, where), encoding="utf-8")


def _row(one: Measured, articles: int) -> tuple[str, ...]:
    times = one.searches
    shown = f"{p(times, 0.5):.1f}", f"{p(times, 0.95):.1f}", f"{max(times):.0f}", f"{one.rebuilt:.1f}"
    return one.name, f"{articles:,}", f"{len(times):,}", *shown


def _page(rows: Sequence[tuple[str, ...]], where: dict[str, object]) -> str:
    lines = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"""# How fast the rights search is

Written by `.venv/bin/python -m bench.search --write` on {datetime.now(UTC):%d %B %Y}. One search is one unit of work:
the question whether any article has changed, and the scores, in one process. The articles are the starters and invented
ones of an agency. The goal is {GOAL_MS} ms for 95 of 100.

| database | articles | searches | p50 ms | p95 ms | slowest ms | first after a change, s |
|---|---|---|---|---|---|---|
{lines}

The machine: {where["cores"]} cores ({where["processor"]}), {where["memory_gib"]} GiB, Python {where["python"]}.
Other work ran at the time (load {machine.load()}).
"""


if __name__ == "__main__":
    typer.run(main)
