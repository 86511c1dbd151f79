"""The desk's pages of disclosures: choose a ground, write down the least, decide, and look again by a second person."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from bot.accounts.guard import Guard, SignedInSession, StaffRoute
from bot.accounts.model import Session
from bot.accounts.pages import Field, staff_frame
from bot.accounts.store import staff_of
from bot.conversation.transcript import ConversationGone
from bot.duties import service
from bot.duties.disclosure import (
    MAX_CONTACT,
    MAX_FIELD,
    MAX_REASON,
    BadDraft,
    Disclosure,
    Draft,
    Event,
    NotPossible,
    NotTheirs,
    SamePerson,
    State,
)
from bot.duties.model import Duties
from bot.handoff.model import HandoffNotFound, NotYours, View
from bot.handoff.reading import look
from bot.storage.unit_of_work import Database, UnitOfWork
from bot.web.shell import Web

NOTICES = frozenset({"not_possible", "not_theirs", "same_person", "review", "long", "made", "told", "reviewed"})
LIMITS = {"field": MAX_FIELD, "reason": MAX_REASON, "contact": MAX_CONTACT}


def duties_router(db: Database, web: Web, duties: Duties) -> APIRouter:
    """/desk/disclosures, and the form at the conversation that a worker holds."""
    router = APIRouter(route_class=DutiesRoute, include_in_schema=False)
    pages = DutiesPages(db, web, Guard(db, https=web.https), duties)
    pages.add_drafting(router)
    pages.add_reading(router)
    pages.add_deciding(router)
    return router


class DutiesRoute(StaffRoute):
    """Adds the room's own refusals: each leads back to where the person sees how things stand now."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        handler = super().get_route_handler()

        async def translated(request: Request) -> Response:
            try:
                return await handler(request)
            except (HandoffNotFound, ConversationGone):
                raise HTTPException(404) from None
            except NotYours:
                handoff_id = request.path_params["handoff_id"]
                return RedirectResponse(f"/desk/conversations/{handoff_id}?notice=not_yours", status_code=303)
            except NotPossible:
                return _back(request, "not_possible")
            except NotTheirs:
                return _back(request, "not_theirs")
            except SamePerson:
                return _back(request, "same_person")
            except BadDraft as error:
                return _back(request, error.rule)

        return translated


def _back(request: Request, notice: str) -> Response:
    # A page that may not be read can't be what a refusal leads to.
    of = request.path_params.get("disclosure_id") if request.method != "GET" else None
    return RedirectResponse(f"/desk/disclosures{'/' + of if of else ''}?notice={notice}", status_code=303)


