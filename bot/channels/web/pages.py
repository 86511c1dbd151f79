"""The pages and requests of the web chat. Everything works without scripts; scripts make it quicker."""

from __future__ import annotations

import json
import uuid
from functools import partial
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, RedirectResponse
from sqlalchemy.exc import InterfaceError, OperationalError
from starlette.responses import Response

from bot.channels.web.events import Events, Place, tag_of
from bot.channels.web.model import (
    BURST_WINDOW,
    EXIT_PAYLOAD,
    MAX_TEXT,
    MENU,
    START_PAYLOAD,
    Incoming,
    Line,
    NotAcceptable,
    SessionClosed,
    TooFast,
    new_secret,
    read_message,
)
from bot.channels.web.note_pages import add_note_pages
from bot.channels.web.present import Shown, shown, shown_state
from bot.channels.web.return_pages import add_return_pages
from bot.channels.web.service import ChatView, Designation, accept, find, sign, view, waiting_lines
from bot.channels.web.session import comes_from_elsewhere, drop_session, session_of, set_session
from bot.channels.web.store import has_code
from bot.conversation.model import Sender
from bot.handoff.presence import TYPING_EVERY
from bot.storage.unit_of_work import Database, UnitOfWork
from bot.web.guards import Throttle, client_address, require_same_origin
from bot.web.i18n import choose_lang
from bot.web.shell import EXIT_URL, Web

NEW_SESSIONS = (60, 600.0)
"""New conversations per address and seconds; many phones in Indonesia share one address."""

LOOKS = 20
"""How often a page without scripts looks for an answer by itself, every three seconds."""

_STATUS = {"too_fast": 429, "too_many_sessions": 429, "closed": 409, "no_cookie": 409, "unavailable": 503}


def no_designation(_uow: UnitOfWork, _staff_id: str) -> str:
    """For installations that show no designation."""
    return ""


def chat_router(db: Database, web: Web, *, designation: Designation = no_designation) -> APIRouter:
    """Everything under /chat. `designation` says what clients may know of a staff member."""
    router = APIRouter(prefix="/chat", include_in_schema=False)
    chat = ChatPages(db, web, designation)
    own_site = [Depends(require_same_origin)]
    router.add_api_route("", chat.page, methods=["GET"])
    router.add_api_route("/events", chat.events, methods=["GET"])
    router.add_api_route("/messages", chat.message, methods=["POST"], dependencies=own_site)
    router.add_api_route("/presence", chat.presence, methods=["POST"], dependencies=own_site)
    router.add_api_route("/leave", chat.leave, methods=["GET"])
    router.add_api_route("/leave", chat.leave_quietly, methods=["POST"], dependencies=own_site)
    add_return_pages(router, db, web)
    add_note_pages(router, db, web)
    return router


