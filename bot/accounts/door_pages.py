"""The doors of the desk: sign in, the second step, an invitation, a way back in, signing out."""

from __future__ import annotations

import asyncio
from functools import partial

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from bot.accounts import passkeys
from bot.accounts.guard import Guard, SignedInSession
from bot.accounts.model import (
    SECOND_STEP_LIFE,
    InvitationInvalid,
    LoginTaken,
    Profile,
    SignInOver,
    TooManyAttempts,
    WeakPassword,
    WrongCode,
    WrongCredentials,
)
from bot.accounts.own_account import set_language
from bot.accounts.pages import MAX_FIELD, MAX_PASSWORD_FIELD, Field, agent_of, home_of, own_page, problem_of_names
from bot.accounts.passkeys import Site
from bot.accounts.service import accept_invitation, accept_way_back, open_invitation
from bot.accounts.sessions import SignedIn, end_session
from bot.accounts.signing_in import HalfSignedIn, Source, second_step_of_sign_in, sign_in, waits_for_code
from bot.storage.unit_of_work import Database, UnitOfWork
from bot.web.guards import client_address
from bot.web.i18n import choose_lang
from bot.web.shell import Web


class DoorPages:
    """The handlers; stateless."""

    def __init__(self, db: Database, web: Web, guard: Guard, site: Site | None) -> None:
        self._db = db
        self._web = web
        self._guard = guard
        self._site = site

    def add_sign_in(self, router: APIRouter) -> None:
        """Name and password, then a code where the account has a second step."""
        guard = self._guard

        @router.get("/login", dependencies=guard.allow("session.sign_in"))
        async def login_page(request: Request, next: str = "") -> Response:
            return self._login(request, next)

        @router.post("/login", dependencies=guard.allow("session.sign_in"))
        async def login(request: Request, login: Field = "", password: Field = "", next: Field = "") -> Response:
            name, word, source = login[:MAX_FIELD], password[:MAX_PASSWORD_FIELD], self._source(request)
            attempt = partial(sign_in, self._db, name, word, source, old_token=guard.token(request))
            try:
                entered = await asyncio.to_thread(attempt)
            except WrongCredentials:
                return self._login(request, next, "wrong", login=login, status=401)
            except TooManyAttempts as error:
                return self._login(request, next, "too_many", login=login, status=429, minutes=error.minutes)
            if isinstance(entered, HalfSignedIn):
                response = RedirectResponse(f"/desk/login/code?next={own_page(next)}", status_code=303)
                guard.set_half(response, entered.token, SECOND_STEP_LIFE)
                return response
            return self._enter(entered, next)

        @router.get("/login/code", dependencies=guard.allow("session.sign_in"))
        async def code_page(request: Request, next: str = "", problem: str = "") -> Response:
            return await self._code(request, next, problem if problem == "passkey" else "")

        @router.post("/login/code", dependencies=guard.allow("session.sign_in"))
        async def code(request: Request, code: Field = "", next: Field = "") -> Response:
            finish = partial(
                second_step_of_sign_in, self._db, guard.half(request), code[:MAX_FIELD], self._source(request)
            )
            try:
                signed_in = await asyncio.to_thread(finish)
            except SignInOver:
                return self._login(request, next, "over", status=401)
            except WrongCode:
                return await self._code(request, next, "wrong", status=401)
            except TooManyAttempts as error:
                return await self._code(request, next, "too_many", status=429, minutes=error.minutes)
            response = self._enter(signed_in, next)
            guard.clear_half(response)
            return response

    def add_invitation(self, router: APIRouter) -> None:
        """A link that works once: it makes an account, or leads back into one."""
        guard = self._guard

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
            profile = Profile(login.strip(), name.strip(), designation.strip(), password, choose_lang(request))
            problem = _problem(profile, again)
            if problem:
                return await self._invitation(request, token, profile, problem)
            make = partial(accept_invitation, self._db, token, profile, agent=agent_of(request))
            try:
                return self._enter(await asyncio.to_thread(make))
            except InvitationInvalid:
                return self._invitation_over(request)
            except LoginTaken:
                return await self._invitation(request, token, profile, "taken")
            except WeakPassword as error:
                return await self._invitation(request, token, profile, f"password_{error.rule}")

        @router.post("/invite/{token}/back", dependencies=guard.allow("invitation.accept"))
        async def come_back(request: Request, token: str, password: Field = "", again: Field = "") -> Response:
            nobody = Profile("", "", "", "")
            if password != again:
                return await self._invitation(request, token, nobody, "passwords_differ")
            back = partial(accept_way_back, self._db, token, password, agent=agent_of(request))
            try:
                return self._enter(await asyncio.to_thread(back))
            except InvitationInvalid:
                return self._invitation_over(request)
            except WeakPassword as error:
                return await self._invitation(request, token, nobody, f"password_{error.rule}")

    def add_session(self, router: APIRouter) -> None:
        """Signing out, and the language of one's pages."""
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
            return RedirectResponse(own_page(back) or "/desk", status_code=303)

    def _source(self, request: Request) -> Source:
        return Source(client_address(request), self._guard.device(request), agent_of(request))

    def _enter(self, signed_in: SignedIn, target: str = "") -> Response:
        response = RedirectResponse(own_page(target) or home_of(signed_in.staff.roles), status_code=303)
        self._guard.set_cookies(response, signed_in)
        return response

    def _login(
        self, request: Request, next: str, problem: str = "", *, login: str = "", status: int = 200, minutes: int = 0
    ) -> Response:
        return self._web.render(
            request,
            "desk/login.html",
            lang=choose_lang(request),
            status=status,
            next=own_page(next),
            problem=problem,
            login=login[:MAX_FIELD],
            minutes=minutes,
        )

    async def _code(
        self, request: Request, next: str, problem: str = "", *, status: int = 200, minutes: int = 0
    ) -> Response:
        token, site = self._guard.half(request), self._site

        def ask(uow: UnitOfWork) -> str:
            who = waits_for_code(uow, token)
            return passkeys.ask(uow, who, token, site) if site else ""

        try:
            options = await self._db.run(ask)
        except SignInOver:
            return RedirectResponse("/desk/login", status_code=303)
        return self._web.render(
            request,
            "desk/login_code.html",
            lang=choose_lang(request),
            status=status,
            next=own_page(next),
            problem=problem,
            minutes=minutes,
            options=options,
        )

    async def _invitation(self, request: Request, token: str, profile: Profile, problem: str) -> Response:
        try:
            found = await self._db.run(lambda uow: open_invitation(uow, token), read_only=True)
        except InvitationInvalid:
            return self._invitation_over(request)
        return self._web.render(
            request,
            "desk/invite.html" if found.way_back is None else "desk/way_back.html",
            lang=choose_lang(request),
            status=400 if problem else 200,
            invitation=found,
            profile=profile,
            problem=problem,
            token=token,
        )

    def _invitation_over(self, request: Request) -> Response:
        return self._web.render(request, "desk/invite_over.html", lang=choose_lang(request), status=404)


def _problem(profile: Profile, again: str) -> str:
    """The first thing that is wrong with the form, as the key of its words; empty when all is well."""
    if not profile.login:
        return "missing"
    if len(profile.login) > MAX_FIELD:
        return "too_long"
    return problem_of_names(profile.name, profile.designation) or (
        "" if profile.password == again else "passwords_differ"
    )
