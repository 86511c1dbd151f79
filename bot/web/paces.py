"""How often one address may ask for what needs no account; an open route without a pace stops the start."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.web.guards import Throttle, client_address


@dataclass(frozen=True)
class Pace:
    """Requests of one address in so many seconds."""

    limit: int
    seconds: float = 60.0


# Many phones in Indonesia share one address, so these stop programs and no village.
FILES = Pace(6_000)
PAGES = Pace(1_200)
MESSAGES = Pace(1_200)
SEARCHES = Pace(300)
"""What searches, draws or gathers a whole note."""
DOORS = Pace(60)
"""What hashes a password."""
WATCHED = Pace(1_200)
"""What a monitor asks for; the proxy closes it to the outside."""

ITSELF = None
"""The route sees to it, in its own way; `tests/web/test_paces.py` shows how each does."""

GET: Mapping[str, Pace | None] = {
    "/": PAGES,
    "/static": FILES,
    "/chat": PAGES,
    "/chat/note": SEARCHES,
    "/chat/note.json": SEARCHES,
    "/note": SEARCHES,
    "/note-schema.json": PAGES,
    "/hak": SEARCHES,
    "/i": SEARCHES,
    "/layanan": SEARCHES,
    "/sitemap.xml": SEARCHES,
    "/robots.txt": PAGES,
    "/api": ITSELF,  # its refusal must be readable for programs of other sites
    "/desk/login": PAGES,
    "/desk/invite": PAGES,
    "/healthz": WATCHED,
    "/readyz": WATCHED,
    "/metrics": WATCHED,
}
POST: Mapping[str, Pace | None] = {
    "/chat": MESSAGES,
    "/chat/return": ITSELF,  # ten tries in ten minutes
    "/desk/login": ITSELF,  # by account and source, so that nobody's guesses keep the owner out
    "/desk/login/code": PAGES,
    "/desk/login/passkey": PAGES,
    "/desk/invite": DOORS,
    "/telegram/webhook": ITSELF,  # whoever lacks the secret is refused before anything is read
    "/internal/actions/webhook": ITSELF,  # the same; and each turn needs it
}


def place_of(method: str, path: str) -> str | None:
    """The listed address that a path is or is below, the longest that fits; None for one that nobody listed."""
    listed = POST if method == "POST" else GET
    fitting = [known for known in listed if path == known or (known != "/" and path.startswith(f"{known}/"))]
    return max(fitting, key=len, default=None)


@dataclass
class Paces:
    """Refuses (429) whoever asks too often, before anything is looked up. Counted in this process."""

    app: ASGIApp
    refuse: Callable[[Request, int], Awaitable[Response]]
    _counts: dict[tuple[str, str], Throttle] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request = Request(scope)
            method = "POST" if request.method == "POST" else "GET"
            wait = self._wait(method, place_of(method, request.url.path), client_address(request))
            if wait:
                response = await self.refuse(request, wait)
                await response(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _wait(self, method: str, place: str | None, address: str) -> int:
        """Counts one request; the seconds to wait when it was one too many, else 0."""
        pace = (POST if method == "POST" else GET)[place] if place else None
        if place is None or pace is None:
            return 0
        count = self._counts.setdefault((method, place), Throttle(pace.limit, pace.seconds))
        return 0 if count.allow(address) else int(pace.seconds)
