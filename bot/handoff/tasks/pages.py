"""`/desk/tasks`: what is to be done, by whom and until when; and the forms beside a conversation."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from bot.accounts.guard import Guard, SignedInSession
from bot.accounts.pages import Field, Switch, own_page, staff_frame
from bot.clock import day_in_words
from bot.handoff.tasks import service
from bot.handoff.tasks.content import duties
from bot.handoff.tasks.model import BadTask
from bot.handoff.tasks.reading import task_board, today
from bot.storage.unit_of_work import Database, UnitOfWork
from bot.web.shell import Web

PAGE = "/desk/tasks"
NOTICES = frozenset({"changed", "bad_kind", "bad_due", "bad_owner"})


def add_task_pages(router: APIRouter, db: Database, web: Web, guard: Guard) -> None:
    """The page and its forms; each works without scripts."""

    @router.get(PAGE, dependencies=guard.allow("task.see"))
    async def tasks(request: Request, session: SignedInSession, notice: str = "") -> Response:
        def read(uow: UnitOfWork) -> dict[str, Any]:
            staff = session.staff
            return {"board": task_board(uow, staff), "owners": service.owners(uow, staff), "today": today(uow)}

        lang = session.staff.lang
        return web.render(
            request,
            "desk/tasks.html",
            lang=lang,
            duties=duties(),
            notice=notice if notice in NOTICES else "",
            day_words=lambda day: day_in_words(day, lang),
            **await db.run(read, read_only=True),
            **staff_frame(session),
        )

    @router.post("/desk/conversations/{handoff_id}/tasks", dependencies=guard.allow("task.plan"))
    async def plan(
        handoff_id: str,
        session: SignedInSession,
        kind: Field = "",
        due: Field = "",
        owner: Field = "",
        done: Switch = False,
    ) -> Response:
        page = f"/desk/conversations/{handoff_id}"
        try:
            await db.run(lambda uow: service.plan(uow, handoff_id, session.staff, kind, due, owner, done=done))
        except BadTask as error:
            return _to(page, f"task_{error.field}")
        return _to(page, "task_saved")

    @router.post("/desk/tasks/{task_id}", dependencies=guard.allow("task.change"))
    async def change(task_id: str, session: SignedInSession, due: Field = "", owner: Field = "") -> Response:
        try:
            await db.run(lambda uow: service.change(uow, task_id, session.staff, due, owner))
        except BadTask as error:
            return _to(PAGE, f"bad_{error.field}")
        return _to(PAGE, "changed")

    @router.post("/desk/tasks/{task_id}/done", dependencies=guard.allow("task.change"))
    async def tick(task_id: str, session: SignedInSession, done: Switch = True, back: Field = "") -> Response:
        await db.run(lambda uow: service.tick(uow, task_id, session.staff, done=done))
        return _to(own_page(back) or PAGE)

    @router.post("/desk/tasks/{task_id}/drop", dependencies=guard.allow("task.change"))
    async def drop(task_id: str, session: SignedInSession) -> Response:
        await db.run(lambda uow: service.drop(uow, task_id, session.staff))
        return _to(PAGE, "changed")


def _to(page: str, notice: str = "") -> Response:
    """Back to where the form was; a conversation's tasks stand under a heading of their own."""
    asked = f"?notice={notice}" if notice else ""
    return RedirectResponse(f"{page}{asked}{'' if page == PAGE else '#tasks'}", status_code=303)
