"""Who fits whom: what a waiting person needs, what a worker can do, which organisation gets the conversation. Pure.

What does not fit stands lower in a worker's queue and is never hidden: somebody who waits is everybody's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

MAX_TAGS, MAX_TAG = 40, 40
FIRST_LANGUAGE = "id"
_TAG = re.compile(r"[\w-]+")


class BadTag(Exception):
    """A name in a worker's sets is too long, has other signs than letters, digits, - and _, or there are too many."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


@dataclass(frozen=True)
class Needs:
    """What one waiting person is best served with; empty where nothing is known."""

    lang: str = ""
    region: str = ""
    topic: str = ""
    skills: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Abilities:
    """What one worker can do. An empty set says nothing, so it leaves nobody out."""

    languages: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()


def fits(needs: Needs, worker: Abilities) -> bool:
    """Whether nothing that the person needs is missing in this worker."""
    return (
        _among(needs.lang, worker.languages)
        and _among(needs.region, worker.regions)
        and _among(needs.topic, worker.topics)
        and (not worker.skills or needs.skills <= worker.skills)
    )


def suits(needs: Needs, worker: Abilities) -> bool:
    """Whether something that this worker can do is just what the person needs; the first language is everybody's."""
    met = (
        bool(needs.topic) and needs.topic in worker.topics,
        bool(needs.region) and needs.region in worker.regions,
        needs.lang != FIRST_LANGUAGE and needs.lang in worker.languages,
        bool(needs.skills & worker.skills),
    )
    return fits(needs, worker) and any(met)


@dataclass(frozen=True)
class Receiver:
    """An organisation that takes conversations, as it is at this moment: its workers, somebody at the desk, hours."""

    id: str
    name: str
    workers: tuple[Abilities, ...] = ()
    at_desk: bool = False
    open: bool = False


def choose(needs: Needs, receivers: Sequence[Receiver]) -> Receiver:
    """Which organisation a person who asks for a worker is asked about, of at least one.

    Whoever has a worker who can do all that is needed comes before the others; among those somebody at the desk goes
    before open hours, and open hours before closed ones; then whoever is there for just this; then the order of the
    list. Where nobody can do all of it, the first of the list.
    """
    able = [one for one in receivers if any(fits(needs, worker) for worker in one.workers)]

    def last(one: Receiver) -> tuple[bool, ...]:
        return not one.at_desk, not one.open, not any(suits(needs, worker) for worker in one.workers)

    return min(able, key=last, default=receivers[0])


def _among(needed: str, known: frozenset[str]) -> bool:
    return not needed or not known or needed in known


def tags(text: str) -> frozenset[str]:
    """A set from words with commas between them, in small letters. Raises BadTag."""
    found = frozenset(part for raw in text.split(",") if (part := raw.strip().casefold().replace(" ", "_")))
    for tag in found:
        if len(tag) > MAX_TAG or not _TAG.fullmatch(tag):
            raise BadTag(tag)
    if len(found) > MAX_TAGS:
        raise BadTag(str(len(found)))
    return found


def joined(found: Iterable[str]) -> str:
    """The inverse of `tags`."""
    return ", ".join(sorted(found))


SETS = tuple(field.name for field in fields(Abilities))
"""The names of a worker's sets, in the order of the page."""
