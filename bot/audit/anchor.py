"""Anchors of the audit trail in a file outside of the database, and the examination of the trail against them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import delete, select

from bot.accounts import audit
from bot.accounts.store import audit as audit_table
from bot.audit.chain import Anchor, Event, Flaw, Link, standing, verify
from bot.storage.append import append_lines, read_lines
from bot.storage.unit_of_work import UnitOfWork


class AnchorUnreadable(Exception):
    """A line of an anchor file is none; the message names file and line."""


@dataclass(frozen=True)
class Examination:
    """What an examination saw: how many lines, how many anchors, the newest line, and what is wrong."""

    lines: int
    anchors: int
    head: Link | None
    flaws: tuple[Flaw, ...]


def examine(uow: UnitOfWork, files: Iterable[Path]) -> Examination:
    """Walk the whole trail and hold it against the anchors of these files. Raises AnchorUnreadable."""
    anchors = sorted((anchor for file in files for anchor in read_anchors(file)), key=lambda anchor: anchor.at)
    count = 0
    head: Link | None = None

    def walked() -> Iterable[Link]:
        nonlocal count, head
        for link in audit.links(uow):
            count, head = count + 1, link
            yield link

    flaws = tuple(verify(walked(), anchors))
    return Examination(count, len(anchors), head, flaws)


def note_head(uow: UnitOfWork, file: Path) -> bool:
    """Note the newest line unless it is noted; False when the line that was noted last is not there any more.

    The contradicting head is noted all the same: the older anchors stay and show it. Raises AnchorUnreadable, OSError.
    """
    noted = standing(read_anchors(file))
    newest = audit.newest(uow)
    well = not noted or noted[-1].event is Event.CUT or _hash_of(uow, noted[-1].number) == noted[-1].hash
    if newest is not None and not any(anchor.hash == newest.hash for anchor in noted):
        write(file, uow.now, Event.HEAD, newest)
    return well


def cut_before(uow: UnitOfWork, file: Path, number: int) -> int:
    """Take away the lines before a number, and note that it went by plan. Returns how many. Raises OSError.

    Noted first: a cut that was noted and never happened harms nothing, one that happened unnoted looks like tampering.
    """
    older = audit_table.c.number < number
    last = audit.newest(uow, older)
    if last is None:
        return 0
    write(file, uow.now, Event.CUT, last)
    return uow.db.execute(delete(audit_table).where(older)).rowcount


def write(file: Path, at: datetime, event: Event, link: Link) -> None:
    """Note something about a line. Raises OSError."""
    append_lines(file, [line_of(Anchor(at, event, link.number, link.hash))])


def line_of(anchor: Anchor) -> str:
    """An anchor as it stands in a file, and as it can be printed or mailed."""
    return f"{anchor.at.isoformat(timespec='seconds')} {anchor.event} {anchor.number} {anchor.hash}"


def newest_in_words(head: Link | None) -> str:
    """The end of the trail in one line, without what was done."""
    return "it is empty" if head is None else f"the newest is number {head.number} of {head.at:%Y-%m-%d %H:%M} UTC"


def read_anchors(file: Path) -> Sequence[Anchor]:
    """The anchors of a file, oldest first; none where there is no file. Raises AnchorUnreadable."""
    return [_anchor(file, number, line) for number, line in enumerate(read_lines(file), 1)]


def _anchor(file: Path, number: int, line: str) -> Anchor:
    try:
        at, event, counted, digest = line.split()
        anchor = Anchor(datetime.fromisoformat(at), Event(event), int(counted), digest)
    except ValueError:
        raise AnchorUnreadable(f"{file}:{number}: not an anchor (time, event, number, hash)") from None
    if anchor.at.tzinfo is None or len(anchor.hash) != 64:
        raise AnchorUnreadable(f"{file}:{number}: not an anchor (time, event, number, hash)")
    return anchor


def _hash_of(uow: UnitOfWork, number: int) -> str | None:
    row = uow.db.execute(select(audit_table).where(audit_table.c.number == number)).mappings().first()
    return None if row is None else Link(**row).hash
