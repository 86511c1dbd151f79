"""Who may do what, read from `permissions.yml`: each action of the desk with the roles that have it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bot.accounts.model import Role
from bot.content import Node, read_yaml

FILE = Path(__file__).with_name("permissions.yml")

ANYONE = frozenset(Role)
PUBLIC: frozenset[Role] = frozenset()
"""Marks an action that needs no session at all."""
_WORDS = {"public": PUBLIC, "signed_in": ANYONE}


class Forbidden(Exception):
    """Signed in, but the role does not have the action."""


class UnknownAction(Exception):
    """A route names an action that is not in the list; this stops the start."""


@dataclass(frozen=True)
class Permissions:
    """The whole file: actions with their roles, and the addresses outside of the desk that are open."""

    actions: Mapping[str, frozenset[Role]]
    open: tuple[str, ...]

    def is_open(self, path: str) -> bool:
        """Whether an address needs no account: it is listed, or below one that is."""
        return any(path == known or (known != "/" and path.startswith(f"{known}/")) for known in self.open)


def load_permissions(path: Path = FILE) -> Permissions:
    """Read and check the file. Raises BrokenContent."""
    root = read_yaml(path)
    root.only({"roles", "actions", "open"})
    roles = root.child("roles")
    if set(roles.texts()) != set(Role):
        raise roles.broken(f"must name exactly the roles that there are: {', '.join(Role)}")
    actions = root.child("actions")
    return Permissions(
        {name: _roles(actions.child(name)) for name in actions.keys()},  # noqa: SIM118  # a Node is no mapping
        tuple(_address(entry) for entry in root.child("open").each()),
    )


def _roles(entry: Node) -> frozenset[Role]:
    if isinstance(entry.value, str):
        return _WORDS[entry.one_of(_WORDS)]
    found = frozenset(Role(item.one_of(tuple(Role))) for item in entry.each())
    if not found:
        # Empty would read as public.
        raise entry.broken("must name at least one role")
    return found


def _address(entry: Node) -> str:
    path = entry.text()
    if not path.startswith("/") or path.startswith("/desk"):
        raise entry.broken("must be an address outside of the desk, such as /chat")
    return path


@cache
def permissions() -> Permissions:
    """The permissions of this installation. Raises BrokenContent."""
    return load_permissions()


def is_public(action: str) -> bool:
    """Raises UnknownAction."""
    actions = permissions().actions
    if action not in actions:
        raise UnknownAction(action)
    return actions[action] == PUBLIC


def allowed(roles: Iterable[Role], action: str) -> bool:
    """Whether one of the roles has the action. Raises UnknownAction."""
    return is_public(action) or not permissions().actions[action].isdisjoint(roles)
