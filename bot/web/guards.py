"""Small guards of the HTTP edge: where a request comes from, how often."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, IPv6Network
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
    """Whom a request is counted for; behind a proxy uvicorn puts the real address here.

    A home or a server owns a whole /64 of IPv6: addresses of one count as one.
    """
    host = request.client.host if request.client else "unknown"
    try:
        address = IPv6Address(host)
    except ValueError:
        return host
    return str(address.ipv4_mapped or IPv6Network((int(address), 64), strict=False))


class Throttle:
    """At most `limit` events per key in `seconds` from its first one on, counted in this process; forgets idle keys.

    Two numbers a key, so that a flood from many addresses does not fill the memory.
    """

    def __init__(
        self, limit: int, seconds: float, *, keys: int = 10_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit = limit
        self._seconds = seconds
        self._keys = keys
        self._clock = clock
        self._events: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def allow(self, key: str) -> bool:
        """Count one event; False when there were too many."""
        now = self._clock()
        since, count = self._events.get(key, (now, 0))
        if since <= now - self._seconds:
            since, count = now, 0
        if count >= self._limit:
            return False
        self._events[key] = (since, count + 1)
        self._events.move_to_end(key)
        while len(self._events) > self._keys:
            self._events.popitem(last=False)
        return True
