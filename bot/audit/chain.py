"""The chain of the audit trail: each line carries the hash of the line before it, and anchors vouch for the rest. Pure.

A chain alone shows an edited line and one that is missing in the middle. Whoever can write the whole table can also
cut its end, empty it, or compute a new chain from the first line on: only a hash that was noted elsewhere (an anchor)
shows that.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

FIRST = "0" * 64
"""What the first line ever carries in place of a hash."""


@dataclass(frozen=True)
class Link:
    """One line of the trail with all that its hash covers; `previous` is the hash of the line before."""

    number: int
    at: datetime
    organisation_id: str | None
    staff_id: str | None
    action: str
    record: str
    record_id: str
    previous: str

    @property
    def hash(self) -> str:
        """SHA-256 (hex) over every field in a form that reads back the same on each database."""
        fields: list[Any] = [self.number, self.at.astimezone(UTC).isoformat(timespec="microseconds")]
        fields += [self.organisation_id, self.staff_id, self.action, self.record, self.record_id, self.previous]
        return hashlib.sha256(json.dumps(fields, ensure_ascii=True).encode()).hexdigest()


class Event(StrEnum):
    """What an anchor says of its line: it was the newest; it went by plan, and all before; a backup ended with it."""

    HEAD = "head"
    CUT = "cut"
    RESTORED = "restored"


@dataclass(frozen=True)
class Anchor:
    """A line's number and hash, noted outside of the database."""

    at: datetime
    event: Event
    number: int
    hash: str


class Tampering(StrEnum):
    """What a flaw looks like."""

    EDITED = "edited"
    MISSING = "missing"
    CUT_OFF = "cut off"
    REWRITTEN = "rewritten"


@dataclass(frozen=True)
class Flaw:
    """One thing that is wrong, at the line with this number."""

    kind: Tampering
    number: int


def verify(links: Iterable[Link], anchors: Sequence[Anchor] = ()) -> list[Flaw]:
    """What is wrong with a trail (oldest line first), in the light of anchors (oldest first); nothing is well.

    Numbers may have gaps: the hashes tell whether a line is missing.
    """
    cuts = {anchor.hash: anchor.number for anchor in anchors if anchor.event is Event.CUT}
    vouched = {anchor.number: anchor.hash for anchor in standing(anchors) if anchor.event is not Event.CUT}
    flaws: list[Flaw] = []
    number, head, begun_after = 0, FIRST, 0
    for link in links:
        if number == 0 and link.previous in cuts:
            begun_after = cuts[link.previous]
        elif link.previous != head:
            missing = link.number != number + 1
            flaws.append(Flaw(Tampering.MISSING, number + 1) if missing else Flaw(Tampering.EDITED, max(number, 1)))
        number, head = link.number, link.hash
        if link.number in vouched and vouched.pop(link.number) != head:
            flaws.append(Flaw(Tampering.REWRITTEN, link.number))
    for unseen in sorted(other for other in vouched if other > begun_after):
        flaws.append(Flaw(Tampering.CUT_OFF if unseen > number else Tampering.REWRITTEN, unseen))
    return flaws


def standing(anchors: Sequence[Anchor]) -> list[Anchor]:
    """The anchors that still bind: a restored backup ends those of the lines that came after it was made."""
    kept: list[Anchor] = []
    for anchor in anchors:
        if anchor.event is Event.RESTORED:
            kept = [other for other in kept if other.number <= anchor.number]
        kept.append(anchor)
    return kept
