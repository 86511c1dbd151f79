"""Passkeys at `/desk/account` and at the second step of signing in. Without scripts the code of the app remains."""

from __future__ import annotations

import asyncio
from functools import partial

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from bot.accounts import passkeys
from bot.accounts.guard import Guard, SignedInSession
from bot.accounts.model import PasskeyRefused, SetupOver, SignInOver, TooManyAttempts, WrongPassword
from bot.accounts.own_account import require_password
from bot.accounts.pages import MAX_PASSWORD_FIELD, Field, agent_of, home_of, own_page, staff_frame
from bot.accounts.passkeys import Site
from bot.accounts.signing_in import Source, passkey_of_sign_in
from bot.storage.unit_of_work import Database
from bot.web.guards import client_address
from bot.web.shell import Web


def add_passkey_pages(router: APIRouter, db: Database, web: Web, guard: Guard, site: Site | None) -> None:
    """Begin, add, remove; and the sign-in. Where there can be no passkeys the routes lead back."""

    @router.post("/account/passkeys/begin", dependencies=guard.allow("account.second_step"))
    async def begin(request: Request, session: SignedInSession, password: Field = "") -> Response:
        try:
            await asyncio.to_thread(require_password, db, session.staff, password[:MAX_PASSWORD_FIELD])
        except (WrongPassword, TooManyAttempts):
            return _back("passkey_wrong_password")
        if site is None:
            raise SetupOver
        options = await db.run(lambda uow: passkeys.offer(uow, session, site))
        frame = staff_frame(session)
        return web.render(request, "desk/passkey.html", lang=session.staff.lang, options=options, **frame)

    @router.post("/account/passkeys", dependencies=guard.allow("account.second_step"))
    async def add(request: Request, session: SignedInSession, answer: Field = "") -> Response:
        if site is None:
            raise SetupOver
        keep = partial(passkeys.add, session=session, site=site, answer=answer, agent=agent_of(request))
        try:
            await db.run(keep)
        except PasskeyRefused:
            return _back("passkey_refused")
        return _back("passkey_added")

    @router.post("/account/passkeys/{passkey_id}/remove", dependencies=guard.allow("account.second_step"))
    async def remove(passkey_id: str, session: SignedInSession) -> Response:
        await db.run(lambda uow: passkeys.remove(uow, session.staff, passkey_id))
        return _back("passkey_removed")

    @router.post("/login/passkey", dependencies=guard.allow("session.sign_in"))
    async def enter(request: Request, answer: Field = "", next: Field = "") -> Response:
        source = Source(client_address(request), guard.device(request), agent_of(request))
        try:
            if site is None:
                raise PasskeyRefused
            finish = partial(passkey_of_sign_in, db, guard.half(request), site, answer, source)
            signed_in = await asyncio.to_thread(finish)
        except SignInOver:
            return RedirectResponse("/desk/login", status_code=303)
        except PasskeyRefused:
            return RedirectResponse(f"/desk/login/code?problem=passkey&next={own_page(next)}", status_code=303)
        response = RedirectResponse(own_page(next) or home_of(signed_in.staff.roles), status_code=303)
        guard.set_cookies(response, signed_in)
        guard.clear_half(response)
        return response


def _back(done: str) -> Response:
    return RedirectResponse(f"/desk/account?done={done}", status_code=303)
