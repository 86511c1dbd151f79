"""`/desk/staff` and `/desk/organisation`: who works here and as what, and what the organisation is called."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from bot.accounts import second_step
from bot.accounts.guard import Guard, SignedInSession
from bot.accounts.model import LastAdmin, Role, Session
from bot.accounts.organisations import ask_for_second_step, organisation_of, receive, rename
from bot.accounts.pages import Field, Switch, staff_frame
from bot.accounts.service import (
    change_roles,
    invite,
    offer_way_back,
    open_invitations,
    switch,
    withdraw_invitation,
)
from bot.accounts.store import staff_of
from bot.clock import day_in_words
from bot.duties.content import duties_of
from bot.storage.unit_of_work import Database, UnitOfWork
from bot.web.shell import Web

MAX_NAME = 200
DONE = frozenset({"roles", "uninvited", "renamed", "second_step", "receiving"})

Roles = Annotated[tuple[str, ...], Form()]


class StaffPages:
    """The handlers; stateless."""

    def __init__(self, db: Database, web: Web, guard: Guard, base_url: str) -> None:
        self._db = db
        self._web = web
        self._guard = guard
        self._base_url = base_url
        self._duties = duties_of(web.settings)

    def add_staff(self, router: APIRouter) -> None:
        """The list, roles, and switching accounts off and on."""
        guard, db = self._guard, self._db

        @router.get("/staff", dependencies=guard.allow("staff.see"))
        async def staff_page(request: Request, session: SignedInSession, done: str = "") -> Response:
            return await self._staff(request, session, done=done)

        @router.post("/staff/{staff_id}/switch", dependencies=guard.allow("staff.switch"))
        async def switch_account(request: Request, staff_id: str, active: Switch, session: SignedInSession) -> Response:
            try:
                await db.run(lambda uow: switch(uow, session.staff, staff_id, active=active))
            except LastAdmin:
                return await self._staff(request, session, problem="last_admin")
            return RedirectResponse("/desk/staff", status_code=303)

        @router.post("/staff/{staff_id}/roles", dependencies=guard.allow("staff.roles"))
        async def roles(request: Request, staff_id: str, session: SignedInSession, roles: Roles = ()) -> Response:
            chosen = _known(roles)
            if not chosen:
                return await self._staff(request, session, problem="no_role")
            try:
                await db.run(lambda uow: change_roles(uow, session.staff, staff_id, chosen))
            except LastAdmin:
                return await self._staff(request, session, problem="last_admin")
            # One's own session ended with the change; the login says so by itself.
            return RedirectResponse("/desk/staff?done=roles", status_code=303)

    def add_links(self, router: APIRouter) -> None:
        """Links that work once: for a new colleague, and for one who lost password or phone."""
        guard, db = self._guard, self._db

        @router.post("/staff/invitations", dependencies=guard.allow("staff.invite"))
        async def new_invitation(request: Request, session: SignedInSession, roles: Roles = ()) -> Response:
            chosen = _known(roles)
            if not chosen:
                return await self._staff(request, session, problem="no_role")
            token = await db.run(lambda uow: invite(uow, session.staff, chosen))
            return await self._staff(request, session, link=self._link(token))

        @router.post("/staff/invitations/{invitation_id}/withdraw", dependencies=guard.allow("staff.invite"))
        async def withdraw(invitation_id: str, session: SignedInSession) -> Response:
            await db.run(lambda uow: withdraw_invitation(uow, session.staff, invitation_id))
            return RedirectResponse("/desk/staff?done=uninvited", status_code=303)

        @router.post("/staff/{staff_id}/way-back", dependencies=guard.allow("staff.way_back"))
        async def way_back(request: Request, staff_id: str, session: SignedInSession) -> Response:
            token = await db.run(lambda uow: offer_way_back(uow, session.staff, staff_id))
            return await self._staff(request, session, link=self._link(token), link_for=staff_id)

    def add_organisation(self, router: APIRouter) -> None:
        """What one's own organisation is called, whether it takes conversations, whether it asks for a second step."""
        guard, db = self._guard, self._db

        @router.get("/organisation", dependencies=guard.allow("organisation.see"))
        async def organisation_page(request: Request, session: SignedInSession, done: str = "") -> Response:
            return await self._organisation(request, session, done=done)

        @router.post("/organisation", dependencies=guard.allow("organisation.change"))
        async def change(request: Request, session: SignedInSession, name: Field = "") -> Response:
            wanted = " ".join(name.split())
            if not wanted or len(wanted) > MAX_NAME:
                return await self._organisation(request, session, problem="organisation_name", typed=name[:MAX_NAME])
            await db.run(lambda uow: rename(uow, session.staff, wanted))
            return RedirectResponse("/desk/organisation?done=renamed", status_code=303)

        @router.post("/organisation/second-step", dependencies=guard.allow("organisation.second_step"))
        async def second_steps(session: SignedInSession, asked: Switch = False) -> Response:
            await db.run(lambda uow: ask_for_second_step(uow, session.staff, asked=asked))
            return RedirectResponse("/desk/organisation?done=second_step", status_code=303)

        @router.post("/organisation/receiving", dependencies=guard.allow("organisation.receive"))
        async def receiving(session: SignedInSession, takes: Switch = False) -> Response:
            await db.run(lambda uow: receive(uow, session.staff, takes=takes))
            return RedirectResponse("/desk/organisation?done=receiving", status_code=303)

    def _link(self, token: str) -> str:
        return f"{self._base_url}/desk/invite/{token}"

    async def _staff(
        self,
        request: Request,
        session: Session,
        *,
        problem: str = "",
        link: str = "",
        link_for: str = "",
        done: str = "",
    ) -> Response:
        me = session.staff

        def read(uow: UnitOfWork) -> dict[str, Any]:
            members = staff_of(uow, me.organisation_id)
            return {
                "members": members,
                "with_second_step": second_step.with_second_step(uow, members),
                "invitations": open_invitations(uow, me.organisation_id),
                "organisation": organisation_of(uow, me),
            }

        found = await self._db.run(read, read_only=True)
        return self._web.render(
            request,
            "desk/staff.html",
            lang=me.lang,
            status=400 if problem else 200,
            roles=list(Role),
            problem=problem,
            link=link,
            link_for=next((member for member in found["members"] if member.id == link_for), None),
            done=done if done in DONE else "",
            now=self._db.clock.now(),
            **found,
            **staff_frame(session),
        )

    async def _organisation(
        self, request: Request, session: Session, *, problem: str = "", typed: str | None = None, done: str = ""
    ) -> Response:
        me = session.staff

        def read(uow: UnitOfWork) -> dict[str, Any]:
            active = [member for member in staff_of(uow, me.organisation_id) if member.active]
            having = second_step.with_second_step(uow, active)
            return {"organisation": organisation_of(uow, me), "active": active, "having": having}

        found = await self._db.run(read, read_only=True)
        active = found["active"]
        return self._web.render(
            request,
            "desk/organisation.html",
            lang=me.lang,
            status=400 if problem else 200,
            name=found["organisation"].name if typed is None else typed,
            without=len(active) - len(found["having"]),
            by_role={role: sum(role in member.roles for member in active) for role in Role},
            problem=problem,
            done=done if done in DONE else "",
            organisation=found["organisation"],
            settings=self._web.settings,
            day_words=lambda day: day_in_words(day, me.lang),
            duties=self._duties,
            **staff_frame(session),
        )


def _known(names: Iterable[str]) -> frozenset[Role]:
    return frozenset(Role(name) for name in names if name in set(Role))
