"""`/desk/account`: one's own names, password, second step and sessions."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from bot.accounts import second_step, totp
from bot.accounts.guard import Guard, SignedInSession
from bot.accounts.model import (
    RECOVERY_CODES,
    OpenSession,
    Passkey,
    SecondStep,
    SecondStepNeeded,
    Session,
    TooManyAttempts,
    WeakPassword,
    WrongCode,
    WrongPassword,
)
from bot.accounts.organisations import organisation_of
from bot.accounts.own_account import change_password, require_password, set_names
from bot.accounts.pages import MAX_FIELD, MAX_PASSWORD_FIELD, Field, agent_of, problem_of_names, staff_frame
from bot.accounts.passkeys import Site, passkeys_of
from bot.accounts.qr import qr_image
from bot.accounts.sessions import end_other_sessions, end_own_session, open_sessions
from bot.storage.unit_of_work import Database, UnitOfWork
from bot.web.shell import Web

DONE = frozenset(
    {
        *("profile", "password", "second_step_off", "second_step_stays", "session_ended", "others_ended"),
        *("passkey_added", "passkey_removed", "passkey_refused", "passkey_wrong_password"),
    }
)


class OwnPages:
    """The handlers; stateless."""

    def __init__(self, db: Database, web: Web, guard: Guard, site: Site | None) -> None:
        self._db = db
        self._web = web
        self._guard = guard
        self._site = site

    def add_account(self, router: APIRouter) -> None:
        """The page, the names and the password."""
        guard, db = self._guard, self._db

        @router.get("/account", dependencies=guard.allow("account.see"))
        async def account(request: Request, session: SignedInSession, done: str = "") -> Response:
            return await self._account(request, session, done=done if done in DONE else "")

        @router.post("/account/profile", dependencies=guard.allow("account.profile"))
        async def profile(
            request: Request, session: SignedInSession, name: Field = "", designation: Field = ""
        ) -> Response:
            name, designation = name.strip(), designation.strip()
            problem = problem_of_names(name, designation)
            if problem:
                typed = {"name": name[:MAX_FIELD], "designation": designation[:MAX_FIELD]}
                return await self._account(request, session, problem=("profile", problem), typed=typed)
            await db.run(lambda uow: set_names(uow, session.staff, name=name, designation=designation))
            return _done("profile")

        @router.post("/account/password", dependencies=guard.allow("account.password"))
        async def password(
            request: Request, session: SignedInSession, old: Field = "", password: Field = "", again: Field = ""
        ) -> Response:
            if password != again:
                return await self._account(request, session, problem=("password", "passwords_differ"))
            change = partial(change_password, db, session, old[:MAX_PASSWORD_FIELD], password, agent=agent_of(request))
            try:
                signed_in = await asyncio.to_thread(change)
            except WeakPassword as error:
                return await self._account(request, session, problem=("password", f"password_{error.rule}"))
            except (WrongPassword, TooManyAttempts) as error:
                return await self._refused(request, session, "password", error)
            response = _done("password")
            guard.set_cookies(response, signed_in)
            return response

    def add_second_step(self, router: APIRouter) -> None:
        """Set up, confirm, fresh recovery codes, switch off. All but the confirmation ask for the password."""
        guard, db = self._guard, self._db

        @router.get("/account/second-step", dependencies=guard.allow("account.second_step"))
        async def asked_for(request: Request, session: SignedInSession) -> Response:
            if not session.must_set_up:
                return RedirectResponse("/desk/account#second-step", status_code=303)
            return self._asked_for(request, session)

        @router.post("/account/second-step", dependencies=guard.allow("account.second_step"))
        async def begin(request: Request, session: SignedInSession, password: Field = "") -> Response:
            try:
                await self._know_password(session, password)
            except (WrongPassword, TooManyAttempts) as error:
                return await self._refused(request, session, "second_step", error)
            secret = await db.run(lambda uow: second_step.begin(uow, session.staff))
            return self._setup(request, session, secret)

        @router.post("/account/second-step/confirm", dependencies=guard.allow("account.second_step"))
        async def confirm(request: Request, session: SignedInSession, code: Field = "") -> Response:
            def work(uow: UnitOfWork) -> list[str]:
                codes = second_step.confirm(uow, session.staff, code)
                # Whoever sits at another open desk of this account has not shown a code.
                end_other_sessions(uow, session)
                return codes

            try:
                return self._codes(request, session, await db.run(work))
            except WrongCode:
                secret = await db.run(lambda uow: second_step.being_set_up(uow, session.staff), read_only=True)
                return self._setup(request, session, secret, problem="wrong_code")

        @router.post("/account/second-step/codes", dependencies=guard.allow("account.second_step"))
        async def new_codes(request: Request, session: SignedInSession, password: Field = "") -> Response:
            try:
                await self._know_password(session, password)
            except (WrongPassword, TooManyAttempts) as error:
                return await self._refused(request, session, "codes", error)
            codes = await db.run(lambda uow: second_step.new_recovery_codes(uow, session.staff))
            return self._codes(request, session, codes)

        @router.post("/account/second-step/off", dependencies=guard.allow("account.second_step"))
        async def off(request: Request, session: SignedInSession, password: Field = "") -> Response:
            try:
                await self._know_password(session, password)
            except (WrongPassword, TooManyAttempts) as error:
                return await self._refused(request, session, "off", error)
            try:
                await db.run(lambda uow: second_step.switch_off_own(uow, session.staff))
            except SecondStepNeeded:
                return _done("second_step_stays")
            return _done("second_step_off")

    def add_sessions(self, router: APIRouter) -> None:
        """Ending one's sessions from another one."""
        guard, db = self._guard, self._db

        @router.post("/account/sessions/{session_id}/end", dependencies=guard.allow("account.sessions"))
        async def end(session_id: str, session: SignedInSession) -> Response:
            await db.run(lambda uow: end_own_session(uow, session.staff, session_id))
            return _done("session_ended")

        @router.post("/account/sessions/others/end-all", dependencies=guard.allow("account.sessions"))
        async def end_others(session: SignedInSession) -> Response:
            await db.run(lambda uow: end_other_sessions(uow, session))
            return _done("others_ended")

    async def _know_password(self, session: Session, password: str) -> None:
        await asyncio.to_thread(require_password, self._db, session.staff, password[:MAX_PASSWORD_FIELD])

    async def _refused(
        self, request: Request, session: Session, form: str, error: WrongPassword | TooManyAttempts
    ) -> Response:
        problem, status, minutes = "wrong_password", 400, 0
        if isinstance(error, TooManyAttempts):
            problem, status, minutes = "too_many", 429, error.minutes
        if session.must_set_up:
            return self._asked_for(request, session, problem, minutes=minutes, status=status)
        return await self._account(request, session, problem=(form, problem), minutes=minutes, status=status)

    async def _account(
        self,
        request: Request,
        session: Session,
        *,
        problem: tuple[str, str] | None = None,
        done: str = "",
        minutes: int = 0,
        typed: Mapping[str, str] | None = None,
        status: int = 400,
    ) -> Response:
        me = session.staff

        def read(uow: UnitOfWork) -> tuple[SecondStep, bool, list[OpenSession], list[Passkey]]:
            asked = organisation_of(uow, me).second_step_from is not None
            return second_step.standing(uow, me.id), asked, open_sessions(uow, me), passkeys_of(uow, me.id)

        step, asked, sessions, keys = await self._db.run(read, read_only=True)
        return self._render(
            request,
            session,
            "desk/account.html",
            status=status if problem else 200,
            step=step,
            step_stays=asked,
            passkeys=keys,
            can_add_passkey=self._site is not None,
            all_codes=RECOVERY_CODES,
            sessions=sessions,
            here=session.id,
            names=typed or {"name": me.name, "designation": me.designation},
            problem_at=problem[0] if problem else "",
            problem=problem[1] if problem else "",
            minutes=minutes,
            done=done,
        )

    def _asked_for(
        self, request: Request, session: Session, problem: str = "", *, minutes: int = 0, status: int = 200
    ) -> Response:
        return self._render(
            request, session, "desk/second_step_asked.html", status=status, problem=problem, minutes=minutes
        )

    def _setup(self, request: Request, session: Session, secret: str, problem: str = "") -> Response:
        link = totp.setup_link(secret, account=session.staff.login, issuer=self._web.settings.agency)
        return self._render(
            request,
            session,
            "desk/second_step.html",
            status=400 if problem else 200,
            qr=qr_image(link),
            link=link,
            secret=totp.in_groups(secret),
            problem=problem,
        )

    def _codes(self, request: Request, session: Session, codes: list[str]) -> Response:
        return self._render(request, session, "desk/recovery_codes.html", codes=codes)

    def _render(self, request: Request, session: Session, template: str, **context: Any) -> Response:
        return self._web.render(request, template, lang=session.staff.lang, **staff_frame(session), **context)


def _done(what: str) -> Response:
    return RedirectResponse(f"/desk/account?done={what}", status_code=303)
