"""The cookie of the web chat: a random secret that only `/chat` of this site gets to see."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

COOKIE = "catatan"
PATH = "/chat"


def session_of(request: Request) -> str | None:
    """The session secret that the browser sent, if it has the form of one."""
    secret = request.cookies.get(COOKIE)
    return secret if secret and 40 <= len(secret) <= 64 else None


def set_session(response: Response, secret: str, *, https: bool) -> None:
    """Until the browser is closed: a shared phone should not remember."""
    response.set_cookie(COOKIE, secret, path=PATH, httponly=True, samesite="strict", secure=https)


def drop_session(response: Response, *, https: bool) -> None:
    response.delete_cookie(COOKIE, path=PATH, httponly=True, samesite="strict", secure=https)


def comes_from_elsewhere(request: Request) -> bool:
    """Whether another site's link led here: the browser then holds the strict cookie back."""
    return request.headers.get("sec-fetch-site") in ("cross-site", "same-site")
