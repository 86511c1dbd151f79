"""The desk's page of opening hours, and of what each worker can do; whatever is wrong is said with its line."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from bot.accounts.guard import Guard, SignedInSession
from bot.accounts.model import Session, Staff
from bot.accounts.pages import Field, staff_frame
from bot.accounts.permissions import allowed
from bot.accounts.store import staff_of
from bot.clock import moment_in_words
from bot.handoff.held import designation_of
from bot.handoff.hours import BadHours
from bot.handoff.opening import Written, abilities_of, hours_of, write_abilities, write_hours, written_hours
from bot.handoff.routing import SETS, Abilities, BadTag
from bot.handoff.showing import Desk, topic_labels
from bot.storage.unit_of_work import Database, UnitOfWork
from bot.web.i18n import LANGS
from bot.web.shell import Web

NOTICES = frozenset({"hours_saved", "abilities_saved"})

Names = Annotated[tuple[str, ...], Form()]


def add_opening_pages(router: APIRouter, db: Database, web: Web, guard: Guard) -> None:
    """/desk/hours: everybody of the desk reads it, supervisors and admins change it."""
    pages = OpeningPages(db, web)

    @router.get("/desk/hours", dependencies=guard.allow("hours.see"))
    async def hours(request: Request, session: SignedInSession, notice: str = "") -> Response:
        words = web.t(session.staff.lang, f"handoff.{notice}") if notice in NOTICES else ""
        return await pages.show(request, session, notice=words)

    @router.post("/desk/hours", dependencies=guard.allow("hours.edit"))
    async def save(request: Request, session: SignedInSession, lines: Field = "") -> Response:
        written = lines.replace("\r\n", "\n")
        try:
            await db.run(lambda uow: write_hours(uow, session.staff, written))
        except BadHours as error:
            t = partial(web.t, session.staff.lang)
            what = t(f"handoff.hours_bad_{error.rule}", words=error.words)
            problem = t("handoff.hours_bad", line=error.line, what=what)
            return await pages.show(request, session, problem=problem, lines=written, bad_line=error.line)
        return RedirectResponse("/desk/hours?notice=hours_saved", status_code=303)

    @router.post("/desk/hours/workers/{staff_id}", dependencies=guard.allow("abilities.edit"))
    async def abilities(
        request: Request,
        staff_id: str,
        session: SignedInSession,
        languages: Names = (),
        regions: Field = "",
        topics: Names = (),
        skills: Field = "",
    ) -> Response:
        given = dict(zip(SETS, (",".join(languages), regions, ",".join(topics), skills), strict=True))
        try:
            await db.run(lambda uow: write_abilities(uow, session.staff, staff_id, given))
        except BadTag as error:
            problem = web.t(session.staff.lang, "handoff.abilities_bad", words=error.words)
            return await pages.show(request, session, problem=problem)
        return RedirectResponse("/desk/hours?notice=abilities_saved", status_code=303)


class OpeningPages:
    """Renders the page; stateless."""

    def __init__(self, db: Database, web: Web) -> None:
        self._db = db
        self._web = web
        self._desk = Desk(web)

    async def show(
        self,
        request: Request,
        session: Session,
        *,
        notice: str = "",
        problem: str = "",
        lines: str | None = None,
        bad_line: int = 0,
    ) -> Response:
        """The page as it is, or with what was written and what is wrong with it."""
        seen = await self._db.run(lambda uow: self._read(uow, session.staff), read_only=True)
        return self._web.render(
            request,
            "desk/hours.html",
            lang=session.staff.lang,
            status=400 if problem else 200,
            notice=notice,
            problem=problem,
            bad_line=bad_line,
            sets=SETS,
            **{**seen, **({} if lines is None else {"lines": lines})},
            **staff_frame(session),
        )

    def _read(self, uow: UnitOfWork, staff: Staff) -> dict[str, Any]:
        written = written_hours(uow, staff.organisation_id)
        hours = hours_of(uow, staff.organisation_id)
        opens = hours.next_opening(uow.now)
        known = abilities_of(uow, staff.organisation_id)
        workers = [
            one for one in staff_of(uow, staff.organisation_id) if one.active and allowed(one.roles, "queue.see")
        ]
        return {
            "lines": written.lines if written else "",
            "changed": self._changed(uow, written, staff.lang, hours.zone) if written else "",
            "open_now": hours.is_open(uow.now),
            "opens": moment_in_words(opens, staff.lang, hours.zone) if opens else "",
            "workers": [(one, known.get(one.id, Abilities())) for one in workers],
            "choices": {"languages": list(LANGS), "topics": list(topic_labels())},
            "name_of": partial(self._desk.ability, staff.lang),
            "may_edit": allowed(staff.roles, "hours.edit"),
        }

    def _changed(self, uow: UnitOfWork, written: Written, lang: str, zone: str) -> str:
        who, moment = designation_of(uow, written.by), moment_in_words(written.at, lang, zone)
        return self._web.t(lang, "handoff.hours_changed", who=who, moment=moment)
