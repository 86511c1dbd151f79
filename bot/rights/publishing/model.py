"""The life of an article: which version may go out by whom, and what is shown when. Pure: an event in, a life out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

WARNED_AHEAD = (30, 14, 3)
"""Days before the last valid one on which the agency is warned; from the first of them on an article is expiring."""

LONGEST_VALID = timedelta(days=731)
"""Nobody vouches for the law of the year after next."""


class State(StrEnum):
    """Where an article stands for its agency."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    PUBLISHED = "published"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class NotPossible(Exception):
    """The article is not in a state in which this can happen."""


class SamePerson(Exception):
    """Whoever wrote a version, or asked for its correction, can't be the one who lets it out."""


class BadDate(Exception):
    """The last valid day is over, too far away, or later than an urgent correction may set it."""


@dataclass(frozen=True)
class Version:
    """One version; it never changes. `hands`: everybody whose words are in it and were not reviewed by another."""

    number: int
    valid_until: date
    hands: frozenset[str]


@dataclass(frozen=True)
class Life:
    """Everything that decides what is shown of an article.

    Two tracks: `work` is the version that is being written or reviewed, `published` the one that is out; a new version
    is written while the old one is still read. `marked` names a law that changed; `owes_review`: what is out is an
    urgent correction that no reviewer has seen.
    """

    versions: tuple[Version, ...] = ()
    work: int | None = None
    in_review: bool = False
    correction_by: str | None = None
    published: int | None = None
    withdrawn: bool = False
    marked: str = ""
    owes_review: bool = False

    # -------------------------------------------------------------- what is

    def version(self, number: int) -> Version:
        """Raises NotPossible where there is no such version."""
        if not 1 <= number <= len(self.versions):
            raise NotPossible(f"no version {number}")
        return self.versions[number - 1]

    def shown(self, today: date) -> int | None:
        """The version whose text readers get today; None where they get a referral or nothing."""
        if self.published is None or today > self.version(self.published).valid_until:
            return None
        return self.published

    def state(self, today: date) -> State:
        """What readers get; for an article that was never out, how far the work is."""
        if self.published is not None:
            left = (self.version(self.published).valid_until - today).days
            if left < 0:
                return State.EXPIRED
            return State.EXPIRING if left <= WARNED_AHEAD[0] else State.PUBLISHED
        if self.withdrawn:
            return State.WITHDRAWN
        return State.IN_REVIEW if self.in_review else State.DRAFT

    @property
    def work_state(self) -> State | None:
        """How far the next version is; None when nobody is writing one."""
        if self.work is None:
            return None
        return State.IN_REVIEW if self.in_review else State.DRAFT

    # --------------------------------------------------------------- events

    def write(self, by: str, valid_until: date) -> Life:
        """A new version. What was in review is a draft again: a review holds for exactly one text."""
        earlier = self.version(self.work).hands if self.work is not None else frozenset[str]()
        return self._with_work(valid_until, earlier | {by})

    def restore(self, by: str, number: int) -> Life:
        """An old version becomes the newest draft. It goes through review again, by somebody whose words it is not."""
        old = self.version(number)
        return self._with_work(old.valid_until, old.hands | {by})

    def submit(self) -> Life:
        """The draft goes to the reviewers. Raises NotPossible."""
        if self.work_state is not State.DRAFT:
            raise NotPossible("there is no draft")
        return replace(self, in_review=True, correction_by=None)

    def send_back(self) -> Life:
        """The reviewers want changes. Raises NotPossible."""
        if self.work_state is not State.IN_REVIEW:
            raise NotPossible("nothing is in review")
        return replace(self, in_review=False)

    def publish(self, by: str, today: date) -> Life:
        """A reviewer lets the reviewed version out. Raises NotPossible, SamePerson, BadDate."""
        if self.work_state is not State.IN_REVIEW:
            raise NotPossible("nothing is in review")
        return replace(self._out(by, today), marked="", owes_review=False)

    def ask_correction(self, by: str) -> Life:
        """The draft shall replace, without a full review, what is out. Raises NotPossible."""
        if self.work_state is not State.DRAFT or self.published is None:
            raise NotPossible("there is no draft of a published article")
        return replace(self, correction_by=by)

    def correct(self, by: str, today: date) -> Life:
        """A second person lets it out; it can't prolong the article. Raises NotPossible, SamePerson, BadDate."""
        if self.correction_by is None or self.work is None:
            raise NotPossible("nobody asked for a correction")
        out = self.shown(today)
        if out is None:
            raise NotPossible("nothing is shown that could be corrected")
        if by == self.correction_by:
            raise SamePerson
        if self.version(self.work).valid_until > self.version(out).valid_until:
            raise BadDate
        return replace(self._out(by, today), owes_review=True)

    def withdraw(self) -> Life:
        """Nothing of it is shown from now on. Raises NotPossible."""
        if self.withdrawn and self.published is None:
            raise NotPossible("it is withdrawn already")
        return replace(self, published=None, withdrawn=True, in_review=False, correction_by=None, owes_review=False)

    def law_changed(self, law: str) -> Life:
        """A law that it cites has changed: it is marked until the next review."""
        return replace(self, marked=law)

    def _with_work(self, valid_until: date, hands: frozenset[str]) -> Life:
        new = Version(len(self.versions) + 1, valid_until, hands)
        return replace(self, versions=(*self.versions, new), work=new.number, in_review=False, correction_by=None)

    def _out(self, by: str, today: date) -> Life:
        assert self.work is not None  # asked by both callers
        new = self.version(self.work)
        if by in new.hands:
            raise SamePerson
        if not today <= new.valid_until <= today + LONGEST_VALID:
            raise BadDate
        return replace(self, published=self.work, work=None, in_review=False, correction_by=None, withdrawn=False)


def warning_due(valid_until: date, today: date, given: Collection[int]) -> int | None:
    """The warning that is due now, as its number of days; only the nearest, whatever was missed before."""
    left = (valid_until - today).days
    if left < 0:
        return None
    nearest = min((days for days in WARNED_AHEAD if left <= days), default=None)
    return nearest if nearest is not None and nearest not in given else None
