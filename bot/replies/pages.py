"""`/desk/replies`: canned replies of one's own and of the organisation; and those that are ready for a conversation."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.responses import Response

from bot.accounts.guard import Guard, SignedInSession
from bot.accounts.model import Session, Staff
from bot.accounts.organisations import organisation_of
from bot.accounts.pages import staff_frame
from bot.accounts.permissions import allowed
from bot.handoff.pages import HandoffRoute
from bot.replies.model import LANGS, MAX_KEY, MAX_TEXT, MAX_TITLE, NAMES, BadReply, CannedReply, Draft
from bot.replies.service import ready_for, remove, replies_of, write
from bot.rights.publishing.plain import never_said, plain_rules
from bot.storage.unit_of_work import Database, UnitOfWork
from bot.web.shell import Web

NOTICES = frozenset({"saved", "removed"})
DRAFT = tuple(part.name for part in fields(Draft))
WARNED_OF = ("directive", "promise")
"""Of what articles must not say, what a worker is warned of too; nothing stops them."""


@dataclass(frozen=True)
class Refused:
    """What was typed and not kept, in the form that it came from; `reply_id` is empty for a new reply."""

    error: BadReply
    draft: Draft
    reply_id: str = ""
    shared: bool = False


def replies_router(db: Database, web: Web) -> APIRouter:
    """The page, its forms, and the list that a conversation's page asks for."""
    router = APIRouter(route_class=HandoffRoute, include_in_schema=False)
    pages = ReplyPages(db, web, Guard(db, https=web.https))
    pages.add_reading(router)
    # Before one's own: "shared" is the id of none of them.
    pages.add_shared(router)
    pages.add_own(router)
    return router


class ReplyPages:
    """The handlers; stateless."""

    def __init__(self, db: Database, web: Web, guard: Guard) -> None:
        self._db = db
        self._web = web
        self._guard = guard

    def add_reading(self, router: APIRouter) -> None:
        guard, db = self._guard, self._db

        @router.get("/desk/replies", dependencies=guard.allow("reply.see"))
        async def page(request: Request, session: SignedInSession, notice: str = "") -> Response:
            return await self._page(request, session, notice=notice if notice in NOTICES else "")

        @router.get("/desk/conversations/{handoff_id}/replies", dependencies=guard.allow("reply.insert"))
        async def ready(handoff_id: str, session: SignedInSession) -> Response:
            found = await db.run(lambda uow: ready_for(uow, handoff_id, session.staff))
            return JSONResponse({"replies": [asdict(reply) for reply in found]})

    def add_shared(self, router: APIRouter) -> None:
        """Those of the organisation have addresses of their own: who may write them is a question of its own."""
        guard = self._guard
        shares = guard.allow("reply.share")

        @router.post("/desk/replies/shared", dependencies=shares)
        async def add(request: Request, session: SignedInSession) -> Response:
            return await self._write(request, session, shared=True)

        @router.post("/desk/replies/shared/{shared_id}", dependencies=shares)
        async def change(request: Request, shared_id: str, session: SignedInSession) -> Response:
            return await self._write(request, session, reply_id=shared_id, shared=True)

        @router.post("/desk/replies/shared/{shared_id}/remove", dependencies=shares)
        async def drop(shared_id: str, session: SignedInSession) -> Response:
            return await self._remove(session, shared_id, shared=True)

    def add_own(self, router: APIRouter) -> None:
        guard = self._guard
        writes = guard.allow("reply.write")

        @router.post("/desk/replies", dependencies=writes)
        async def add(request: Request, session: SignedInSession) -> Response:
            return await self._write(request, session)

        @router.post("/desk/replies/{reply_id}", dependencies=writes)
        async def change(request: Request, reply_id: str, session: SignedInSession) -> Response:
            return await self._write(request, session, reply_id=reply_id)

        @router.post("/desk/replies/{reply_id}/remove", dependencies=writes)
        async def drop(reply_id: str, session: SignedInSession) -> Response:
            return await self._remove(session, reply_id)

    async def _write(self, request: Request, session: Session, *, reply_id: str = "", shared: bool = False) -> Response:
        sent = await request.form()
        given = {name: str(sent.get(name, "")).replace("\r\n", "\n") for name in DRAFT}
        draft = Draft(**given)
        try:
            await self._db.run(lambda uow: write(uow, session.staff, draft, shared=shared, reply_id=reply_id))
        except BadReply as error:
            return await self._page(request, session, refused=Refused(error, draft, reply_id, shared))
        return RedirectResponse("/desk/replies?notice=saved", status_code=303)

    async def _remove(self, session: Session, reply_id: str, *, shared: bool = False) -> Response:
        await self._db.run(lambda uow: remove(uow, session.staff, reply_id, shared=shared))
        return RedirectResponse("/desk/replies?notice=removed", status_code=303)

    async def _page(
        self, request: Request, session: Session, *, notice: str = "", refused: Refused | None = None
    ) -> Response:
        seen = await self._db.run(lambda uow: _read(uow, session.staff), read_only=True)
        return self._web.render(
            request,
            "desk/replies.html",
            lang=session.staff.lang,
            status=400 if refused else 200,
            notice=notice,
            refused=refused,
            blank=Draft(),
            variables={variable: names[session.staff.lang] for variable, names in NAMES.items()},
            limits={"key": MAX_KEY, "title": MAX_TITLE, "text": MAX_TEXT},
            langs=LANGS,
            may_share=allowed(session.staff.roles, "reply.share"),
            **seen,
            **staff_frame(session),
        )


def _read(uow: UnitOfWork, staff: Staff) -> dict[str, Any]:
    found = replies_of(uow, staff)
    return {
        "own": [reply for reply in found if not reply.shared],
        "shared": [reply for reply in found if reply.shared],
        "warnings": {reply.id: _warnings(reply) for reply in found},
        "organisation": organisation_of(uow, staff).name,
    }


def _warnings(reply: CannedReply) -> list[tuple[str, str]]:
    """What sounds like an order or a promise: the rule and the words, each once."""
    told = [found for lang in LANGS for found in never_said(reply.words.text(lang), plain_rules())]
    return list(dict.fromkeys((rule, words) for rule, words in told if rule in WARNED_OF))