class DutiesPages:
    """The handlers; stateless."""

    def __init__(self, db: Database, web: Web, guard: Guard, duties: Duties) -> None:
        self._db = db
        self._web = web
        self._guard = guard
        self._duties = duties

    def add_drafting(self, router: APIRouter) -> None:
        """The form: first the ground, then nothing but what this ground allows."""
        guard, db = self._guard, self._db

        @router.get("/desk/conversations/{handoff_id}/disclosure", dependencies=guard.allow("disclosure.draft"))
        async def form(request: Request, handoff_id: str, session: SignedInSession, ground: str = "") -> Response:
            view = await db.run(lambda uow: _held(uow, handoff_id, session), read_only=True)
            return self._form(request, session, view, Draft(ground, {}, "", "", "", ""))

        @router.post("/desk/conversations/{handoff_id}/disclosure", dependencies=guard.allow("disclosure.draft"))
        async def write(
            request: Request,
            handoff_id: str,
            session: SignedInSession,
            ground: Field = "",
            recipient: Field = "",
            contact: Field = "",
            reason: Field = "",
            told: Field = "",
            why_not: Field = "",
        ) -> Response:
            sent = await request.form()
            fields = {key[6:]: str(value) for key, value in sent.items() if key.startswith("field_")}
            wanted = Draft(ground, fields, recipient, contact, reason, told, why_not)
            try:
                new = await db.run(lambda uow: service.draft(uow, handoff_id, session.staff, wanted, self._duties))
            except BadDraft as error:
                view = await db.run(lambda uow: _held(uow, handoff_id, session), read_only=True)
                return self._form(request, session, view, wanted, problem=error.rule)
            return RedirectResponse(f"/desk/disclosures/{new}", status_code=303)

    def _form(self, request: Request, session: Session, view: View, draft: Draft, problem: str = "") -> Response:
        return self._render(
            request,
            session,
            "desk/disclosure_form.html",
            status=400 if problem else 200,
            view=view,
            draft=draft,
            ground=self._duties.ground(draft.ground),
            limits=LIMITS,
            problem=problem,
        )

    def add_reading(self, router: APIRouter) -> None:
        """The list without words, and one disclosure with them."""
        guard, db = self._guard, self._db

        @router.get("/desk/disclosures", dependencies=guard.allow("disclosure.see"))
        async def listing(request: Request, session: SignedInSession, notice: str = "") -> Response:
            items, names = await db.run(lambda uow: _listed(uow, session), read_only=True)
            return self._render(
                request, session, "desk/disclosures.html", items=items, names=names, notice=_known(notice)
            )

        @router.get("/desk/disclosures/{disclosure_id}", dependencies=guard.allow("disclosure.see"))
        async def one(request: Request, disclosure_id: str, session: SignedInSession, notice: str = "") -> Response:
            def read(uow: UnitOfWork) -> tuple[Disclosure, dict[str, str]]:
                item = service.read(uow, disclosure_id, session.staff, self._duties)
                return item, _names(uow, session)

            item, names = await db.run(read)
            return self._render(
                request,
                session,
                "desk/disclosure.html",
                item=item,
                names=names,
                notice=_known(notice),
                may=self._may(item, session),
                limits=LIMITS,
            )

    def _may(self, item: Disclosure, session: Session) -> dict[str, bool]:
        """Which of the buttons this person is shown; the rules are asked again when one is pressed."""
        me, roles = session.staff.id, session.staff.roles
        return {
            "make": item.state is State.DRAFTED and not self._duties.deciding.roles.isdisjoint(roles),
            "drop": item.state is State.DRAFTED and me == item.drafted_by,
            "tell": item.state not in (State.DRAFTED, State.DROPPED) and not item.client_knows,
            "review": item.state is State.MADE
            and not self._duties.second_review.roles.isdisjoint(roles)
            and me not in (item.drafted_by, item.made_by),
        }

    def add_deciding(self, router: APIRouter) -> None:
        """What moves a disclosure on."""
        guard, db, duties = self._guard, self._db, self._duties

        @router.post("/desk/disclosures/{disclosure_id}/make", dependencies=guard.allow("disclosure.decide"))
        async def make(disclosure_id: str, session: SignedInSession) -> Response:
            await db.run(lambda uow: service.make(uow, disclosure_id, session.staff, duties))
            return _to(disclosure_id, "made")

        @router.post("/desk/disclosures/{disclosure_id}/drop", dependencies=guard.allow("disclosure.drop"))
        async def drop(disclosure_id: str, session: SignedInSession) -> Response:
            await db.run(lambda uow: service.drop(uow, disclosure_id, session.staff))
            return RedirectResponse("/desk/disclosures", status_code=303)

        @router.post("/desk/disclosures/{disclosure_id}/told", dependencies=guard.allow("disclosure.tell"))
        async def told(disclosure_id: str, session: SignedInSession) -> Response:
            await db.run(lambda uow: service.told(uow, disclosure_id, session.staff))
            return _to(disclosure_id, "told")

        @router.post("/desk/disclosures/{disclosure_id}/review", dependencies=guard.allow("disclosure.review"))
        async def review(
            disclosure_id: str, session: SignedInSession, verdict: Field = "", words: Field = ""
        ) -> Response:
            event = {"uphold": Event.UPHOLD, "object": Event.OBJECT}.get(verdict)
            if event is None:
                raise HTTPException(400)
            await db.run(lambda uow: service.review(uow, disclosure_id, session.staff, event, words, duties))
            return _to(disclosure_id, "reviewed")

    def _render(self, request: Request, session: Session, template: str, **context: Any) -> Response:
        lang = session.staff.lang
        return self._web.render(
            request,
            template,
            lang=lang,
            duties=self._duties,
            now=self._db.clock.now(),
            in_words=partial(_in_words, lang),
            **staff_frame(session),
            **context,
        )


def _held(uow: UnitOfWork, handoff_id: str, session: Session) -> View:
    view = look(uow, handoff_id, session.staff)
    if not view.row.mine:
        raise NotYours(view.row.held_by or "")
    return view


def _listed(uow: UnitOfWork, session: Session) -> tuple[list[Disclosure], dict[str, str]]:
    return service.listing(uow, session.staff), _names(uow, session)


def _names(uow: UnitOfWork, session: Session) -> dict[str, str]:
    return {member.id: member.designation for member in staff_of(uow, session.staff.organisation_id)}


def _in_words(lang: str, pair: dict[str, str]) -> str:
    return pair.get(lang) or pair["id"]


def _known(notice: str) -> str:
    return notice if notice in NOTICES else ""


def _to(disclosure_id: str, notice: str) -> Response:
    return RedirectResponse(f"/desk/disclosures/{disclosure_id}?notice={notice}", status_code=303)
