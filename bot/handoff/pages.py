"""The desk: the queue, a conversation with its note, what a worker does there, and the live stream."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.responses import Response

from bot.accounts.guard import Guard, SignedInSession, StaffRoute
from bot.accounts.model import Session, Staff
from bot.accounts.pages import Field, Switch, home_of, staff_frame
from bot.accounts.permissions import allowed
from bot.accounts.router import account_router
from bot.accounts.sessions import touch
from bot.config import Settings
from bot.conversation.transcript import ConversationGone
from bot.counselling.note_form import BadEntry
from bot.handoff import service
from bot.handoff.live import DeskStream
from bot.handoff.model import (
    MAX_SAY,
    OUTCOMES,
    AlreadyClaimed,
    BadText,
    ComesUnasked,
    HandoffNotFound,
    NotHeld,
    NotKept,
    NoTransfer,
    NotWaiting,
    NotYours,
    SomebodyReadsAlong,
)
from bot.handoff.note_pages import add_note_pages
from bot.handoff.opening_pages import add_opening_pages
from bot.handoff.presence_pages import ShowTyping, add_presence_pages, nowhere_else
from bot.handoff.reading import look, open_conversation
from bot.handoff.service import Say
from bot.handoff.showing import Desk
from bot.handoff.tasks import service as tasks
from bot.handoff.tasks.pages import add_task_pages
from bot.handoff.tasks.reading import tasks_of, today
from bot.handoff.team.coaching import addressee, notes_of
from bot.handoff.team.model import REASONS, BadReason
from bot.handoff.team.pages import add_team_pages
from bot.handoff.transfer import targets
from bot.handoff.transfer_pages import add_transfer_pages
from bot.safety import service as safety
from bot.storage.unit_of_work import Database, UnitOfWork
from bot.web.shell import Web

_MESSAGE_ID = re.compile(r"^[A-Za-z0-9_-]{8,64}$")
_LATEST = 2**31 - 1


def desk_router(
    db: Database, web: Web, say: Say, settings: Settings, *, show_typing: ShowTyping = nowhere_else
) -> APIRouter:
    """Everything under /desk, the accounts' pages among it. `show_typing` is how it is seen on other channels."""
    guard = Guard(db, https=web.https)
    router = APIRouter(route_class=HandoffRoute, include_in_schema=False)
    router.include_router(account_router(db, web, guard, base_url=settings.base_url))
    pages = DeskPages(db, web, guard, say)
    pages.add_reading(router)
    pages.add_working(router)
    pages.add_live(router)
    add_note_pages(router, db, web, guard)
    add_transfer_pages(router, db, guard, say)
    add_task_pages(router, db, web, guard)
    add_opening_pages(router, db, web, guard)
    add_team_pages(router, db, web, guard, say)
    add_presence_pages(router, db, guard, show_typing)
    return router


