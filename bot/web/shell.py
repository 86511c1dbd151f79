"""The shell of all pages: `Web` renders templates, names static files and answers errors."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy.exc import InterfaceError, OperationalError
from starlette.exceptions import HTTPException
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.responses import Response

from bot.config import Settings
from bot.web.contacts import Contact, load_contacts
from bot.web.headers import MAX_BODY, CatchFailures, SecurityHeaders
from bot.web.i18n import LANGS, Texts, choose_lang, load_texts
from bot.web.paces import Paces
from bot.web.static_files import VersionedFiles

log = structlog.get_logger()

TEMPLATES = Path(__file__).parent / "templates"
EXIT_URL = "https://www.google.com/search?q=cuaca"
"""Where quick exit lands: a page that anybody may have open."""

_ERROR_PAGES = {404: "not_found", 429: "too_fast", 503: "unavailable"}


class Web:
    """Renders pages; one object per app, handed to every router factory."""

    def __init__(self, settings: Settings, *, texts: Texts, contacts: Sequence[Contact]) -> None:
        self.settings = settings
        self.t = texts
        self.contacts = tuple(contacts)
        self.files = VersionedFiles()
        self.https = settings.base_url.startswith("https://")
        self.env = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.env.globals.update(
            static=self.static,
            contacts=self.contacts,
            exit_url=EXIT_URL,
            agency=settings.agency,
            langs=LANGS,
            demo=not settings.production,
        )

    def static(self, path: str) -> str:
        """The versioned address of a static file."""
        return f"/static/{self.files.version}/{path}"

    def fragment(self, template: str, *, lang: str, **context: Any) -> str:
        """A template as text, with `t`, `lang` and the shared names in it."""
        return self.env.get_template(template).render(lang=lang, t=partial(self.t, lang), **context)

    def render(
        self,
        request: Request,
        template: str,
        *,
        lang: str,
        status: int = 200,
        headers: dict[str, str] | None = None,
        **context: Any,
    ) -> HTMLResponse:
        """A page. Inside: `t('area.key')`, `lang`, `path`, `static(path)`, `contacts`, `agency`, `demo`."""
        html = self.fragment(template, lang=lang, request=request, path=request.url.path, **context)
        return HTMLResponse(html, status_code=status, headers=headers)

    def error(self, request: Request, status: int) -> Response:
        """A friendly error page (or one JSON line for programs); never a stack trace."""
        page = _ERROR_PAGES.get(status, "failed" if status >= 500 else "refused")
        headers = {"Retry-After": "5"} if status == 503 else None
        if "text/html" not in request.headers.get("accept", ""):
            return JSONResponse({"error": page}, status_code=status, headers=headers)
        lang = choose_lang(request)
        for_staff = request.url.path.startswith(("/desk", "/publish"))
        return self.render(
            request, "errors/error.html", lang=lang, status=status, headers=headers, page=page, for_staff=for_staff
        )

    def install(self, app: FastAPI) -> None:
        """Static files, headers, body limit, paces and error pages for `app`."""
        app.mount("/static", self.files, name="static")
        # The last one added is the outermost: error pages carry the security headers too.
        app.add_middleware(RequestBodyLimitMiddleware, max_body_size=MAX_BODY)
        app.add_middleware(Paces, refuse=self._on_flood)
        app.add_middleware(CatchFailures, answer=self._on_failure)
        app.add_middleware(SecurityHeaders, https=self.https)
        app.add_exception_handler(HTTPException, self._on_http_error)
        app.add_exception_handler(RequestValidationError, self._on_invalid)
        app.add_exception_handler(OperationalError, self._on_database_trouble)
        app.add_exception_handler(InterfaceError, self._on_database_trouble)

    async def _on_http_error(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        response = self.error(request, error.status_code)
        response.headers.update(error.headers or {})
        return response

    async def _on_invalid(self, request: Request, _error: Exception) -> Response:
        # The details would repeat what was sent.
        return self.error(request, 400)

    async def _on_flood(self, request: Request, wait: int) -> Response:
        response = self.error(request, 429)
        response.headers["Retry-After"] = str(wait)
        return response

    async def _on_database_trouble(self, request: Request, error: Exception) -> Response:
        log.error("web.database_trouble", error=type(error).__name__)
        return self.error(request, 503)

    async def _on_failure(self, request: Request, error: Exception) -> Response:
        # Only the type: messages of exceptions may quote what a client wrote.
        log.error("web.failed", error=type(error).__name__, route=route_of(request))
        return self.error(request, 500)


def route_of(request: Request) -> str:
    """The route's pattern, which holds no ids, for logs and metrics."""
    return getattr(request.scope.get("route"), "path", "unmatched")


def make_web(settings: Settings) -> Web:
    """The shell with the texts and contacts of this installation. Raises TextsError."""
    return Web(settings, texts=load_texts(), contacts=load_contacts())
