"""The public start page."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.web.i18n import choose_lang
from bot.web.shell import Web


def public_router(web: Web) -> APIRouter:
    """`/`: what this is, and three doors."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def start(request: Request) -> Response:
        """The start page; neutral to somebody who glances at the screen."""
        return web.render(request, "public/start.html", lang=choose_lang(request))

    return router
