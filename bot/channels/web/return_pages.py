"""Coming back: a return code that belongs to no name, number or address."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from bot.channels.web import store
from bot.channels.web.model import SessionClosed, UnknownCode
from bot.channels.web.service import come_back, find, forget_code, make_code
from bot.channels.web.session import session_of, set_session
from bot.storage.unit_of_work import Database, UnitOfWork
from bot.web.guards import Throttle, client_address, require_same_origin
from bot.web.i18n import choose_lang
from bot.web.shell import Web

TRIES = (10, 600.0)
"""Tries per address and seconds. A code has 100 bits: this only keeps the noise down."""


def add_return_pages(router: APIRouter, db: Database, web: Web) -> None:
    """`/code` makes and forgets a code, `/return` takes one."""
    pages = ReturnPages(db, web)
    own_site = [Depends(require_same_origin)]
    router.add_api_route("/code", pages.code, methods=["GET"])
    router.add_api_route("/code", pages.make, methods=["POST"], dependencies=own_site)
    router.add_api_route("/code/forget", pages.forget, methods=["POST"], dependencies=own_site)
    router.add_api_route("/return", pages.ask, methods=["GET"])
    router.add_api_route("/return", pages.come_back, methods=["POST"], dependencies=own_site)


class ReturnPages:
    """The handlers; state is only how often an address tried a code."""

    def __init__(self, db: Database, web: Web) -> None:
        self._db = db
        self._web = web
        self._tries = Throttle(*TRIES)

    async def code(self, request: Request) -> Response:
        """What a return code is, and whether there is one; the code itself is shown only when it is made."""
        return await self._code_page(request)

    async def make(self, request: Request) -> Response:
        """Make a code and show it this once."""
        try:
            code = await self._db.run(lambda uow: make_code(uow, session_of(request)))
        except SessionClosed:
            return RedirectResponse("/chat", status_code=303)
        return await self._code_page(request, code)

    async def forget(self, request: Request) -> Response:
        """The code opens nothing from now on."""
        await self._db.run(lambda uow: forget_code(uow, session_of(request)))
        return RedirectResponse("/chat/code", status_code=303)

    async def ask(self, request: Request) -> Response:
        """Where a code is typed in."""
        return self._ask_page(request)

    async def come_back(self, request: Request) -> Response:
        """Open the conversation of a code in this browser."""
        if not self._tries.allow(client_address(request)):
            return self._ask_page(request, "too_many", 429)
        typed = (await request.form()).get("code")
        try:
            secret = await self._db.run(lambda uow: come_back(uow, typed if isinstance(typed, str) else ""))
        except UnknownCode:
            return self._ask_page(request, "unknown", 400)
        response = RedirectResponse("/chat#end", status_code=303)
        set_session(response, secret, https=self._web.https)
        return response

    async def _code_page(self, request: Request, code: str = "") -> Response:
        lang, has_code = await self._db.run(partial(_code_state, session_of(request)), read_only=True)
        if lang is None:
            return RedirectResponse("/chat", status_code=303)
        return self._web.render(request, "chat/code.html", lang=lang, code=code, has_code=has_code, leave="/chat/leave")

    def _ask_page(self, request: Request, problem: str = "", status: int = 200) -> Response:
        return self._web.render(
            request, "chat/return.html", lang=choose_lang(request), status=status, problem=problem, leave="/chat/leave"
        )


def _code_state(secret: str | None, uow: UnitOfWork) -> tuple[str | None, bool]:
    """The language of the conversation (None where nothing is kept) and whether it has a code."""
    conversation = find(uow, secret)
    if conversation is None or conversation.keeping != "given" or conversation.covert:
        return None, False
    return conversation.lang, store.has_code(uow, conversation.id)
