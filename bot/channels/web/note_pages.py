"""The person's own note: a page to read and print, the same as JSON, and the public schema of that JSON."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.responses import Response

from bot.channels.web.service import find
from bot.channels.web.session import session_of
from bot.counselling.note_form import SCHEMA_PATH, load_form, schema
from bot.handoff.note_export import of_client
from bot.handoff.note_readable import moment_of, option_titles, readable
from bot.storage.unit_of_work import Database, UnitOfWork
from bot.web.i18n import choose_lang
from bot.web.shell import Web


def add_note_pages(router: APIRouter, db: Database, web: Web) -> None:
    """`/chat/note` and `/chat/note.json`; only the session that holds the conversation sees it."""

    titles = option_titles()

    async def exported(request: Request) -> dict[str, Any] | None:
        def look(uow: UnitOfWork) -> dict[str, Any] | None:
            conversation = find(uow, session_of(request))
            return of_client(uow, conversation.id, load_form()) if conversation else None

        return await db.run(look, read_only=True)

    @router.get("/note")
    async def page(request: Request) -> Response:
        """The note in words, by section; what was not talked about is left out."""
        note = await exported(request)
        lang = note["lang"] if note else choose_lang(request)
        shown = readable(note, load_form(), titles, lang) if note else []
        return web.render(
            request,
            "chat/note.html",
            lang=lang,
            sections=shown,
            note=note,
            moment=moment_of,
            file="/chat/note.json",
            back=f"/chat?lang={lang}",
        )

    @router.get("/note.json")
    async def as_json(request: Request) -> Response:
        """The whole record as a file; 404 where there is none."""
        note = await exported(request)
        if note is None:
            return JSONResponse({"error": "not_found"}, status_code=404)
        return JSONResponse(note, headers={"Content-Disposition": 'attachment; filename="catatan.json"'})


def schema_router() -> APIRouter:
    """The published JSON Schema of a note."""
    router = APIRouter(include_in_schema=False)

    @router.get(SCHEMA_PATH)
    async def published() -> Response:
        return JSONResponse(schema(load_form()))

    return router
