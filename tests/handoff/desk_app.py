"""The desk as a running site, without the rest of the product."""

from __future__ import annotations

from functools import cache
from typing import Any

import httpx
from fastapi import FastAPI

from bot.accounts.routes import check_routes
from bot.accounts.sessions import SignedIn, csrf_token
from bot.assistant.catalogue import Catalogue, load_catalogue
from bot.audit.pages import audit_router
from bot.channels.web.pages import chat_router
from bot.config import Settings
from bot.duties.content import load_duties
from bot.duties.model import Duties
from bot.duties.pages import duties_router
from bot.erasing import means_of
from bot.handoff.pages import desk_router
from bot.handoff.presence_pages import ShowTyping, nowhere_else
from bot.handoff.service import designation_of
from bot.oncall.pages import alerts_router
from bot.replies.pages import replies_router
from bot.requests.pages import requests_router
from bot.rights.publishing.pages import publishing_router
from bot.rights.services.pages import directory_router
from bot.search.pages import search_router
from bot.storage.unit_of_work import Database
from bot.web.shell import make_web
from tests.handoff.builders import say

BASE = "http://desk.test"


@cache
def catalogue() -> Catalogue:
    """Read once: reading it takes longer than most tests of the desk."""
    return load_catalogue(agency="Rumah Aman")


@cache
def duties() -> Duties:
    return load_duties()


def desk_app(db: Database, base: str = "", *, show_typing: ShowTyping = nowhere_else, **more: Any) -> FastAPI:
    """The pages of the desk in their shell, and the web chat on the other side."""
    settings = Settings(public_url=base or BASE, agency="Rumah Aman", **more)
    web = make_web(settings)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    web.install(app)
    app.include_router(desk_router(db, web, say, settings, show_typing=show_typing))
    app.include_router(chat_router(db, web, designation=designation_of))
    app.include_router(alerts_router(db, web))
    app.include_router(duties_router(db, web, duties()))
    app.include_router(requests_router(db, web, means_of(settings)))
    app.include_router(audit_router(db, web))
    app.include_router(replies_router(db, web))
    app.include_router(search_router(db, web))
    app.include_router(publishing_router(db, web, catalogue().say))
    app.include_router(directory_router(db, web))
    check_routes(app.routes)
    return app


class Browser:
    """A browser with cookies that follows no redirect by itself."""

    def __init__(self, app: FastAPI, signed_in: SignedIn | None = None, *, address: str = "10.0.0.1") -> None:
        transport = httpx.ASGITransport(app=app, client=(address, 4711), raise_app_exceptions=False)
        self.http = httpx.AsyncClient(transport=transport, base_url=BASE, headers={"Accept": "text/html"})
        self.csrf = ""
        if signed_in is not None:
            for name, token in (("desk_session", signed_in.token), ("desk_device", signed_in.device)):
                # With the site's own domain, so that a new cookie of the site takes its place.
                self.http.cookies.set(name, token, domain="desk.test")
            self.csrf = csrf_token(signed_in.token)

    async def get(self, path: str) -> httpx.Response:
        return await self.http.get(path)

    async def post(self, path: str, *, script: bool = False, **fields: object) -> httpx.Response:
        """A form of our own page, or (`script`) a request of our own script."""
        headers = {"Sec-Fetch-Site": "same-origin"} | ({"Accept": "application/json"} if script else {})
        return await self.http.post(path, data={"csrf": self.csrf, **fields}, headers=headers)
