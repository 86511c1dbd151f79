"""The desk's page of open alerts: who waits in danger, and a tick for whoever has seen to it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from bot.accounts.guard import Guard, SignedInSession, StaffRoute
from bot.accounts.pages import staff_frame
from bot.oncall.reading import acknowledge, alerts_for
from bot.storage.unit_of_work import Database
from bot.web.shell import Web


def alerts_router(db: Database, web: Web) -> APIRouter:
    """/desk/alerts. It names conversations by their number and shows nothing of what was said."""
    guard = Guard(db, https=web.https)
    router = APIRouter(prefix="/desk/alerts", route_class=StaffRoute, include_in_schema=False)

    @router.get("", dependencies=guard.allow("alert.see"))
    async def alerts(request: Request, session: SignedInSession) -> Response:
        found = await db.run(lambda uow: alerts_for(uow, session.staff), read_only=True)
        frame = staff_frame(session)
        return web.render(request, "desk/alerts.html", lang=session.staff.lang, alerts=found, **frame)

    @router.post("/{conversation_id}/seen", dependencies=guard.allow("alert.acknowledge"))
    async def seen(conversation_id: str, session: SignedInSession) -> Response:
        await db.run(lambda uow: acknowledge(uow, conversation_id, session.staff))
        return RedirectResponse("/desk/alerts", status_code=303)

    return router