class ChatPages:
    """The handlers of the chat; state is only how often an address began a new conversation, and a page's pace."""

    def __init__(self, db: Database, web: Web, designation: Designation) -> None:
        self._db = db
        self._web = web
        self._designation = designation
        self._events = Events(db, web, designation)
        self._new_sessions = Throttle(*NEW_SESSIONS)
        self._typing_pace = Throttle(1, TYPING_EVERY, clock=lambda: db.clock.now().timestamp())

    async def page(self, request: Request, wait: int = 0) -> Response:
        """The chat. `wait` counts the looks of a page without scripts after it sent something."""
        secret = session_of(request)
        if secret is None and comes_from_elsewhere(request) and "again" not in request.query_params:
            return self._web.render(request, "chat/again.html", lang=choose_lang(request))
        seen, waiting, with_code = await self._db.run(partial(self._look, secret), read_only=True)
        lang = seen.state.lang if seen else choose_lang(request)
        if seen is not None and seen.state.covert:
            return self._render_neutral(request, seen, lang=lang, wait=wait)
        response = self._render(request, seen, waiting, with_code=with_code, lang=lang, wait=wait)
        if secret is None:
            set_session(response, new_secret(), https=self._web.https)
        return response

    async def events(self, request: Request, after: str = "") -> Response:
        """Server-sent events after a place in the conversation, or from where the broken stream ended."""
        place = Place.read(request.headers.get("last-event-id") or after)
        return await self._events.respond(session_of(request), place)

    async def message(self, request: Request) -> Response:
        """One message: as JSON from the script, as a form from the plain page."""
        as_json = request.headers.get("content-type", "").startswith("application/json")
        fields = await _json_fields(request) if as_json else dict(await request.form())
        problem = await self._take(request, fields)
        if as_json:
            return self._json_answer(request, problem)
        if problem is None:
            return RedirectResponse("/chat?wait=1#end", status_code=303)
        return self._web.render(
            request,
            "chat/unsent.html",
            lang=_lang(fields, request),
            status=_STATUS.get(problem, 400),
            problem=problem,
            draft=_text(fields, "text"),
            payload=_text(fields, "payload"),
            message_id=_text(fields, "id") if problem == "unavailable" else str(uuid.uuid4()),
            open_chat=_text(fields, "open") if problem != "closed" else "",
            max_text=MAX_TEXT,
            leave="/chat/leave",
        )

    async def presence(self, request: Request) -> Response:
        """What a page says by itself to the worker who holds the chat. The answer is the same whoever holds it."""
        secret, fields = session_of(request), await _json_fields(request)
        typing = fields.get("typing") is True and self._typing_pace.allow(secret or "")
        read = fields.get("read")
        number = read if isinstance(read, int) else 0
        if typing or number > 0:
            await self._db.run(lambda uow: sign(uow, secret, typing=typing, read=number))
        return Response(status_code=204)

    async def leave(self, request: Request) -> Response:
        """Quick exit without scripts: the session is closed, the browser goes to the harmless page."""
        response = RedirectResponse(EXIT_URL, status_code=303)
        # Another site must not be able to end a conversation by a link.
        if request.headers.get("sec-fetch-site", "same-origin") == "same-origin":
            drop_session(response, https=self._web.https)
        return response

    async def leave_quietly(self) -> Response:
        """Quick exit with scripts: a beacon that nobody waits for."""
        response = Response(status_code=204)
        drop_session(response, https=self._web.https)
        return response

    def _look(self, secret: str | None, uow: UnitOfWork) -> tuple[ChatView | None, tuple[Line, ...], bool]:
        """The conversation, the messages that wait for their turn, and whether there is a return code."""
        conversation = find(uow, secret)
        if conversation is None:
            return None, (), False
        try:
            seen = view(uow, conversation, after=0, designation=self._designation)
            return seen, waiting_lines(uow, conversation), has_code(uow, conversation.id)
        except SessionClosed:
            return None, (), False

    def _render_neutral(self, request: Request, seen: ChatView, *, lang: str, wait: int) -> Response:
        """What is there to see while somebody reads along."""
        t = partial(self._web.t, lang)
        return self._web.render(
            request,
            "chat/neutral.html",
            lang=lang,
            lines=[shown(line, t) for line in seen.lines],
            last_number=seen.lines[-1].number if seen.lines else 0,
            tag=tag_of(seen.id),
            max_text=MAX_TEXT,
            message_id=uuid.uuid4,
            next_look=wait + 1 if seen.state.busy and 0 < wait < LOOKS else 0,
            leave="/chat/leave",
        )

    def _render(
        self,
        request: Request,
        seen: ChatView | None,
        waiting: tuple[Line, ...],
        *,
        with_code: bool,
        lang: str,
        wait: int,
    ) -> Response:
        t = partial(self._web.t, lang)
        lines = [shown(line, t) for line in (*seen.lines, *waiting)] if seen else []
        expecting = seen is not None and (seen.state.busy or seen.state.holder.value in ("queue", "worker"))
        return self._web.render(
            request,
            "chat/chat.html",
            lang=lang,
            lines=lines,
            offers_from=_offers_from(lines),
            read_line=_read_line(lines, seen.state.read if seen else 0),
            last_number=seen.lines[-1].number if seen and seen.lines else 0,
            tag=tag_of(seen.id) if seen else "",
            state=shown_state(seen.state, t) if seen else None,
            has_code=with_code,
            menu=MENU,
            start_payload=START_PAYLOAD,
            exit_payload=EXIT_PAYLOAD,
            max_text=MAX_TEXT,
            message_id=uuid.uuid4,
            waiting=bool(wait),
            next_look=wait + 1 if expecting and 0 < wait < LOOKS else 0,
            leave="/chat/leave",
        )

    async def _take(self, request: Request, fields: dict[str, Any]) -> str | None:
        """Store a message; the name of what stands in the way, or None."""
        secret = session_of(request)
        if secret is None:
            return "closed" if fields.get("open") else "no_cookie"
        try:
            incoming = read_message(fields.get("id"), fields.get("text"), fields.get("payload"))
            if not fields.get("open") and not await self._may_begin(request, secret):
                return "too_many_sessions"
            await self._db.run(partial(self._accept, secret, incoming, fields, _lang(fields, request)))
        except NotAcceptable as error:
            return error.reason
        except TooFast:
            return "too_fast"
        except SessionClosed:
            return "closed"
        except (OperationalError, InterfaceError):
            return "unavailable"
        return None

    async def _may_begin(self, request: Request, secret: str) -> bool:
        known = await self._db.run(lambda uow: find(uow, secret), read_only=True)
        return known is not None or self._new_sessions.allow(client_address(request))

    def _accept(self, secret: str, incoming: Incoming, fields: dict[str, Any], lang: str, uow: UnitOfWork) -> None:
        titles = {payload: self._web.t(lang, f"chat.menu_{name}") for name, payload in MENU}
        titles[START_PAYLOAD] = self._web.t(lang, "chat.start")
        accept(uow, secret, incoming, lang=lang, titles=titles, expects=bool(fields.get("open")))

    def _json_answer(self, request: Request, problem: str | None) -> Response:
        if problem is None:
            return JSONResponse({"accepted": True})
        words = self._web.t(choose_lang(request), f"chat.problem_{problem}")
        seconds = int(BURST_WINDOW.total_seconds())
        headers = {"Retry-After": str(seconds)} if problem in ("too_fast", "unavailable") else None
        return JSONResponse({"error": problem, "text": words}, status_code=_STATUS.get(problem, 400), headers=headers)


def _offers_from(lines: list[Shown]) -> int:
    """Position of the first line whose buttons still count: those after the client's last word that was heard."""
    spoke = [place for place, line in enumerate(lines) if line.kind == Sender.CLIENT and line.number]
    return spoke[-1] + 1 if spoke else 0


def _read_line(lines: list[Shown], read: int) -> int:
    """The number of the client's last line that the worker has read; 0 where there is none."""
    return max((line.number for line in lines if line.kind == Sender.CLIENT and line.number <= read), default=0)


async def _json_fields(request: Request) -> dict[str, Any]:
    """The fields of a JSON body; a body that is none of ours counts as empty."""
    try:
        fields = json.loads(await request.body())
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _lang(fields: dict[str, Any], request: Request) -> str:
    lang = fields.get("lang")
    return lang if lang in ("id", "en") else choose_lang(request)
