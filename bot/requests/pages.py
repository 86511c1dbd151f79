"""The desk's pages of requests: write one down at a conversation, the list with what is overdue, carry out, refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from bot.accounts.guard import Guard, SignedInSession, StaffRoute
from bot.accounts.model import Session
from bot.accounts.pages import Field, staff_frame
from bot.accounts.permissions import allowed
from bot.accounts.store import staff_of
from bot.clock import WIB
from bot.handoff.model import HandoffNotFound
from bot.handoff.reading import look
from bot.requests import service
from bot.requests.model import ARTICLES, Answered, BadRequest, Gone, Kind, SamePerson, Shown
from bot.requests.service import Means
from bot.storage.unit_of_work import Database, UnitOfWork
from bot.web.shell import Web

NOTICES = frozenset({"recorded", "done", "refused", "answered", "same_person", "gone", "refusal"})


def requests_router(db: Database, web: Web, means: Means) -> APIRouter:
    """/desk/requests, and the form at a conversation."""
    router = APIRouter(route_class=RequestsRoute, include_in_schema=False)
    pages = RequestsPages(db, web, Guard(db, https=web.https), means)
    pages.add_recording(router)
    pages.add_list(router)
    pages.add_answers(router)
    return router


class RequestsRoute(StaffRoute):
    """Adds the room's own refusals: each leads back to the list, which shows how things stand now."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        handler = super().get_route_handler()

        async def translated(request: Request) -> Response:
            try:
                return await handler(request)
            except HandoffNotFound:
                raise HTTPException(404) from None
            except Answered:
                return _to_list("answered")
            except SamePerson:
                return _to_list("same_person")
            except Gone:
                return _to_list("gone")
            except BadRequest as error:
                return _to_list(error.rule)

        return translated


class RequestsPages:
    """The handlers; stateless."""

    def __init__(self, db: Database, web: Web, guard: Guard, means: Means) -> None:
        self._db = db
        self._web = web
        self._guard = guard
        self._means = means

    def add_recording(self, router: APIRouter) -> None:
        """The form: what is asked for, how the person was known, when it came."""
        guard, db = self._guard, self._db

        @router.get("/desk/conversations/{handoff_id}/request", dependencies=guard.allow("request.record"))
        async def form(request: Request, handoff_id: str, session: SignedInSession) -> Response:
            return await self._form(request, handoff_id, session)

        @router.post("/desk/conversations/{handoff_id}/request", dependencies=guard.allow("request.record"))
        async def record(
            request: Request,
            handoff_id: str,
            session: SignedInSession,
            kind: Field = "",
            shown: Field = "",
            when: Field = "",
        ) -> Response:
            def work(uow: UnitOfWork) -> str:
                return service.record(uow, handoff_id, session.staff, kind=kind, shown=shown, when=when)

            try:
                await db.run(work)
            except BadRequest as error:
                return await self._form(request, handoff_id, session, error.rule)
            return _to_list("recorded")

    async def _form(self, request: Request, handoff_id: str, session: Session, problem: str = "") -> Response:
        view = await self._db.run(lambda uow: look(uow, handoff_id, session.staff), read_only=True)
        return self._render(
            request,
            session,
            "desk/request_form.html",
            status=400 if problem else 200,
            row=view.row,
            kinds=list(Kind),
            ways=list(Shown),
            when=f"{self._db.clock.now() + WIB:%Y-%m-%dT%H:%M}",
            problem=problem,
        )

    def add_list(self, router: APIRouter) -> None:
        """Bare facts: a request has no words."""

        @router.get("/desk/requests", dependencies=self._guard.allow("request.see"))
        async def listing(request: Request, session: SignedInSession, notice: str = "") -> Response:
            return await self._list(request, session, notice if notice in NOTICES else "")

    async def _list(self, request: Request, session: Session, notice: str, link: str = "") -> Response:
        def read(uow: UnitOfWork) -> dict[str, Any]:
            names = {one.id: one.designation for one in staff_of(uow, session.staff.organisation_id)}
            return {"items": service.listing(uow, session.staff), "names": names}

        found = await self._db.run(read, read_only=True)
        may_answer = allowed(session.staff.roles, "request.answer")
        return self._render(
            request, session, "desk/requests.html", notice=notice, link=link, may_answer=may_answer, **found
        )

    def add_answers(self, router: APIRouter) -> None:
        """Carrying out and refusing. A link to hand out is shown in the answer itself, this once."""
        guard, db, means = self._guard, self._db, self._means

        @router.post("/desk/requests/{request_id}/done", dependencies=guard.allow("request.answer"))
        async def done(request: Request, request_id: str, session: SignedInSession) -> Response:
            link = await db.run(lambda uow: service.carry_out(uow, request_id, session.staff, means))
            return await self._list(request, session, "link", link) if link else _to_list("done")

        @router.post("/desk/requests/{request_id}/refuse", dependencies=guard.allow("request.answer"))
        async def refuse(request_id: str, session: SignedInSession, refusal: Field = "") -> Response:
            await db.run(lambda uow: service.refuse(uow, request_id, session.staff, refusal))
            return _to_list("refused")

    def _render(self, request: Request, session: Session, template: str, **context: Any) -> Response:
        return self._web.render(
            request,
            template,
            lang=session.staff.lang,
            now=self._db.clock.now(),
            articles=ARTICLES,
            **staff_frame(session),
            **context,
        )


def _to_list(notice: str) -> Response:
    return RedirectResponse(f"/desk/requests?notice={notice}", status_code=303)
