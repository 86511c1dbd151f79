"""Services for a topic and a region, for the public pages and the chat alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from bot.rights.directory import PROVINCE, place
from bot.rights.services.known import Listed, listed
from bot.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Near:
    """What there is for somebody somewhere, each service once: the nearest first, neighbours last."""

    here: tuple[Listed, ...] = ()
    province: tuple[Listed, ...] = ()
    national: tuple[Listed, ...] = ()
    neighbours: tuple[Listed, ...] = ()

    @property
    def local(self) -> bool:
        """Whether anything is known that works in the region itself."""
        return bool(self.here or self.province)


def services_for(uow: UnitOfWork, topic: str | None, region: str | None, *, today: date, production: bool) -> Near:
    """What the directory has for a problem type or crisis category (None: for anything) in a region (an official code).

    Without a region only what works in the whole country.
    """
    return sorted_by_distance(listed(uow, today, production=production), topic, region)


def sorted_by_distance(known: Iterable[Listed], topic: str | None, region: str | None) -> Near:
    """The same for entries at hand. A line that must not stand alone comes last of its group."""
    fitting = sorted((one for one in known if one.entry.serves(topic)), key=lambda one: one.entry.never_alone)
    groups: dict[str, list[Listed]] = {"here": [], "province": [], "national": [], "neighbours": []}
    for one in fitting:
        group = _group(one.entry.areas, region)
        if group:
            groups[group].append(one)
    return Near(**{name: tuple(found) for name, found in groups.items()})


def _group(areas: Sequence[str], region: str | None) -> str | None:
    """Where a service with these areas stands for somebody in a region; None: too far."""
    if not areas:
        return "national"
    if region is None:
        return None
    province = region[:PROVINCE]
    if region in areas:
        return "here"
    if province in areas:
        return "province"
    # Of other regencies of the same province, and of the provinces beside it.
    there = place(province)
    near = {province, *(there.borders if there else ())}
    return "neighbours" if any(area[:PROVINCE] in near for area in areas) else None
