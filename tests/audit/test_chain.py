"""Whoever writes into the audit trail's table is found out, by the chain or by an anchor; and the chain never forks."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from sqlalchemy import delete, func, insert, select, update

from bot.accounts import audit
from bot.accounts.store import audit as table
from bot.audit.anchor import AnchorUnreadable, examine, note_head, read_anchors, write
from bot.audit.chain import FIRST, Event, Flaw, Link, Tampering
from bot.config import ROOT
from bot.storage.migrate import downgrade, upgrade
from bot.storage.unit_of_work import Database, UnitOfWork
from tests.accounts.people import worker
from tests.handoff.builders import claimed

LINES = 12
ANCHORED_AT = (4, 9)


@pytest.fixture
def anchors(tmp_path: Path) -> Path:
    return tmp_path / "elsewhere" / "anchors.txt"


def url_of(db: Database) -> str:
    return db.engine.url.render_as_string(hide_password=False)


def deed(uow: UnitOfWork, number: int) -> None:
    audit.record(uow, None, "conversation.read", "handoff", f"record-{number}")


def trail(db: Database, anchors: Path) -> None:
    """Twelve lines, noted after the fourth, the ninth, and the last."""
    for number in range(1, LINES + 1):
        db.run_sync(lambda uow, number=number: deed(uow, number))
        if number in (*ANCHORED_AT, LINES):
            assert noted(db, anchors)


def noted(db: Database, anchors: Path) -> bool:
    return db.run_sync(lambda uow: note_head(uow, anchors), read_only=True)


def flaws(db: Database, anchors: Path) -> list[Flaw]:
    return list(db.run_sync(lambda uow: examine(uow, [anchors]), read_only=True).flaws)


def edit_one(uow: UnitOfWork) -> None:
    uow.db.execute(update(table).where(table.c.number == 5).values(record_id="somebody-else"))


def edit_the_newest(uow: UnitOfWork) -> None:
    uow.db.execute(update(table).where(table.c.number == LINES).values(action="conversation.write"))


def delete_one_in_the_middle(uow: UnitOfWork) -> None:
    uow.db.execute(delete(table).where(table.c.number == 6))


def cut_the_tail(uow: UnitOfWork) -> None:
    uow.db.execute(delete(table).where(table.c.number > 10))


def delete_everything(uow: UnitOfWork) -> None:
    uow.db.execute(delete(table))


def rewrite(uow: UnitOfWork, without: int = 0, first: int = 1) -> None:
    """A new chain from the first line on that is whole in itself: line 3 tells another story, or one is gone."""
    links = [link for link in audit.links(uow) if link.number != without]
    uow.db.execute(delete(table))
    previous = FIRST
    for number, link in enumerate(links, first):
        story = "another" if number == 3 else link.record_id
        forged = replace(link, number=number, record_id=story, previous=previous)
        uow.db.execute(insert(table).values(asdict(forged)))
        previous = forged.hash


def rewrite_with_later_numbers(uow: UnitOfWork) -> None:
    rewrite(uow, first=LINES + 1)


def rewrite_around_each_anchor(uow: UnitOfWork) -> None:
    """No line of the forged chain has a number that an anchor names."""
    links = list(audit.links(uow))
    uow.db.execute(delete(table))
    previous = FIRST
    for link in links:
        if link.number in (*ANCHORED_AT, LINES):
            continue
        forged = replace(link, previous=previous)
        uow.db.execute(insert(table).values(asdict(forged)))
        previous = forged.hash


@pytest.mark.parametrize(
    ("tamper", "found"),
    [
        (edit_one, Flaw(Tampering.EDITED, 5)),
        (edit_the_newest, Flaw(Tampering.REWRITTEN, LINES)),
        (delete_one_in_the_middle, Flaw(Tampering.MISSING, 6)),
        (cut_the_tail, Flaw(Tampering.CUT_OFF, LINES)),
        (delete_everything, Flaw(Tampering.CUT_OFF, LINES)),
        (rewrite, Flaw(Tampering.REWRITTEN, 4)),
        (lambda uow: rewrite(uow, without=2), Flaw(Tampering.REWRITTEN, 4)),
        (rewrite_with_later_numbers, Flaw(Tampering.REWRITTEN, LINES)),
        (rewrite_around_each_anchor, Flaw(Tampering.REWRITTEN, 4)),
    ],
)
def test_each_kind_of_tampering_is_found_and_named(
    any_db: Database, anchors: Path, tamper: Callable[[UnitOfWork], None], found: Flaw
) -> None:
    trail(any_db, anchors)
    assert flaws(any_db, anchors) == []
    any_db.run_sync(tamper)
    assert found in flaws(any_db, anchors)


def test_a_forged_trail_does_not_become_true_by_going_on(any_db: Database, anchors: Path) -> None:
    trail(any_db, anchors)
    any_db.run_sync(rewrite)
    assert not noted(any_db, anchors)
    any_db.run_sync(lambda uow: deed(uow, 99))
    noted(any_db, anchors)
    assert Flaw(Tampering.REWRITTEN, 4) in flaws(any_db, anchors)


def test_a_head_is_noted_once_and_by_its_number_and_hash_only(db: Database, anchors: Path) -> None:
    assert noted(db, anchors)
    assert read_anchors(anchors) == []
    trail(db, anchors)
    assert noted(db, anchors)
    assert [anchor.number for anchor in read_anchors(anchors)] == [*ANCHORED_AT, LINES]
    assert "record-" not in anchors.read_text()
    assert anchors.stat().st_mode & 0o077 == 0


def test_after_a_restored_backup_the_anchors_of_what_came_later_do_not_count(db: Database, anchors: Path) -> None:
    trail(db, anchors)
    db.run_sync(cut_the_tail)
    head = db.run_sync(audit.newest, read_only=True)
    assert head is not None
    write(anchors, db.clock.now(), Event.RESTORED, head)
    assert flaws(db, anchors) == []
    db.run_sync(lambda uow: deed(uow, 11))
    assert noted(db, anchors)
    db.run_sync(delete_one_in_the_middle)
    assert flaws(db, anchors) == [Flaw(Tampering.MISSING, 6)]


def test_an_unreadable_anchor_is_named_with_its_line(anchors: Path, db: Database) -> None:
    trail(db, anchors)
    anchors.write_text(anchors.read_text() + "2026-11-30 head twelve\n")
    with pytest.raises(AnchorUnreadable, match=r"anchors\.txt:4"):
        noted(db, anchors)


def test_a_half_written_anchor_harms_none_of_those_after_it(anchors: Path, db: Database) -> None:
    trail(db, anchors)
    anchors.write_text(anchors.read_text().rstrip("\n"))
    db.run_sync(lambda uow: deed(uow, 13))
    assert noted(db, anchors)
    assert [anchor.number for anchor in read_anchors(anchors)] == [*ANCHORED_AT, LINES, 13]


def test_what_is_rolled_back_leaves_no_line_and_no_gap(any_db: Database, anchors: Path) -> None:
    any_db.run_sync(lambda uow: deed(uow, 1))
    with any_db.unit() as uow:
        deed(uow, 2)
    any_db.run_sync(lambda uow: [deed(uow, 3), deed(uow, 4)])
    found = any_db.run_sync(lambda uow: list(audit.links(uow)), read_only=True)
    assert [(link.number, link.record_id) for link in found] == [(1, "record-1"), (2, "record-3"), (3, "record-4")]
    assert flaws(any_db, anchors) == []


WRITER = """
import sys
from bot.accounts import audit
from bot.storage.encryption import MasterKey
from bot.storage.engine import make_engine
from bot.storage.unit_of_work import Database

