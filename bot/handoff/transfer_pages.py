"""What a worker does to pass a conversation on or take one over, and the draft that goes along."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from bot.accounts.guard import Guard, SignedInSession
from bot.accounts.model import Staff
from bot.accounts.pages import Field
from bot.handoff import service, transfer
from bot.handoff.held import Say, held_locked
from bot.handoff.model import NoTransfer
from bot.storage.unit_of_work import Database, UnitOfWork

COLLEAGUE, ORGANISATION = "staff", "organisation"
"""What stands before the id in the form's choice."""


def add_transfer_pages(router: APIRouter, db: Database, guard: Guard, say: Say) -> None:
    """Offer, accept, call off, and keep a draft. Each works as a plain form."""

    def page_of(handoff_id: str) -> Response:
        return RedirectResponse(f"/desk/conversations/{handoff_id}", status_code=303)

    def offer_to(uow: UnitOfWork, handoff_id: str, staff: Staff, to: str) -> None:
        kind, _, target = to.partition(":")
        if kind == COLLEAGUE:
            transfer.offer_to_colleague(uow, handoff_id, staff, target)
        elif kind == ORGANISATION:
            transfer.offer_to_organisation(uow, handoff_id, staff, target, say)
        else:
            # Whose conversation it is comes first: what belongs to others is not there at all.
            held_locked(uow, handoff_id, staff)
            raise NoTransfer(handoff_id)

    passes_on = guard.allow("handoff.transfer")

    @router.post("/desk/conversations/{handoff_id}/transfer", dependencies=passes_on)
    async def offer(handoff_id: str, session: SignedInSession, to: Field = "") -> Response:
        await db.run(lambda uow: offer_to(uow, handoff_id, session.staff, to))
        return page_of(handoff_id)

    @router.post("/desk/conversations/{handoff_id}/transfer/accept", dependencies=passes_on)
    async def accept(handoff_id: str, session: SignedInSession) -> Response:
        await db.run(lambda uow: transfer.accept(uow, handoff_id, session.staff, say))
        return page_of(handoff_id)

    @router.post("/desk/conversations/{handoff_id}/transfer/off", dependencies=passes_on)
    async def call_off(handoff_id: str, session: SignedInSession) -> Response:
        held = await db.run(lambda uow: transfer.call_off(uow, handoff_id, session.staff, say))
        return page_of(handoff_id) if held else RedirectResponse("/desk", status_code=303)

    writes = guard.allow("conversation.write")

    @router.post("/desk/conversations/{handoff_id}/draft", dependencies=writes)
    async def draft(handoff_id: str, session: SignedInSession, text: Field = "") -> Response:
        await db.run(lambda uow: service.keep_draft(uow, handoff_id, session.staff, text))
        return Response(status_code=204)
