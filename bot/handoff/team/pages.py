"""The supervisor's page of the team, live, and taking a conversation over. Everything works as a plain form."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from sse_starlette import ServerSentEvent
from starlette.responses import Response

from bot.accounts.guard import Guard, SignedInSession
from bot.accounts.model import Session, Staff
from bot.accounts.pages import Field, staff_frame
from bot.clock import month_in_words
from bot.conversation.transcript import QUEUE_TOPIC, desk_topic
from bot.handoff.held import Say
from bot.handoff.live import PageStream, event_of
from bot.handoff.model import CLOSING_QUESTIONS
from bot.handoff.showing import Desk
from bot.handoff.team import coaching
from bot.handoff.team.answers import answers_by_month
from bot.handoff.team.model import ANSWERS, FEWEST_ALIKE, FEWEST_ASKED
from bot.handoff.team.reading import team_board
from bot.handoff.team.taking_over import take_over
from bot.safety import service as safety
from bot.storage.unit_of_work import Database, UnitOfWork
from bot.web.shell import Web


def add_team_pages(router: APIRouter, db: Database, web: Web, guard: Guard, say: Say) -> None:
    """/desk/team and what a supervisor does from there."""
    desk = Desk(web)

    @router.get("/desk/team", dependencies=guard.allow("team.see"))
    async def team(request: Request, session: SignedInSession) -> Response:
        board = await db.run(lambda uow: team_board(uow, session.staff), read_only=True)
        lang = session.staff.lang
        frame = staff_frame(session)
        return web.render(request, "desk/team.html", lang=lang, team=board, **desk.team_words(lang), **frame)

    @router.get("/desk/team/events", dependencies=guard.allow("team.see", touches=False))
    async def events(request: Request, session: SignedInSession) -> Response:
        return TeamStream(db, desk, guard, session).answer(request)

    @router.get("/desk/answers", dependencies=guard.allow("answers.see"))
    async def answers(request: Request, session: SignedInSession) -> Response:
        months = await db.run(lambda uow: answers_by_month(uow, session.staff), read_only=True)
        return web.render(
            request,
            "desk/answers.html",
            lang=session.staff.lang,
            months=months,
            questions=CLOSING_QUESTIONS,
            answers=ANSWERS,
            fewest_asked=FEWEST_ASKED,
            fewest_alike=FEWEST_ALIKE,
            month_of=lambda one: month_in_words(one.year, one.month, session.staff.lang),
            **staff_frame(session),
        )

    @router.post("/desk/conversations/{handoff_id}/take-over", dependencies=guard.allow("handoff.take_over"))
    async def step_in(handoff_id: str, session: SignedInSession, why: Field = "", epoch: Field = "") -> Response:
        seen = int(epoch) if epoch.isdecimal() and len(epoch) < 10 else 0
        await db.run(lambda uow: _take_over(uow, handoff_id, session.staff, seen, why, say))
        return RedirectResponse(f"/desk/conversations/{handoff_id}", status_code=303)

    @router.post("/desk/conversations/{handoff_id}/coaching", dependencies=guard.allow("coaching.write"))
    async def coach(handoff_id: str, session: SignedInSession, text: Field = "") -> Response:
        # A form's line breaks arrive as CR LF.
        words = text.replace("\r\n", "\n")
        await db.run(lambda uow: coaching.write_note(uow, handoff_id, session.staff, words))
        return RedirectResponse(f"/desk/conversations/{handoff_id}?notice=coached", status_code=303)

    @router.post("/desk/coaching/{coaching_id}/read", dependencies=guard.allow("coaching.read"))
    async def read(coaching_id: str, session: SignedInSession) -> Response:
        of = await db.run(lambda uow: coaching.tick_read(uow, coaching_id, session.staff))
        return RedirectResponse(f"/desk/conversations/{of}", status_code=303)


def _take_over(uow: UnitOfWork, handoff_id: str, staff: Staff, seen: int, why: str, say: Say) -> None:
    """Whoever takes the chat has seen its alerts."""
    claim = take_over(uow, handoff_id, staff, seen, why, say)
    safety.acknowledge(uow, claim.conversation_id, staff.id)


class TeamStream(PageStream):
    """What the team's page hears: the whole page again whenever something in it has changed."""

    def __init__(self, db: Database, desk: Desk, guard: Guard, session: Session) -> None:
        super().__init__(db, guard, session)
        self._desk = desk
        self._html = ""

    async def _step(self, heard: frozenset[str]) -> tuple[frozenset[str], list[ServerSentEvent]]:
        staff = self._session.staff
        board = await self._db.run(lambda uow: team_board(uow, staff), read_only=True)
        topics = frozenset({QUEUE_TOPIC, *(desk_topic(one.row.conversation_id) for one in board.held)})
        html = self._desk.team(board, staff.lang)
        if html == self._html:
            return topics, []
        self._html = html
        return topics, [event_of("queue", {"html": html, "waiting": len(board.waiting), "danger": board.danger})]
