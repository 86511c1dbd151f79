"""Every route has a declared policy: an action of the desk, or an address that is listed as open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from starlette.routing import BaseRoute

from bot.accounts.guard import declared_actions
from bot.accounts.permissions import is_public, permissions
from bot.config import CannotStart
from bot.web.paces import place_of


class UndeclaredRoute(CannotStart):
    """A route that nobody declared; the message names it."""

    def __init__(self, path: str) -> None:
        super().__init__(f"the route {path} has no permission: guard.allow(…), or `open` in permissions.yml")


class UnpacedRoute(CannotStart):
    """A route that needs no account and that anybody may ask for without end; the message names it."""

    def __init__(self, method: str, path: str) -> None:
        super().__init__(f"{method} {path} needs no account and has no pace: add it to bot/web/paces.py")


def check_routes(routes: Iterable[BaseRoute]) -> None:
    """Raises UndeclaredRoute for a route without a policy or with two, UnpacedRoute for an open one without a pace."""
    for route in all_routes(routes):
        path = getattr(route, "path", "")
        declared = declared_actions(route)
        if len(declared) > 1 or (not declared and not permissions().is_open(path)):
            raise UndeclaredRoute(path or repr(route))
        if not declared or is_public(declared[0]):
            for method in sorted(getattr(route, "methods", None) or {"GET"}):
                if place_of(method, path) is None:
                    raise UnpacedRoute(method, path)


def all_routes(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    """Each route by itself; FastAPI keeps an included router as one entry."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is None:
            yield route
        else:
            yield from all_routes(inner.routes)
