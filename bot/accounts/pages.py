"""What every page of the desk has in common: its form fields, its frame, and where somebody starts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import Form, Request

from bot.accounts.agents import agent_name
from bot.accounts.model import Role, Session
from bot.accounts.permissions import allowed
from bot.clock import WIB, day_in_words, moment_in_words

MAX_FIELD = 120
MAX_PASSWORD_FIELD = 1_000
"""Longer ones are cut before anything is done with them; the rule itself is in the model."""

_OWN_PAGE = re.compile(r"^/(desk|publish)(/[\w-]+)*$")

Field = Annotated[str, Form()]
Switch = Annotated[bool, Form()]
Number = Annotated[int, Form()]

_HOMES = (
    ("queue.see", "/desk"),
    ("staff.see", "/desk/staff"),
    ("audit.see", "/desk/audit"),
    ("disclosure.see", "/desk/disclosures"),
)


def home_of(roles: Iterable[Role]) -> str:
    """Where somebody with these roles starts."""
    roles = frozenset(roles)
    return next((home for action, home in _HOMES if allowed(roles, action)), "/publish")


def staff_frame(session: Session) -> dict[str, Any]:
    """What each staff page needs: who is signed in, where they may go, and times in their words."""
    lang = session.staff.lang
    # Whoever has to set up a second step first is shown no way that would lead them back there.
    roles = frozenset() if session.must_set_up else session.staff.roles
    return {
        "me": session.staff,
        "csrf": session.csrf,
        "sees_account": allowed(roles, "account.see"),
        "sees_queue": allowed(roles, "queue.see"),
        "sees_staff": allowed(roles, "staff.see"),
        "sees_organisation": allowed(roles, "organisation.see"),
        "sees_search": allowed(roles, "conversation.find"),
        "sees_replies": allowed(roles, "reply.see"),
        "sees_tasks": allowed(roles, "task.see"),
        "sees_team": allowed(roles, "team.see"),
        "sees_answers": allowed(roles, "answers.see"),
        "sees_hours": allowed(roles, "hours.see"),
        "sees_disclosures": allowed(roles, "disclosure.see"),
        "sees_requests": allowed(roles, "request.see"),
        "sees_articles": allowed(roles, "article.see"),
        "sees_audit": allowed(roles, "audit.see"),
        "day_of": lambda at: day_in_words((at + WIB).date(), lang),
        "clock_of": lambda at: f"{at + WIB:%H.%M} WIB",
        "moment_of": lambda at: moment_in_words(at, lang),
    }


def own_page(target: str) -> str:
    """A page of ours to go on to; empty for anything else."""
    return target if _OWN_PAGE.match(target) else ""


def agent_of(request: Request) -> str:
    """The browser of a request, as it is named in a list of sessions."""
    return agent_name(request.headers.get("user-agent", ""))


def problem_of_names(name: str, designation: str) -> str:
    """The first thing that is wrong with them, as the key of its words; empty when all is well."""
    if not (name and designation):
        return "missing"
    if max(len(name), len(designation)) > MAX_FIELD:
        return "too_long"
    return "designation_is_name" if designation.casefold() == name.casefold() else ""
