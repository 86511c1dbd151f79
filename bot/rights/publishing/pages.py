"""`/publish`: an agency's articles, what expires soonest on top; new ones, files in and out, laws that changed."""

from __future__ import annotations

import re

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from bot.accounts.guard import Guard, SignedInSession
from bot.accounts.model import Session
from bot.accounts.pages import Field, staff_frame
from bot.accounts.permissions import allowed
from bot.assistant.catalogue import Say
from bot.content import BrokenContent
from bot.rights.publishing import reading, service
from bot.rights.publishing.article_pages import ArticlePages
from bot.rights.publishing.files import LARGEST, MOST_FILES, as_zip
from bot.rights.publishing.notices import NOTICES, PublishRoute
from bot.rights.showing import day_of
from bot.storage.unit_of_work import Database
from bot.web.shell import Web

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LONGEST_SLUG, LONGEST_TITLE, LONGEST_LAW = 60, 200, 120


def publishing_router(db: Database, web: Web, say: Say) -> APIRouter:
    """The routes for agencies; each names its action, and each record is looked up within one's own agency."""
    router = APIRouter(prefix="/publish", route_class=PublishRoute, include_in_schema=False)
    guard = Guard(db, https=web.https)
    pages = ListPages(db, web, guard)
    pages.add_list(router)
    pages.add_beginnings(router)
    pages.add_files(router)
    articles = ArticlePages(db, web, guard, say)
    articles.add_reading(router)
    articles.add_writing(router)
    articles.add_events(router)
    return router


async def handed_in(request: Request, largest: int) -> list[tuple[str, bytes]]:
    """Name and content of each file of a form; of one that is too large, enough to see that it is."""
    form = await request.form()
    uploads = [item for item in form.getlist("files") if not isinstance(item, str) and item.filename]
    return [(upload.filename or "", await upload.read(largest + 1)) for upload in uploads]


class ListPages:
    """The handlers of the first page; stateless."""

    def __init__(self, db: Database, web: Web, guard: Guard) -> None:
        self._db = db
        self._web = web
        self._guard = guard

    def add_list(self, router: APIRouter) -> None:
        guard, db = self._guard, self._db

        @router.get("", dependencies=guard.allow("article.see"))
        async def first_page(request: Request, session: SignedInSession, notice: str = "", count: int = 0) -> Response:
            return await self._list(request, session, notice=notice, count=count)

        @router.post("/law", dependencies=guard.allow("article.law"))
        async def law_changed(session: SignedInSession, law: Field = "") -> Response:
            law = law.strip()[:LONGEST_LAW]
            count = await db.run(lambda uow: service.law_changed(uow, session.staff, law)) if law else 0
            return RedirectResponse(f"/publish?notice=marked&count={count}", status_code=303)

    def add_beginnings(self, router: APIRouter) -> None:
        guard, db = self._guard, self._db

        @router.post("/articles", dependencies=guard.allow("article.write"))
        async def create(session: SignedInSession, slug: Field = "", title: Field = "") -> Response:
            slug, title = slug.strip().lower(), " ".join(title.split())
            if not SLUG.fullmatch(slug) or len(slug) > LONGEST_SLUG or not 0 < len(title) <= LONGEST_TITLE:
                return RedirectResponse("/publish?notice=bad_slug", status_code=303)
            new = await db.run(lambda uow: service.create(uow, session.staff, slug, title))
            return RedirectResponse(f"/publish/articles/{new}/edit", status_code=303)

        @router.post("/starters/{code}", dependencies=guard.allow("article.write"))
        async def adopt(code: str, session: SignedInSession) -> Response:
            new = await db.run(lambda uow: service.adopt(uow, session.staff, code))
            return RedirectResponse(f"/publish/articles/{new}", status_code=303)

    def add_files(self, router: APIRouter) -> None:
        guard, db = self._guard, self._db

        @router.post("/import", dependencies=guard.allow("article.import"))
        async def bring_in(request: Request, session: SignedInSession) -> Response:
            files = await handed_in(request, LARGEST)
            if not 0 < len(files) <= MOST_FILES:
                return await self._list(request, session, notice="no_file", status=400)
            try:
                count = await db.run(lambda uow: service.bring_in(uow, session.staff, files))
            except BrokenContent as broken:
                return await self._list(request, session, broken=broken, status=400)
            return RedirectResponse(f"/publish?notice=imported&count={count}", status_code=303)

        @router.get("/export.zip", dependencies=guard.allow("article.export"))
        async def take_along(session: SignedInSession) -> Response:
            texts = await db.run(lambda uow: reading.texts_of(uow, session.staff), read_only=True)
            headers = {"Content-Disposition": 'attachment; filename="artikel.zip"'}
            return Response(as_zip(texts), media_type="application/zip", headers=headers)

    async def _list(
        self,
        request: Request,
        session: Session,
        *,
        notice: str = "",
        count: int = 0,
        broken: BrokenContent | None = None,
        status: int = 200,
    ) -> Response:
        who = session.staff
        desk, laws = await self._db.run(
            lambda uow: (reading.desk(uow, who), service.laws_cited(uow, who)), read_only=True
        )
        return self._web.render(
            request,
            "publish/list.html",
            lang=who.lang,
            status=status,
            desk=desk,
            laws=laws,
            notice=notice if notice in NOTICES else "",
            count=count,
            broken=broken,
            may=lambda action: allowed(who.roles, action),
            day=lambda at: day_of(at, who.lang),
            **staff_frame(session),
        )
