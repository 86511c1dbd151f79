"""Reads the duties file of an agency; a wrong one is named with file, line and field."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date, timedelta
from pathlib import Path

from bot.accounts.model import Role
from bot.config import ROOT, CannotStart, Settings
from bot.content import Node, read_yaml
from bot.duties.model import (
    DECIDERS,
    FIELDS,
    REVIEWERS,
    Deciding,
    Duties,
    Ground,
    OnCall,
    SecondReview,
    Telling,
)

DEMO = ROOT / "data" / "duties" / "demo.yml"
DEMO_MARK = "(demo)"
"""Stands in each text of the demo file, so that a copy whose words nobody replaced is noticed."""

SETTING = "PENDAMPING_DUTIES_FILE"
LONGEST_CODE = 40
_CODE = re.compile(r"^[a-z][a-z0-9_]*$")
_FIELDS = frozenset(Duties.__dataclass_fields__)


def duties_of(settings: Settings) -> Duties:
    """The duties that bind this installation; without a setting the demo's. Raises BrokenContent, CannotStart.

    Production has to name a file of the agency's own.
    """
    if settings.duties_file is None and settings.production:
        raise CannotStart(f"production needs the agency's duties: copy {DEMO}, fill it in, and set {SETTING} to it")
    duties = load_duties(settings.duties_file or DEMO)
    if duties.demo and settings.production:
        raise CannotStart(f"{SETTING} names a demo ({settings.duties_file}): fill it in and set `demo: false` in it")
    return duties


def load_duties(path: Path = DEMO) -> Duties:
    """One duties file. Raises BrokenContent, also where an adopted file still has the demo's words."""
    node = read_yaml(path)
    node.only(_FIELDS)
    demo = node.child("demo").yes()
    if not demo:
        _refuse_demo_words(node)
    adopted_on = node.child("adopted_on").day()
    return Duties(
        demo=demo,
        agency=node.child("agency").text(),
        adopted_on=adopted_on,
        adopted_by=node.child("adopted_by").text(),
        look_again_on=_later(node.child("look_again_on"), adopted_on),
        deciding=_deciding(node.child("deciding")),
        grounds=_grounds(node.child("grounds")),
        telling=_telling(node.child("telling")),
        second_review=_second_review(node.child("second_review")),
        on_call=_on_call(node.child("on_call")),
    )


def _refuse_demo_words(node: Node) -> None:
    """The first text that is still the demo's stops the reading."""
    if isinstance(node.value, str):
        if DEMO_MARK in node.value:
            raise node.broken(f"still holds the words of the demo, marked {DEMO_MARK}")
    elif isinstance(node.value, dict):
        names = node.keys()
        for key in names:
            found = node.find(key)
            if found is not None:
                _refuse_demo_words(found)
    elif isinstance(node.value, list):
        for item in node.each():
            _refuse_demo_words(item)


def _later(node: Node, than: date) -> date:
    if node.day() <= than:
        raise node.broken("must be after adopted_on")
    return node.day()


def _deciding(node: Node) -> Deciding:
    node.only(("who", "roles"))
    return Deciding(node.child("who").words(), _roles(node.child("roles"), DECIDERS))


def _grounds(node: Node) -> tuple[Ground, ...]:
    grounds: list[Ground] = []
    for item in node.each():
        ground = _ground(item)
        if any(ground.code == other.code for other in grounds):
            raise item.child("code").broken("is used twice")
        grounds.append(ground)
    if not grounds:
        raise node.broken("must name at least one ground")
    return tuple(grounds)


def _ground(node: Node) -> Ground:
    node.only(Ground.__dataclass_fields__)
    code = node.child("code")
    if not _CODE.match(code.text()) or len(code.text()) > LONGEST_CODE:
        raise code.broken(f"must be small letters, digits and _, at most {LONGEST_CODE}")
    return Ground(
        code=code.text(),
        label=node.child("label").words(),
        when=node.child("when").words(),
        basis=node.child("basis").text(),
        fields=tuple(_each_of(node.child("fields"), FIELDS)),
        recipients=_some(node.child("recipients")),
    )


def _telling(node: Node) -> Telling:
    node.only(("text", "not_first_when", "afterwards_within_hours"))
    return Telling(
        text=node.child("text").words(),
        not_first_when=node.child("not_first_when").words(),
        afterwards_within=timedelta(hours=node.child("afterwards_within_hours").whole()),
    )


def _second_review(node: Node) -> SecondReview:
    node.only(("who", "roles", "within_hours"))
    return SecondReview(
        who=node.child("who").words(),
        roles=_roles(node.child("roles"), REVIEWERS),
        within=timedelta(hours=node.child("within_hours").whole()),
    )


def _on_call(node: Node) -> OnCall:
    node.only(("who", "hours", "answers_within_minutes"))
    return OnCall(
        who=node.child("who").words(),
        hours=node.child("hours").words(),
        answers_within=timedelta(minutes=node.child("answers_within_minutes").whole()),
    )


def _roles(node: Node, allowed: Collection[Role]) -> frozenset[Role]:
    return frozenset(Role(name) for name in _each_of(node, [role.value for role in allowed]))


def _each_of(node: Node, allowed: Collection[str]) -> list[str]:
    """A list that is not empty, of known names, each once."""
    found = [item.one_of(allowed) for item in node.each()]
    if not found or len(set(found)) != len(found):
        raise node.broken(f"must name each once, at least one, of {', '.join(allowed)}")
    return found


def _some(node: Node) -> tuple[str, ...]:
    if not node.texts():
        raise node.broken("must name at least one")
    return node.texts()
