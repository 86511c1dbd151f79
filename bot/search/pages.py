"""`/desk/search`: conversations by number, state, risk, days and who held them; words in those that one holds."""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from bot.accounts.guard import Guard, SignedInSession, StaffRoute
from bot.accounts.model import Session, Staff
from bot.accounts.pages import Field, staff_frame
from bot.accounts.permissions import allowed
from bot.accounts.store import staff_of
from bot.handoff.queue import mine
from bot.search.model import LONGEST_WORDS, RISKS_ASKED, STATES, BadQuestion, Typed, understood
from bot.search.reading import conversations, in_texts
from bot.storage.unit_of_work import Database, UnitOfWork
from bot.web.shell import Web


def search_router(db: Database, web: Web) -> APIRouter:
    """The page with its two forms. Words of texts come by POST, so that they stand in no address and no log."""
    guard = Guard(db, https=web.https)
    pages = SearchPages(db, web)
    router = APIRouter(prefix="/desk/search", route_class=StaffRoute, include_in_schema=False)

    @router.get("", dependencies=guard.allow("conversation.find"))
    async def search(request: Request, session: SignedInSession, typed: Annotated[Typed, Depends()]) -> Response:
        return await pages.by_what_is_known(request, session, typed)

    @router.post("", dependencies=guard.allow("conversation.read"))
    async def words(request: Request, session: SignedInSession, words: Field = "") -> Response:
        return await pages.by_words(request, session, words)

    return router


class SearchPages:
    """Renders the page; stateless."""

    def __init__(self, db: Database, web: Web) -> None:
        self._db = db
        self._web = web

    async def by_what_is_known(self, request: Request, session: Session, typed: Typed) -> Response:
        try:
            question = understood(typed)
        except BadQuestion as error:
            return await self._page(request, session, typed=typed, problem=error.rule)
        work = partial(conversations, staff=session.staff, question=question)
        found, last = await self._db.run(work, read_only=True)
        older = f"?{urlencode(asdict(replace(typed, before=last)))}" if last else ""
        return await self._page(request, session, typed=typed, found=found, older=older)

    async def by_words(self, request: Request, session: Session, words: str) -> Response:
        try:
            hits, looked_in = await self._db.run(lambda uow: in_texts(uow, session.staff, words))
        except BadQuestion as error:
            return await self._page(request, session, words=words, problem=error.rule)
        return await self._page(request, session, words=words, hits=hits, looked_in=looked_in)

    async def _page(
        self,
        request: Request,
        session: Session,
        *,
        typed: Typed | None = None,
        words: str = "",
        problem: str = "",
        **result: Any,
    ) -> Response:
        staff, lang = session.staff, session.staff.lang

        def read(uow: UnitOfWork) -> tuple[list[Staff], int]:
            return staff_of(uow, staff.organisation_id), len(mine(uow, staff))

        members, held = await self._db.run(read, read_only=True)
        return self._web.render(
            request,
            "desk/search.html",
            lang=lang,
            status=400 if problem else 200,
            typed=typed or Typed(),
            words=words,
            problem=problem,
            members=[one for one in members if allowed(one.roles, "handoff.claim")],
            names={one.id: one.designation for one in members},
            holds=held,
            states=list(STATES),
            risks=RISKS_ASKED,
            longest=LONGEST_WORDS,
            result={"found": None, "older": "", "hits": None, "looked_in": 0, **result},
            said=lambda kind, value: self._web.t(lang, f"desk.{kind}_{value}"),
            **staff_frame(session),
        )
