"""The note of a conversation that a worker holds: the staff's own part, and the note as a page and as a file."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.responses import Response

from bot.accounts.guard import Guard, SignedInSession
from bot.accounts.model import Staff
from bot.accounts.pages import staff_frame
from bot.counselling.note_form import load_form
from bot.handoff import assessment
from bot.handoff.note_export import of_staff
from bot.handoff.note_pdf import note_pdf
from bot.handoff.note_readable import moment_of, option_titles, readable
from bot.storage.unit_of_work import Database, UnitOfWork
from bot.web.shell import Web

NO_STORE = {"Cache-Control": "no-store"}


def add_note_pages(router: APIRouter, db: Database, web: Web, guard: Guard) -> None:
    """`…/assessment` writes the staff's part, `…/note` and its files show what consent opens; each is on record."""
    form, titles = load_form(), option_titles()

    def exported(uow: UnitOfWork, handoff_id: str, staff: Staff) -> dict[str, Any]:
        return of_staff(uow, handoff_id, staff, form)

    @router.post("/desk/conversations/{handoff_id}/assessment", dependencies=guard.allow("assessment.write"))
    async def write(request: Request, handoff_id: str, session: SignedInSession) -> Response:
        """Keep what changed; only the parts that the form showed are looked at."""
        sent = await request.form()
        shown = {str(name) for name in sent.getlist("part")}
        given = {name: [str(value) for value in sent.getlist(f"value-{name}")] for name in shown}
        staff = session.staff
        changed = await db.run(lambda uow: assessment.record(uow, handoff_id, staff, given, form))
        notice = "assessment_saved" if changed else "assessment_same"
        return RedirectResponse(f"/desk/conversations/{handoff_id}?notice={notice}#assessment", status_code=303)

    @router.get("/desk/conversations/{handoff_id}/note", dependencies=guard.allow("note.export"))
    async def page(request: Request, handoff_id: str, session: SignedInSession) -> Response:
        """The note to read and print, with who opened it and when."""
        note = await db.run(partial(exported, handoff_id=handoff_id, staff=session.staff))
        lang = session.staff.lang
        return web.render(
            request,
            "desk/note_page.html",
            lang=lang,
            note=note,
            sections=readable(note, form, titles, lang),
            labels={field.name: field.label[lang] for field in form.fields},
            moment=moment_of,
            handoff_id=handoff_id,
            headers=NO_STORE,
            **staff_frame(session),
        )

    @router.get("/desk/conversations/{handoff_id}/note.json", dependencies=guard.allow("note.export"))
    async def as_json(handoff_id: str, session: SignedInSession) -> Response:
        """The same as a file in the published form."""
        note = await db.run(partial(exported, handoff_id=handoff_id, staff=session.staff))
        return JSONResponse(note, headers=_download(note, "json"))

    @router.get("/desk/conversations/{handoff_id}/note.pdf", dependencies=guard.allow("note.export"))
    async def as_pdf(handoff_id: str, session: SignedInSession) -> Response:
        """The same to print and to file, with a watermark on each page."""
        note = await db.run(partial(exported, handoff_id=handoff_id, staff=session.staff))
        lang = session.staff.lang
        # Cutting the font takes a tenth of a second, which no other page has to wait for.
        file = await asyncio.to_thread(note_pdf, note, readable(note, form, titles, lang), form, web.t, lang)
        return Response(file, media_type="application/pdf", headers=_download(note, "pdf"))


def _download(note: Mapping[str, Any], ending: str) -> dict[str, str]:
    name = f"catatan-{note['conversation']}.{ending}"
    return {**NO_STORE, "Content-Disposition": f'attachment; filename="{name}"'}
