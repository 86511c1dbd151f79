"""What a worker's page says by itself: that its worker is writing, and what they have read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

import structlog
from fastapi import APIRouter
from starlette.background import BackgroundTask
from starlette.responses import Response

from bot.accounts.guard import Guard, SignedInSession
from bot.accounts.pages import Number, Switch
from bot.handoff.presence import TYPING_EVERY, worker_signs
from bot.storage.unit_of_work import Database
from bot.web.guards import Throttle

log = structlog.get_logger()

ShowTyping = Callable[[str], Awaitable[None]]
"""Shows the person of a conversation that something is being written, where their channel can."""


async def nowhere_else(_conversation_id: str) -> None:
    """For installations whose only channel is the web chat."""


def add_presence_pages(router: APIRouter, db: Database, guard: Guard, show_typing: ShowTyping) -> None:
    """`…/presence`; what a page does by itself keeps no session awake."""
    pace = Throttle(1, TYPING_EVERY, clock=lambda: db.clock.now().timestamp())

    async def outside(conversation_id: str) -> None:
        try:
            await show_typing(conversation_id)
        except Exception as error:
            log.warning("desk.typing_not_shown", error=type(error).__name__)

    @router.post(
        "/desk/conversations/{handoff_id}/presence",
        dependencies=guard.allow("conversation.presence", touches=False),
    )
    async def presence(handoff_id: str, session: SignedInSession, typing: Switch = False, read: Number = 0) -> Response:
        goes_on = typing and pace.allow(handoff_id)
        signs = partial(worker_signs, handoff_id=handoff_id, staff=session.staff, typing=goes_on, read=read)
        writes_to = await db.run(signs)
        return Response(status_code=204, background=BackgroundTask(outside, writes_to) if writes_to else None)