db = Database(make_engine(sys.argv[1]), MasterKey(b"k" * 32))
for number in range(int(sys.argv[3])):
    db.run_sync(lambda uow: audit.record(uow, None, "conversation.read", "handoff", f"{sys.argv[2]}-{number}"))
"""


def test_several_processes_at_once_write_one_chain_without_a_fork(any_db: Database, anchors: Path) -> None:
    url = url_of(any_db)
    each, processes = 25, 4
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, url, f"p{number}", str(each)], cwd=ROOT)
        for number in range(processes)
    ]
    assert [writer.wait(120) for writer in writers] == [0] * processes
    found = any_db.run_sync(lambda uow: list(audit.links(uow)), read_only=True)
    assert [link.number for link in found] == list(range(1, each * processes + 1))
    assert {link.record_id for link in found} == {f"p{p}-{n}" for p in range(processes) for n in range(each)}
    assert flaws(any_db, anchors) == []


def test_what_stood_there_before_the_chain_is_chained_by_the_migration(any_db: Database, anchors: Path) -> None:
    url = url_of(any_db)
    claimed(any_db, worker(any_db))

    def story(uow: UnitOfWork) -> list[Link]:
        return [replace(link, previous="") for link in audit.links(uow)]

    before = any_db.run_sync(story)
    assert len(before) > 3
    any_db.engine.dispose()
    downgrade(url, "0014")
    upgrade(url)
    assert any_db.run_sync(story) == before
    assert flaws(any_db, anchors) == []
    any_db.run_sync(lambda uow: deed(uow, 1))
    assert flaws(any_db, anchors) == []
    assert any_db.run_sync(lambda uow: uow.db.execute(select(func.count()).select_from(table)).scalar_one()) > 4
