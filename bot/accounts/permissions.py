"""Who may do what: each action of the desk with the roles that have it. This is the only place."""

from __future__ import annotations

from collections.abc import Iterable

from bot.accounts.model import Role

ANYONE = frozenset(Role)
WORKERS = frozenset({Role.WORKER, Role.SUPERVISOR})
PUBLIC: frozenset[Role] = frozenset()
"""Marks an action that needs no session at all."""

ACTIONS: dict[str, frozenset[Role]] = {
    # Before signing in
    "session.sign_in": PUBLIC,
    "invitation.accept": PUBLIC,
    # One's own session
    "session.sign_out": ANYONE,
    "account.language": ANYONE,
    "desk.enter": ANYONE,
    # Handoffs. A conversation's content is open to the worker who claimed it, and to nobody else.
    "queue.see": WORKERS,
    "handoff.claim": WORKERS,
    "conversation.read": WORKERS,
    "conversation.write": WORKERS,
    "handoff.end": WORKERS,
    # The note of a conversation one holds: the staff's own part, and taking the note away as a page or a file.
    "assessment.write": WORKERS,
    "note.export": WORKERS,
    # Passing something on without consent. The duties file narrows these down to the roles that it names.
    "disclosure.draft": WORKERS,
    "disclosure.decide": WORKERS,
    "disclosure.tell": WORKERS,
    "disclosure.drop": WORKERS,
    "disclosure.see": WORKERS | {Role.AUDITOR},
    "disclosure.review": WORKERS | {Role.AUDITOR},
    # Alerts, by number and without content
    "alert.see": WORKERS,
    "alert.acknowledge": WORKERS,
    # Staff of one's own organisation
    "staff.see": frozenset({Role.ADMIN}),
    "staff.invite": frozenset({Role.ADMIN}),
    "staff.switch": frozenset({Role.ADMIN}),
}


class Forbidden(Exception):
    """Signed in, but the role does not have the action."""


class UnknownAction(Exception):
    """A route names an action that is not in the list; this stops the start."""


def is_public(action: str) -> bool:
    """Raises UnknownAction."""
    if action not in ACTIONS:
        raise UnknownAction(action)
    return ACTIONS[action] is PUBLIC


def allowed(roles: Iterable[Role], action: str) -> bool:
    """Whether one of the roles has the action. Raises UnknownAction."""
    return is_public(action) or not ACTIONS[action].isdisjoint(roles)
