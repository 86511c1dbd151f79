"""`/publish/services`: an agency's directory, its numbers with their tests, starters to adopt, files in and out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData
from starlette.responses import Response

from bot.accounts.guard import Guard, SignedInSession, StaffRoute
from bot.accounts.model import RecordNotFound, Session
from bot.accounts.pages import Field, staff_frame
from bot.accounts.permissions import allowed
from bot.content import BrokenContent
from bot.counselling.definitions import load_definitions
from bot.rights.directory import place
from bot.rights.model import local_day
from bot.rights.publishing.pages import handed_in
from bot.rights.services import service
from bot.rights.services.files import LARGEST, MOST_TABLES, as_json, as_zip
from bot.rights.services.forms import BLANK_ROWS, IN_ENGLISH, form_of, form_sent, read_form
from bot.rights.services.model import (
    DAYS,
    PHONE_KINDS,
    REPORTS,
    TIMEZONES,
    AddressOfConfidential,
    Entry,
    Organisation,
    Status,
)
from bot.rights.services.service import CodeInUse
from bot.rights.showing import day_of
from bot.safety.model import CATEGORIES
from bot.storage.unit_of_work import Database
from bot.web.shell import Web

HOME = "/publish/services"
NOTICES = frozenset(
    {
        *("created", "adopted", "saved", "tested", "failed", "assured", "removed", "imported"),
        *("no_file", "code_in_use", "confidential", "written_meanwhile", "no_name"),
    }
)
LONGEST_NAME = 200

_FIELDS = {
    "organization": "organisation",
    "service_areas": "areas",
    "service_at_locations": "locations",
    "attributes": "categories",
}


@cache
def topics() -> dict[str, dict[str, str]]:
    """What services may be for: each problem type with its name in each language."""
    return {code: dict(label) for code, label in load_definitions().problem_labels.items()}


def directory_router(db: Database, web: Web) -> APIRouter:
    """The routes for agencies; each names its action, and each record is looked up within one's own agency."""
    router = APIRouter(prefix=HOME, route_class=DirectoryRoute, include_in_schema=False)
    pages = DirectoryPages(db, web)
    pages.add_list(router)
    pages.add_files(router)
    pages.add_entry(router)
    pages.add_tests(router)
    return router


