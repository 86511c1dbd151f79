"""Small guards of the HTTP edge: where a request comes from, how often."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from urllib.parse import urlsplit

from fastapi import HTTPException, Request


def require_same_origin(request: Request) -> None:
    """Refuse (403) a request that another site made. A dependency for every route that changes something.

    Pages are served with `Referrer-Policy: no-referrer`, which turns the Origin of a plain form into "null";
    so Sec-Fetch-Site decides where a browser sends it, and SameSite=Strict cookies stand behind both.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site != "same-origin":
            raise HTTPException(403)
        return
    origin = request.headers.get("origin")
    if origin not in (None, "null") and urlsplit(origin).netloc != request.headers.get("host"):
        raise HTTPException(403)


def client_address(request: Request) -> str:
    """The address a request comes from; behind a proxy uvicorn puts the real one here."""
    return request.client.host if request.client else "unknown"


class Throttle:
    """At most `limit` events per key in `seconds`, counted in this process; forgets keys that are idle."""

    def __init__(
        self, limit: int, seconds: float, *, keys: int = 10_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit = limit
        self._seconds = seconds
        self._keys = keys
        self._clock = clock
        self._events: OrderedDict[str, deque[float]] = OrderedDict()

    def allow(self, key: str) -> bool:
        """Count one event; False when there were too many."""
        now = self._clock()
        events = self._events.setdefault(key, deque())
        self._events.move_to_end(key)
        while events and events[0] <= now - self._seconds:
            events.popleft()
        if len(events) >= self._limit:
            return False
        events.append(now)
        while len(self._events) > self._keys:
            self._events.popitem(last=False)
        return True
