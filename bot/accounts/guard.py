"""The guard in front of every staff route: who is signed in, may they, and was the form ours."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Coroutine, Iterator
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, HTTPException, Request
from fastapi.dependencies.models import Dependant
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.routing import BaseRoute

from bot.accounts.model import DEVICE_LIFE, RecordNotFound, SecondStepNeeded, Session, SetupOver
from bot.accounts.permissions import Forbidden, allowed, is_public
from bot.accounts.sessions import TOUCH_EVERY, SignedIn, find_session, touch
from bot.storage.unit_of_work import Database
from bot.web.guards import require_same_origin

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class NotSignedIn(Exception):
    """No living session; a page sends to the login, a program gets 401."""


class CsrfRejected(Exception):
    """The form does not carry the token of this session."""


BEFORE_SET_UP = frozenset({"account.second_step", "account.language", "session.sign_out"})
"""What is open to somebody who still has to set up the second step that their organisation asks for."""
SET_UP_PAGE = "/desk/account/second-step"


class Permission:
    """A dependency that lets a request in for one action.

    Raises NotSignedIn, SecondStepNeeded, Forbidden, CsrfRejected.
    """

    def __init__(self, guard: Guard, action: str, *, touches: bool) -> None:
        self._public = is_public(action)
        self.action = action
        self._guard = guard
        self._touches = touches

    async def __call__(self, request: Request) -> None:
        if request.method not in SAFE_METHODS:
            require_same_origin(request)
        if self._public:
            return
        session = await self._guard.session(request)
        if session is None:
            raise NotSignedIn
        if session.must_set_up and self.action not in BEFORE_SET_UP:
            raise SecondStepNeeded
        if not allowed(session.staff.roles, self.action):
            raise Forbidden(self.action)
        if request.method not in SAFE_METHODS:
            await _check_csrf(request, session)
        if self._touches:
            await self._guard.touch(session)
        request.state.session = session


def _admitted(request: Request) -> Session:
    """The session that the route's permission let in."""
    session: Session = request.state.session
    return session


SignedInSession = Annotated[Session, Depends(_admitted)]
"""The parameter of a handler that works for somebody; its route says with `guard.allow` what they need."""


class Guard:
    """Reads sessions from cookies; one object per app, handed to every router of staff pages."""

    def __init__(self, db: Database, *, https: bool) -> None:
        self._db = db
        self._https = https
        # A __Host- cookie can't be planted by a neighbouring subdomain; browsers want https for it.
        prefix = "__Host-" if https else ""
        self.session_cookie = f"{prefix}desk_session"
        self.device_cookie = f"{prefix}desk_device"
        self.half_cookie = f"{prefix}desk_half"

    def allow(self, action: str, *, touches: bool = True) -> list[Any]:
        """The `dependencies` of a route. `touches=False`: what a page does by itself does not keep a session awake."""
        return [Depends(Permission(self, action, touches=touches))]

    def token(self, request: Request) -> str | None:
        return request.cookies.get(self.session_cookie)

    def device(self, request: Request) -> str | None:
        return request.cookies.get(self.device_cookie)

    async def session(self, request: Request) -> Session | None:
        """The living session of a request."""
        token = self.token(request)
        if not token:
            return None
        return await self._db.run(lambda uow: find_session(uow, token), read_only=True)

    async def touch(self, session: Session) -> None:
        """Start the idle time anew, at most once a minute."""
        if self._db.clock.now() - session.seen_at >= TOUCH_EVERY:
            await self._db.run(lambda uow: touch(uow, session.id))

    def set_cookies(self, response: Response, signed_in: SignedIn) -> None:
        """Give the browser its session and its mark as a known one."""
        self._set(response, self.session_cookie, signed_in.token, None)
        self._set(response, self.device_cookie, signed_in.device, int(DEVICE_LIFE.total_seconds()))

    def clear_session(self, response: Response) -> None:
        self._clear(response, self.session_cookie)

    def half(self, request: Request) -> str:
        """The token of a sign-in whose second step is still to come; empty when there is none."""
        return request.cookies.get(self.half_cookie, "")

    def set_half(self, response: Response, token: str, life: timedelta) -> None:
        """The browser that gave the right password, and no other, may give the code."""
        self._set(response, self.half_cookie, token, int(life.total_seconds()))

    def clear_half(self, response: Response) -> None:
        self._clear(response, self.half_cookie)

    def _clear(self, response: Response, name: str) -> None:
        response.delete_cookie(name, path="/", secure=self._https, httponly=True, samesite="strict")

    def _set(self, response: Response, name: str, value: str, max_age: int | None) -> None:
        response.set_cookie(
            name, value, max_age=max_age, path="/", secure=self._https, httponly=True, samesite="strict"
        )


async def _check_csrf(request: Request, session: Session) -> None:
    sent = request.headers.get("x-csrf-token") or (await request.form()).get("csrf")
    if not isinstance(sent, str) or not hmac.compare_digest(sent.encode(), session.csrf.encode()):
        raise CsrfRejected


class StaffRoute(APIRoute):
    """The edge of all staff rooms: each of the guard's refusals becomes its answer here, once."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            if len(declared_actions(self)) != 1:
                # Nobody said who may come in here: then nobody may. The start says so too (bot/accounts/routes.py).
                raise HTTPException(403)
            try:
                return await handler(request)
            except NotSignedIn:
                return _to_login(request)
            except SecondStepNeeded:
                return _to_set_up(request)
            except (Forbidden, CsrfRejected):
                raise HTTPException(403) from None
            except RecordNotFound:
                raise HTTPException(404) from None
            except SetupOver:
                return RedirectResponse("/desk/account", status_code=303)

        return guarded


def _to_login(request: Request) -> Response:
    if "text/html" not in request.headers.get("accept", ""):
        return JSONResponse({"error": "signed_out"}, status_code=401)
    target = f"?next={quote(request.url.path)}" if request.method in SAFE_METHODS else ""
    return RedirectResponse(f"/desk/login{target}", status_code=303)


def _to_set_up(request: Request) -> Response:
    if "text/html" not in request.headers.get("accept", ""):
        return JSONResponse({"error": "second_step"}, status_code=403)
    return RedirectResponse(SET_UP_PAGE, status_code=303)


def declared_actions(route: BaseRoute) -> list[str]:
    """The actions that a route's dependencies ask for; a staff route has exactly one."""
    return [permission.action for permission in _permissions(route.dependant)] if isinstance(route, APIRoute) else []


def _permissions(dependant: Dependant) -> Iterator[Permission]:
    if isinstance(dependant.call, Permission):
        yield dependant.call
    for below in dependant.dependencies:
        yield from _permissions(below)