class DirectoryRoute(StaffRoute):
    """Adds the room's own refusals: each leads back to where the person sees how things stand now."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        handler = super().get_route_handler()

        async def translated(request: Request) -> Response:
            try:
                return await handler(request)
            except CodeInUse:
                return _done(request.path_params.get("service_id", ""), "code_in_use")
            except AddressOfConfidential:
                return _done(request.path_params.get("service_id", ""), "confidential")

        return translated


class DirectoryPages:
    """The handlers; stateless."""

    def __init__(self, db: Database, web: Web) -> None:
        self._db = db
        self._web = web
        self._guard = Guard(db, https=web.https)

    def add_list(self, router: APIRouter) -> None:
        guard, db = self._guard, self._db

        @router.get("", dependencies=guard.allow("directory.see"))
        async def first_page(request: Request, session: SignedInSession, notice: str = "", count: int = 0) -> Response:
            return await self._list(request, session, notice=notice, count=count)

        @router.post("", dependencies=guard.allow("directory.write"))
        async def create(session: SignedInSession, name: Field = "", organisation: Field = "") -> Response:
            name, run_by = (" ".join(text.split())[:LONGEST_NAME] for text in (name, organisation))
            if not name or not run_by:
                return _done("", "no_name")
            entry = Entry(db.new_id(), Organisation(db.new_id(), run_by), name)
            await db.run(lambda uow: service.save(uow, session.staff, entry))
            return _done(entry.id, "created")

        @router.post("/starters/{code}", dependencies=guard.allow("directory.write"))
        async def adopt(code: str, session: SignedInSession) -> Response:
            return _done(await db.run(lambda uow: service.adopt(uow, session.staff, code)), "adopted")

    def add_files(self, router: APIRouter) -> None:
        guard, db = self._guard, self._db

        @router.post("/import", dependencies=guard.allow("directory.import"))
        async def bring_in(request: Request, session: SignedInSession) -> Response:
            files = await handed_in(request, LARGEST)
            if not 0 < len(files) <= MOST_TABLES:
                return await self._list(request, session, notice="no_file", status=400)
            try:
                count = await db.run(lambda uow: service.bring_in(uow, session.staff, files))
            except BrokenContent as broken:
                return await self._list(request, session, broken=broken, status=400)
            return RedirectResponse(f"{HOME}?notice=imported&count={count}", status_code=303)

        @router.get("/export{ending}", dependencies=guard.allow("directory.export"))
        async def take_along(ending: str, session: SignedInSession) -> Response:
            if ending not in (".json", ".zip"):
                raise RecordNotFound(ending)
            entries = await db.run(lambda uow: service.entries_of(uow, session.staff), read_only=True)
            content: str | bytes = as_json(entries) if ending == ".json" else as_zip(entries)
            headers = {"Content-Disposition": f'attachment; filename="layanan{ending}"'}
            return Response(content, media_type=f"application/{ending[1:]}", headers=headers)

    def add_entry(self, router: APIRouter) -> None:
        guard, db = self._guard, self._db

        @router.get("/{service_id}", dependencies=guard.allow("directory.see"))
        async def editor(request: Request, service_id: str, session: SignedInSession, notice: str = "") -> Response:
            return self._editor(request, session, await self._opened(session, service_id), notice=notice)

        @router.post("/{service_id}", dependencies=guard.allow("directory.write"))
        async def save(request: Request, service_id: str, session: SignedInSession, base: Field = "") -> Response:
            entry, sent = await self._opened(session, service_id), await request.form()
            if base != _digest(entry):
                return self._editor(request, session, entry, notice="written_meanwhile", status=409)
            try:
                text = read_form(sent, entry, db.new_id)
            except BrokenContent as broken:
                return self._editor(request, session, entry, sent=sent, broken=broken, status=400)
            await db.run(lambda uow: service.save(uow, session.staff, text))
            return _done(service_id, "saved")

        @router.post("/{service_id}/remove", dependencies=guard.allow("directory.write"))
        async def remove(service_id: str, session: SignedInSession) -> Response:
            await db.run(lambda uow: service.remove(uow, session.staff, service_id))
            return _done("", "removed")

    def add_tests(self, router: APIRouter) -> None:
        guard, db = self._guard, self._db

        @router.post("/{service_id}/tested", dependencies=guard.allow("directory.test"))
        async def tested(service_id: str, session: SignedInSession, number: Field = "") -> Response:
            await db.run(lambda uow: service.mark_tested(uow, session.staff, service_id, _number(number)))
            return _done(service_id, "tested")

        @router.post("/{service_id}/failed", dependencies=guard.allow("directory.test"))
        async def failed(service_id: str, session: SignedInSession, number: Field = "") -> Response:
            await db.run(lambda uow: service.mark_failed(uow, session.staff, service_id, _number(number)))
            return _done(service_id, "failed")

        @router.post("/{service_id}/assure", dependencies=guard.allow("directory.test"))
        async def assure(service_id: str, session: SignedInSession) -> Response:
            await db.run(lambda uow: service.assure(uow, session.staff, service_id))
            return _done(service_id, "assured")

    async def _opened(self, session: Session, service_id: str) -> Entry:
        return await self._db.run(lambda uow: service.opened(uow, session.staff, service_id), read_only=True)

    async def _list(
        self,
        request: Request,
        session: Session,
        *,
        notice: str = "",
        count: int = 0,
        broken: BrokenContent | None = None,
        status: int = 200,
    ) -> Response:
        who = session.staff
        entries, starters = await self._db.run(
            lambda uow: (service.entries_of(uow, who), service.starters(uow)), read_only=True
        )
        return self._render(
            request,
            session,
            "publish/services.html",
            status=status,
            entries=entries,
            starters=starters,
            notice=notice,
            count=count,
            broken=broken,
        )

    def _editor(
        self,
        request: Request,
        session: Session,
        entry: Entry,
        *,
        notice: str = "",
        sent: FormData | None = None,
        broken: BrokenContent | None = None,
        status: int = 200,
    ) -> Response:
        return self._render(
            request,
            session,
            "publish/service.html",
            status=status,
            entry=entry,
            base=_digest(entry),
            notice=notice,
            count=0,
            form=form_sent(sent) if sent else form_of(entry),
            bad=_field_of(broken) if broken else "",
            topics=topics(),
            crises=[category.value for category in CATEGORIES],
            statuses=[one.value for one in Status],
            kinds=PHONE_KINDS,
            days=DAYS,
            timezones=TIMEZONES,
            reports=REPORTS,
            in_english=IN_ENGLISH,
            blank_rows=BLANK_ROWS,
        )

    def _render(
        self, request: Request, session: Session, template: str, *, status: int, notice: str, **context: Any
    ) -> Response:
        who = session.staff
        return self._web.render(
            request,
            template,
            lang=who.lang,
            status=status,
            notice=notice if notice in NOTICES else "",
            may=lambda action: allowed(who.roles, action),
            day=lambda at: day_of(at, who.lang),
            today=local_day(self._db.clock.now()),
            place=place,
            home=HOME,
            **staff_frame(session),
            **context,
        )


def _done(service_id: str, notice: str) -> Response:
    return RedirectResponse(f"{HOME}/{service_id}".rstrip("/") + f"?notice={notice}", status_code=303)


def _digest(entry: Entry) -> str:
    """Changes with anything in an entry."""
    return hashlib.sha256(as_json([entry]).encode()).hexdigest()


def _field_of(broken: BrokenContent) -> str:
    """The part of the form in which something is wrong."""
    name = broken.field.split(".")[0]
    return _FIELDS.get(name, name)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else -1
