"""`/api/v1`: what is public anyway, for programs. Read only, without keys, with the same rules as the pages."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time
from email.utils import format_datetime, parsedate_to_datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.responses import Response

from bot.rights import store as articles
from bot.rights.api_model import (
    ArticleHead,
    FullArticle,
    OrganizationOut,
    Page,
    RegionOut,
    ServiceOut,
    TopicOut,
    Trouble,
)
from bot.rights.directory import place, regions
from bot.rights.model import WIB, Region, Shown, Standing, Words, local_day
from bot.rights.services import store as directory
from bot.rights.services.hsds import as_hsds
from bot.rights.services.known import Listed, listed
from bot.rights.services.near import sorted_by_distance
from bot.rights.services.pages import topics
from bot.storage.unit_of_work import Database, UnitOfWork
from bot.web.guards import Throttle, client_address
from bot.web.i18n import choose_lang
from bot.web.shell import Web

PREFIX = "/api/v1"
VERSION = "1.0"
RATE = (120, 60.0)
"""Requests of one address in so many seconds."""
MOST_PER_PAGE = 100

OPEN = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "ETag, Last-Modified, Retry-After"}
_TROUBLES: dict[int | str, dict[str, Any]] = {
    304: {"description": "Nothing has changed since"},
    400: {"model": Trouble, "description": "A parameter can't be read"},
    429: {"model": Trouble, "description": "Too many requests; `Retry-After` says when to try again"},
}
_MISSING: dict[int | str, dict[str, Any]] = {404: {"model": Trouble, "description": "Nothing public is there"}}

PageNumber = Annotated[int, Query(ge=1, le=10_000, description="counts from 1")]
PerPage = Annotated[int, Query(ge=1, le=MOST_PER_PAGE)]
RegionCode = Annotated[
    str, Query(pattern=r"^(\d{2}|\d{4})?$", description="official code; only services that reach it")
]
TopicCode = Annotated[str, Query(pattern=r"^[a-z0-9_]{0,40}$", description="problem type, see /topics")]


def api_router(db: Database, web: Web, *, throttle: Throttle | None = None) -> APIRouter:
    """The routes with their OpenAPI document and a page that shows it."""
    limit = throttle or Throttle(*RATE)

    def limited(request: Request) -> None:
        if not limit.allow(client_address(request)):
            raise HTTPException(429, headers=OPEN | {"Retry-After": str(int(RATE[1]))})

    router = APIRouter(prefix=PREFIX, dependencies=[Depends(limited)], responses=_TROUBLES)
    api = Api(db, web)
    for path, handler, shape, missing in (
        ("/articles", api.articles, Page[ArticleHead], {}),
        ("/articles/{slug}", api.article, FullArticle, _MISSING),
        ("/topics", api.topics, Page[TopicOut], {}),
        ("/services", api.services, Page[ServiceOut], {}),
        ("/services/{service_id}", api.service, ServiceOut, _MISSING),
        ("/organizations", api.organizations, Page[OrganizationOut], {}),
        ("/regions", api.regions, Page[RegionOut], {}),
        ("/regions/{code}", api.region, RegionOut, _MISSING),
    ):
        responses = {200: {"model": shape}, **missing}
        router.add_api_route(path, handler, responses=responses, response_class=JSONResponse)
    schema = _schema(router)

    @router.get("/openapi.json", include_in_schema=False)
    async def document(request: Request) -> Response:
        return answer(request, schema, None)

    @router.get("", include_in_schema=False, response_class=HTMLResponse)
    async def page(request: Request) -> Response:
        return web.render(request, "rights/api.html", lang=choose_lang(request), schema=schema, home=PREFIX)

    return router


class Api:
    """The handlers; stateless."""

    def __init__(self, db: Database, web: Web) -> None:
        self._db = db
        self._web = web

    async def articles(self, request: Request, page: PageNumber = 1, per_page: PerPage = 20) -> Response:
        """Articles on rights that readers get, by code; unreviewed starters say so, withdrawn ones are not there."""
        shown, changed = await self._db.run(
            lambda uow: (articles.all_shown(uow), articles.last_change(uow)), read_only=True
        )
        return self._list(request, shown, self._head, page, per_page, changed)

    async def article(self, request: Request, slug: Annotated[str, Path(pattern=r"^[a-z0-9-]{1,80}$")]) -> Response:
        """One article with its words. Of an expired one: its title and who can help."""
        shown, changed = await self._db.run(
            lambda uow: (articles.by_slug(uow, slug), articles.last_change(uow)), read_only=True
        )
        if shown is None:
            raise HTTPException(404, headers=OPEN)
        return answer(request, self._full(shown), self._since(changed))

    async def topics(self, request: Request, page: PageNumber = 1, per_page: PerPage = 100) -> Response:
        """Problem types that articles and services are for."""
        shown, changed = await self._db.run(
            lambda uow: (articles.all_articles(uow), articles.last_change(uow)), read_only=True
        )

        def told(item: tuple[str, dict[str, str]]) -> dict[str, Any]:
            about = [article.slug for article in shown if item[0] in article.problem_types]
            return {"code": item[0], "name": item[1], "articles": about}

        return self._list(request, sorted(topics().items()), told, page, per_page, changed)

    async def services(
        self,
        request: Request,
        page: PageNumber = 1,
        per_page: PerPage = 20,
        topic: TopicCode = "",
        region: RegionCode = "",
    ) -> Response:
        """Services that are shown today, in HSDS. With a region: the nearest first, neighbouring regions' last."""
        known, changed = await self._db.run(self._directory, read_only=True)
        if region:
            near = sorted_by_distance(known, topic or None, region)
            known = [*near.here, *near.province, *near.national, *near.neighbours]
        elif topic:
            known = [one for one in known if one.entry.serves(topic)]
        return self._list(request, known, _service, page, per_page, changed)

    async def service(
        self, request: Request, service_id: Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,60}$")]
    ) -> Response:
        """One service that is shown today."""
        known, changed = await self._db.run(self._directory, read_only=True)
        found = next((one for one in known if one.entry.id == service_id), None)
        if found is None:
            raise HTTPException(404, headers=OPEN)
        return answer(request, _service(found), self._since(changed))

    async def organizations(self, request: Request, page: PageNumber = 1, per_page: PerPage = 20) -> Response:
        """Who runs the services that are shown today."""
        known, changed = await self._db.run(self._directory, read_only=True)
        by_id = {one.entry.organisation.id: as_hsds(one.entry)["organization"] for one in known}
        return self._list(request, list(by_id.values()), lambda one: one, page, per_page, changed)

    async def regions(self, request: Request, page: PageNumber = 1, per_page: PerPage = 50) -> Response:
        """The provinces with their regencies and cities."""
        return self._list(request, regions(), _region, page, per_page, None)

    async def region(self, request: Request, code: Annotated[str, Path(pattern=r"^(\d{2}|\d{4})$")]) -> Response:
        """One province, regency or city."""
        found = place(code)
        if found is None:
            raise HTTPException(404, headers=OPEN)
        return answer(request, _region(found), None)

    def _directory(self, uow: UnitOfWork) -> tuple[list[Listed], datetime | None]:
        today = local_day(self._db.clock.now())
        return listed(uow, today, production=self._web.settings.production), directory.last_change(uow)

    def _list(
        self,
        request: Request,
        items: Sequence[Any],
        told: Callable[[Any], dict[str, Any]],
        page: int,
        per_page: int,
        changed: datetime | None,
    ) -> Response:
        pages = max(1, -(-len(items) // per_page))
        contents = [told(item) for item in items[(page - 1) * per_page : page * per_page]]
        body = {
            "page_number": page,
            "size": len(contents),
            "total_items": len(items),
            "total_pages": pages,
            "first_page": page == 1,
            "last_page": page >= pages,
            "contents": contents,
        }
        return answer(request, body, self._since(changed) if changed else None)

    def _since(self, changed: datetime | None) -> datetime:
        """Since when the answer is what it is: what expires overnight changes it at midnight in Jakarta."""
        midnight = datetime.combine(local_day(self._db.clock.now()), time(), UTC) - WIB
        return max(midnight, changed) if changed else midnight

    def _head(self, shown: Shown) -> dict[str, Any]:
        article = shown.article
        expired = article.standing(local_day(self._db.clock.now())) is Standing.EXPIRED
        return {
            "code": article.code,
            "slug": article.slug,
            "url": f"{self._web.settings.base_url}/hak/{article.slug}",
            "version": shown.version,
            "titles": {lang: words.title for lang, words in article.words.items()},
            "reviewed": article.adopted,
            "agency": article.agency,
            "reviewed_on": article.reviewed_on.isoformat() if article.reviewed_on else None,
            "valid_until": article.valid_until.isoformat(),
            "expired": expired,
            "in_doubt": shown.in_doubt,
            "jurisdiction": article.jurisdiction,
            "regions": list(article.regions),
            "topics": list(article.problem_types),
        }

    def _full(self, shown: Shown) -> dict[str, Any]:
        head, article = self._head(shown), shown.article
        words = {lang: _words(one, expired=head["expired"]) for lang, one in article.words.items()}
        citations = [] if head["expired"] else [vars(citation) for citation in article.citations]
        return head | {"words": words, "citations": citations}


def answer(request: Request, body: Any, since: datetime | None) -> Response:
    """The body with what caches need; 304 where the asker has it already."""
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = OPEN | {"ETag": etag, "Cache-Control": "public, no-cache"}
    if since is not None:
        headers["Last-Modified"] = format_datetime(since.replace(microsecond=0), usegmt=True)
    if _has_it(request, etag, since):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="application/json", headers=headers)


def _has_it(request: Request, etag: str, since: datetime | None) -> bool:
    known = request.headers.get("if-none-match")
    if known is not None:
        return known.strip() == "*" or etag in [one.strip().removeprefix("W/") for one in known.split(",")]
    asked = request.headers.get("if-modified-since")
    if asked is None or since is None:
        return False
    try:
        return since.replace(microsecond=0) <= parsedate_to_datetime(asked)
    except (ValueError, TypeError):  # no date, or one without a zone
        return False


def _words(words: Words, *, expired: bool) -> dict[str, Any]:
    if expired:
        return {"title": words.title, "who": list(words.who)}
    lists = {name: list(getattr(words, name)) for name in ("steps", "limits", "practice", "who")}
    return {"title": words.title, "short": words.short, "body": words.body, **lists}


def _service(one: Listed) -> dict[str, Any]:
    return as_hsds(one.entry) | {"kept_by": one.agency, "always": one.always}


def _region(region: Region) -> dict[str, Any]:
    return {
        "code": region.code,
        "name": region.name,
        "level": "province" if region.parts else "regency",
        "iso": region.iso or None,
        "bps": region.bps or None,
        "borders": list(region.borders),
        "parts": [{"code": part.code, "name": part.name} for part in region.parts],
    }


def _schema(router: APIRouter) -> dict[str, Any]:
    schema = get_openapi(
        title="Pendamping",
        version=VERSION,
        description="Published articles on rights, services in Open Referral HSDS 3, and regions of Indonesia.",
        routes=router.routes,
    )
    for path in schema["paths"].values():
        # Bad parameters get 400 here, as everywhere on this site.
        path["get"]["responses"].pop("422", None)
    for unused in ("HTTPValidationError", "ValidationError"):
        schema["components"]["schemas"].pop(unused, None)
    return schema
