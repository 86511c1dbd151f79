"""Pages of the accounts room: sign in and out, accept an invitation, the staff of one's organisation."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from bot.accounts.guard import Guard, SignedInSession, StaffRoute
from bot.accounts.model import (
    InvitationInvalid,
    LastAdmin,
    LoginTaken,
    Profile,
    Role,
    Session,
    TooManyAttempts,
    WeakPassword,
    WrongCredentials,
)
from bot.accounts.permissions import allowed
from bot.accounts.service import accept_invitation, invite, open_invitation, set_language, switch
from bot.accounts.sessions import end_session, sign_in
from bot.accounts.store import staff_of
from bot.storage.unit_of_work import Database
from bot.web.guards import client_address
from bot.web.i18n import choose_lang
from bot.web.shell import Web

_OWN_PAGE = re.compile(r"^/(desk|publish)(/[\w-]+)*$")
MAX_FIELD = 120

Field = Annotated[str, Form()]
Switch = Annotated[bool, Form()]


def home_of(roles: Iterable[Role]) -> str:
    """Where somebody with these roles starts."""
    roles = frozenset(roles)
    if allowed(roles, "queue.see"):
        return "/desk"
    if allowed(roles, "staff.see"):
        return "/desk/staff"
    return "/desk/disclosures" if allowed(roles, "disclosure.see") else "/publish"


def account_router(db: Database, web: Web, guard: Guard, *, base_url: str) -> APIRouter:
    """Login, invitation, logout, language, staff."""
    router = APIRouter(prefix="/desk", route_class=StaffRoute, include_in_schema=False)
    pages = AccountPages(db, web, guard, base_url)
    pages.add_way_in(router)
    pages.add_own(router)
    pages.add_staff(router)
    return router


class AccountPages:
    """The handlers; stateless."""

    def __init__(self, db: Database, web: Web, guard: Guard, base_url: str) -> None:
        self._db = db
        self._web = web
        self._guard = guard
        self._base_url = base_url

    def add_way_in(self, router: APIRouter) -> None:
        """Routes for people without a session."""
        guard = self._guard

        @router.get("/login", dependencies=guard.allow("session.sign_in"))
        async def login_page(request: Request, next: str = "") -> Response:
            return self._login(request, next)

        @router.post("/login", dependencies=guard.allow("session.sign_in"))
        async def login(request: Request, login: Field = "", password: Field = "", next: Field = "") -> Response:
            attempt = partial(
                sign_in,
                self._db,
                login[:MAX_FIELD],
                password[:1_000],
                address=client_address(request),
                device=guard.device(request),
                old_token=guard.token(request),
            )
            try:
                signed_in = await asyncio.to_thread(attempt)
            except WrongCredentials:
                return self._login(request, next, "wrong", login=login, status=401)
            except TooManyAttempts as error:
                minutes = -(-error.seconds // 60)
                return self._login(request, next, "too_many", login=login, status=429, minutes=minutes)
            target = next if _OWN_PAGE.match(next) else home_of(signed_in.staff.roles)
            response = RedirectResponse(target, status_code=303)
            guard.set_cookies(response, signed_in)
            return response

        @router.get("/invite/{token}", dependencies=guard.allow("invitation.accept"))
        async def invitation_page(request: Request, token: str) -> Response:
            return await self._invitation(request, token, Profile("", "", "", ""), "")

        @router.post("/invite/{token}", dependencies=guard.allow("invitation.accept"))
        async def accept(
            request: Request,
            token: str,
            login: Field = "",
            name: Field = "",
            designation: Field = "",
            password: Field = "",
            again: Field = "",
        ) -> Response:
            lang = choose_lang(request)
            profile = Profile(login.strip(), name.strip(), designation.strip(), password, lang)
            problem = _problem(profile, again)
            if problem:
                return await self._invitation(request, token, profile, problem)
            try:
                signed_in = await asyncio.to_thread(accept_invitation, self._db, token, profile)
            except InvitationInvalid:
                return self._invitation_over(request)
            except LoginTaken:
                return await self._invitation(request, token, profile, "taken")
            except WeakPassword as error:
                return await self._invitation(request, token, profile, f"password_{error.rule}")
            response = RedirectResponse(home_of(signed_in.staff.roles), status_code=303)
            guard.set_cookies(response, signed_in)
            return response

    def _login(
        self, request: Request, next: str, problem: str = "", *, login: str = "", status: int = 200, minutes: int = 0
    ) -> Response:
        return self._web.render(
            request,
            "desk/login.html",
            lang=choose_lang(request),
            status=status,
            next=next if _OWN_PAGE.match(next) else "",
            problem=problem,
            login=login[:MAX_FIELD],
            minutes=minutes,
        )

    async def _invitation(self, request: Request, token: str, profile: Profile, problem: str) -> Response:
        try:
            found = await self._db.run(lambda uow: open_invitation(uow, token), read_only=True)
        except InvitationInvalid:
            return self._invitation_over(request)
        return self._web.render(
            request,
            "desk/invite.html",
            lang=choose_lang(request),
            status=400 if problem else 200,
            invitation=found,
            profile=profile,
            problem=problem,
        )

    def _invitation_over(self, request: Request) -> Response:
        return self._web.render(request, "desk/invite_over.html", lang=choose_lang(request), status=404)

    def add_own(self, router: APIRouter) -> None:
        """Routes for one's own session."""
        guard = self._guard

        @router.post("/logout", dependencies=guard.allow("session.sign_out"))
        async def logout(request: Request) -> Response:
            token = guard.token(request) or ""
            await self._db.run(lambda uow: end_session(uow, token))
            response = RedirectResponse("/desk/login", status_code=303)
            guard.clear_session(response)
            return response

        @router.post("/language", dependencies=guard.allow("account.language"))
        async def language(session: SignedInSession, lang: Field = "id", back: Field = "/desk") -> Response:
            await self._db.run(lambda uow: set_language(uow, session.staff, lang))
            return RedirectResponse(back if _OWN_PAGE.match(back) else "/desk", status_code=303)

    def add_staff(self, router: APIRouter) -> None:
        """Routes for the staff of one's organisation."""
        guard = self._guard

        @router.get("/staff", dependencies=guard.allow("staff.see"))
        async def staff_page(request: Request, session: SignedInSession) -> Response:
            return await self._staff(request, session)

        @router.post("/staff/invitations", dependencies=guard.allow("staff.invite"))
        async def new_invitation(
            request: Request, session: SignedInSession, roles: Annotated[tuple[str, ...], Form()] = ()
        ) -> Response:
            chosen = {Role(name) for name in roles if name in set(Role)}
            if not chosen:
                return await self._staff(request, session, problem="no_role")
            token = await self._db.run(lambda uow: invite(uow, session.staff, chosen))
            return await self._staff(request, session, link=f"{self._base_url}/desk/invite/{token}")

        @router.post("/staff/{staff_id}/switch", dependencies=guard.allow("staff.switch"))
        async def switch_account(request: Request, staff_id: str, active: Switch, session: SignedInSession) -> Response:
            try:
                await self._db.run(lambda uow: switch(uow, session.staff, staff_id, active=active))
            except LastAdmin:
                return await self._staff(request, session, problem="last_admin")
            return RedirectResponse("/desk/staff", status_code=303)

    async def _staff(self, request: Request, session: Session, *, problem: str = "", link: str = "") -> Response:
        me = session.staff
        members = await self._db.run(lambda uow: staff_of(uow, me.organisation_id), read_only=True)
        return self._web.render(
            request,
            "desk/staff.html",
            lang=me.lang,
            status=400 if problem else 200,
            session=session,
            members=members,
            roles=list(Role),
            problem=problem,
            link=link,
            now=self._db.clock.now(),
            **staff_frame(session),
        )


def staff_frame(session: Session) -> dict[str, Any]:
    """What the frame of each staff page needs: who is signed in, and where they may go."""
    roles = session.staff.roles
    return {
        "me": session.staff,
        "csrf": session.csrf,
        "sees_queue": allowed(roles, "queue.see"),
        "sees_staff": allowed(roles, "staff.see"),
        "sees_disclosures": allowed(roles, "disclosure.see"),
    }


def _problem(profile: Profile, again: str) -> str:
    """The first thing that is wrong with the form, as the key of its words; empty when all is well."""
    if not (profile.login and profile.name and profile.designation):
        return "missing"
    if max(len(profile.login), len(profile.name), len(profile.designation)) > MAX_FIELD:
        return "too_long"
    if profile.designation.casefold() == profile.name.casefold():
        return "designation_is_name"
    return "" if profile.password == again else "passwords_differ"