class HandoffRoute(StaffRoute):
    """Adds the handoff room's own refusals to those of the guard."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        handler = super().get_route_handler()

        async def translated(request: Request) -> Response:
            try:
                return await handler(request)
            except (HandoffNotFound, ConversationGone):
                raise HTTPException(404) from None
            except AlreadyClaimed as error:
                return _refused(request, "already_claimed", by=error.by)
            except NotWaiting:
                return _refused(request, "not_waiting")
            except NotYours as error:
                return _refused(request, "not_yours", by=error.by)
            except SomebodyReadsAlong:
                return _refused(request, "covert")
            except ComesUnasked:
                return _refused(request, "unasked")
            except NoTransfer:
                return _refused(request, "no_transfer")
            except NotHeld:
                return _refused(request, "not_held")
            except BadReason:
                return _refused(request, "no_reason", status=400)
            except NotKept:
                return _refused(request, "not_kept")
            except BadEntry:
                return _refused(request, "assessment_bad", status=400)
            except BadText as error:
                return _refused(request, f"text_{error.rule}", status=400)

        return translated


def _refused(request: Request, reason: str, *, by: str = "", status: int = 409) -> Response:
    """Scripts are told why; a plain form lands on the conversation, which shows who holds it now."""
    if "text/html" not in request.headers.get("accept", ""):
        return JSONResponse({"error": reason, "by": by}, status_code=status)
    return RedirectResponse(_page_of(request.path_params["handoff_id"], reason), status_code=303)


def _page_of(handoff_id: str, notice: str = "") -> str:
    return f"/desk/conversations/{handoff_id}" + (f"?notice={notice}" if notice else "")


class DeskPages:
    """The handlers; stateless."""

    def __init__(self, db: Database, web: Web, guard: Guard, say: Say) -> None:
        self._db = db
        self._web = web
        self._guard = guard
        self._say = say
        self._desk = Desk(web)

    def add_reading(self, router: APIRouter) -> None:
        """The two pages: the queue alone, and with a conversation."""
        guard, db = self._guard, self._db

        @router.get("/desk", dependencies=guard.allow("desk.enter"))
        async def desk(request: Request, session: SignedInSession, notice: str = "") -> Response:
            if not allowed(session.staff.roles, "queue.see"):
                return RedirectResponse(home_of(session.staff.roles), status_code=303)
            board = await db.run(lambda uow: self._desk.board(uow, session.staff))
            return self._page(request, session, board=board, view=None, notice=notice)

        @router.get("/desk/conversations/{handoff_id}", dependencies=guard.allow("conversation.read"))
        async def conversation(
            request: Request,
            handoff_id: str,
            session: SignedInSession,
            notice: str = "",
            since: Annotated[int | None, Query(ge=1, le=_LATEST)] = None,
        ) -> Response:
            coaches = allowed(session.staff.roles, "coaching.write")

            def read(uow: UnitOfWork) -> dict[str, Any]:
                view = open_conversation(uow, handoff_id, session.staff, since=since)
                return {
                    "board": self._desk.board(uow, session.staff),
                    "view": view,
                    "names": self._desk.names(uow, view),
                    "targets": targets(uow, session.staff) if view.content else None,
                    "tasks": tasks_of(uow, handoff_id, session.staff) if view.content else (),
                    "owners": tasks.owners(uow, session.staff) if view.content else [],
                    "today": today(uow),
                    "coaching": notes_of(uow, handoff_id, session.staff),
                    "coach_to": addressee(uow, handoff_id, session.staff) if coaches else "",
                }

            return self._page(request, session, notice=notice, **await db.run(read))

    def _page(self, request: Request, session: Session, *, notice: str, **context: Any) -> Response:
        lang = session.staff.lang
        return self._web.render(
            request,
            "desk/desk.html",
            lang=lang,
            notice=self._desk.notice(notice, lang),
            outcomes=OUTCOMES,
            reasons=REASONS if allowed(session.staff.roles, "handoff.take_over") else (),
            max_text=MAX_SAY,
            now=self._db.clock.now(),
            **staff_frame(session),
            **self._desk.context(session.staff, lang, **context),
        )

    def add_working(self, router: APIRouter) -> None:
        """What a worker does: claim, speak, end. Each works as a plain form and from a script."""
        guard, db = self._guard, self._db

        @router.post("/desk/conversations/{handoff_id}/claim", dependencies=guard.allow("handoff.claim"))
        async def claim(handoff_id: str, session: SignedInSession) -> Response:
            await db.run(lambda uow: _claim(uow, handoff_id, session.staff, self._say))
            return RedirectResponse(_page_of(handoff_id), status_code=303)

        @router.post("/desk/conversations/{handoff_id}/messages", dependencies=guard.allow("conversation.write"))
        async def send(
            request: Request,
            handoff_id: str,
            session: SignedInSession,
            text: Field = "",
            client_message_id: Field = "",
            knowingly: Switch = False,
            unasked: Switch = False,
            begun: Annotated[list[str], Form()] = [],  # noqa: B006  # FastAPI copies it
        ) -> Response:
            if not _MESSAGE_ID.match(client_message_id):
                raise HTTPException(400)
            # A form's line breaks arrive as CR LF.
            line, before = text.replace("\r\n", "\n"), [one.replace("\r\n", "\n") for one in begun]

            def speak(uow: UnitOfWork) -> tuple[Any, Mapping[str, str]]:
                meant = {"knowingly": knowingly, "unasked": unasked}
                said = service.say(uow, handoff_id, session.staff, line, client_message_id, begun=before, **meant)
                return said, {session.staff.id: session.staff.designation}

            try:
                said, names = await db.run(speak)
            except (BadText, SomebodyReadsAlong, ComesUnasked):
                # Nothing that was written is lost: the page that says what is wrong, or wants a tick, brings it back.
                await db.run(lambda uow: service.keep_draft(uow, handoff_id, session.staff, line))
                raise
            if "text/html" in request.headers.get("accept", ""):
                return RedirectResponse(_page_of(handoff_id), status_code=303)
            html = self._desk.message(said, session.staff, names, session.staff.lang)
            return JSONResponse({"number": said.number, "html": html})

        @router.post("/desk/conversations/{handoff_id}/close", dependencies=guard.allow("handoff.end"))
        async def close(handoff_id: str, session: SignedInSession, outcome: Field = "other") -> Response:
            chosen = outcome if outcome in OUTCOMES else "other"
            await db.run(lambda uow: service.close(uow, handoff_id, session.staff, chosen, self._say))
            return RedirectResponse("/desk?notice=closed", status_code=303)

        @router.post("/desk/conversations/{handoff_id}/return", dependencies=guard.allow("handoff.end"))
        async def give_back(handoff_id: str, session: SignedInSession) -> Response:
            await db.run(lambda uow: service.return_to_bot(uow, handoff_id, session.staff, self._say))
            return RedirectResponse("/desk?notice=returned", status_code=303)

    def add_live(self, router: APIRouter) -> None:
        """The streams, and the sign of life that a page gives for each beat it hears."""
        guard, db = self._guard, self._db

        @router.post("/desk/heartbeat", dependencies=guard.allow("queue.see", touches=False))
        async def heartbeat(session: SignedInSession, active: Switch = False) -> Response:
            def alive(uow: UnitOfWork) -> None:
                service.heartbeat(uow, session.staff)
                if active:
                    touch(uow, session.id)

            await db.run(alive)
            return Response(status_code=204)

        @router.get("/desk/events", dependencies=guard.allow("queue.see", touches=False))
        async def queue_events(request: Request, session: SignedInSession) -> Response:
            return self._stream(request, session, None, 0)

        follows = guard.allow("conversation.read", touches=False)

        @router.get("/desk/conversations/{handoff_id}/events", dependencies=follows)
        async def conversation_events(
            request: Request, handoff_id: str, session: SignedInSession, after: int = 0
        ) -> Response:
            await db.run(partial(look, handoff_id=handoff_id, staff=session.staff), read_only=True)
            last = request.headers.get("last-event-id", "")
            number = int(last) if last.isdecimal() and len(last) < 10 else after
            return self._stream(request, session, handoff_id, min(max(number, 0), _LATEST))

    def _stream(self, request: Request, session: Session, handoff_id: str | None, after: int) -> Response:
        return DeskStream(self._db, self._desk, self._guard, session, handoff_id, after).answer(request)


def _claim(uow: UnitOfWork, handoff_id: str, staff: Staff, say: Say) -> None:
    """Whoever takes the chat has seen its alerts."""
    claim = service.claim(uow, handoff_id, staff, say)
    safety.acknowledge(uow, claim.conversation_id, staff.id)
