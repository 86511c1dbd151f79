"""The person's own note: a page to read and print, the same as JSON, and the public schema of that JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.responses import Response

from bot.channels.web.note_links import PATH, follow
from bot.channels.web.service import find, is_covert
from bot.channels.web.session import session_of
from bot.conversation.model import Conversation
from bot.counselling.note_form import SCHEMA_PATH, load_form, schema
from bot.handoff.note_export import of_client
from bot.handoff.note_readable import moment_of, option_titles, readable
from bot.storage.unit_of_work import Database, UnitOfWork
from bot.web.i18n import choose_lang
from bot.web.shell import Web

Find = Callable[[UnitOfWork], Conversation | None]
NO_STORE = {"Cache-Control": "no-store"}


class NotePages:
    """Shows the note of whatever conversation is found."""

    def __init__(self, db: Database, web: Web) -> None:
        self._db = db
        self._web = web
        self._form = load_form()
        self._titles = option_titles()

    async def export(self, find_it: Find) -> dict[str, Any] | None:
        """The whole record; None where there is no conversation."""

        def look(uow: UnitOfWork) -> dict[str, Any] | None:
            conversation = find_it(uow)
            return of_client(uow, conversation.id, self._form) if conversation else None

        return await self._db.run(look, read_only=True)

    def page(self, request: Request, note: dict[str, Any] | None, *, file: str, back: str) -> Response:
        """The note in words, by section; what was not talked about is left out."""
        lang = note["lang"] if note else choose_lang(request)
        shown = readable(note, self._form, self._titles, lang) if note else []
        context: dict[str, Any] = {"sections": shown, "note": note, "moment": moment_of, "file": file}
        back = f"{back}?lang={lang}" if back else ""
        return self._web.render(request, "chat/note.html", lang=lang, headers=NO_STORE, back=back, **context)

    def file(self, note: dict[str, Any] | None) -> Response:
        """The whole record as a file; 404 where there is none."""
        if note is None:
            return JSONResponse({"error": "not_found"}, status_code=404)
        return JSONResponse(note, headers={**NO_STORE, "Content-Disposition": 'attachment; filename="catatan.json"'})


def add_note_pages(router: APIRouter, db: Database, web: Web) -> None:
    """`/chat/note` and `/chat/note.json`; only the session that holds the conversation sees it."""
    pages = NotePages(db, web)

    @router.get("/note")
    async def page(request: Request) -> Response:
        if await db.run(lambda uow: is_covert(uow, session_of(request)), read_only=True):
            return RedirectResponse("/chat", status_code=303)
        note = await pages.export(lambda uow: find(uow, session_of(request)))
        return pages.page(request, note, file="/chat/note.json", back="/chat")

    @router.get("/note.json")
    async def as_json(request: Request) -> Response:
        if await db.run(lambda uow: is_covert(uow, session_of(request)), read_only=True):
            return pages.file(None)
        return pages.file(await pages.export(lambda uow: find(uow, session_of(request))))


def link_router(db: Database, web: Web) -> APIRouter:
    """`/note/<token>` for people of other channels, who asked for it there."""
    router, pages = APIRouter(include_in_schema=False, prefix=PATH), NotePages(db, web)

    @router.get("/{token}")
    async def page(request: Request, token: str) -> Response:
        note = await pages.export(lambda uow: follow(uow, token))
        if note is None:
            raise HTTPException(404)
        return pages.page(request, note, file=f"{PATH}/{token}/note.json", back="")

    @router.get("/{token}/note.json")
    async def as_json(token: str) -> Response:
        return pages.file(await pages.export(lambda uow: follow(uow, token)))

    return router


def schema_router() -> APIRouter:
    """The published JSON Schema of a note."""
    router = APIRouter(include_in_schema=False)

    @router.get(SCHEMA_PATH)
    async def published() -> Response:
        return JSONResponse(schema(load_form()))

    return router
