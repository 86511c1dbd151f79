"""`/desk/audit`: who did what and who read what, for the auditor. Conversations are numbers, and content is none."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.accounts.guard import Guard, SignedInSession, StaffRoute
from bot.accounts.model import Staff
from bot.accounts.pages import staff_frame
from bot.accounts.store import staff_of
from bot.audit.model import GROUPS, Deed, Question
from bot.audit.reading import deeds
from bot.clock import WIB
from bot.conversation.model import number_of
from bot.storage.unit_of_work import Database, UnitOfWork
from bot.web.shell import Web


def audit_router(db: Database, web: Web) -> APIRouter:
    """The auditor's page."""
    guard = Guard(db, https=web.https)
    router = APIRouter(prefix="/desk/audit", route_class=StaffRoute, include_in_schema=False)

    @router.get("", dependencies=guard.allow("audit.see"))
    async def trail(
        request: Request,
        session: SignedInSession,
        group: str = "",
        who: str = "",
        conversation: str = "",
        before: str = "",
    ) -> Response:
        question = Question(
            group=group if group in GROUPS else "",
            staff_id=who,
            conversation=number_of(conversation),
            before=number_of(before),
        )

        def read(uow: UnitOfWork) -> tuple[list[Deed], int | None, list[Staff]]:
            return *deeds(uow, session.staff, question), staff_of(uow, session.staff.organisation_id)

        found, older, members = await db.run(read, read_only=True)
        lang = session.staff.lang
        return web.render(
            request,
            "desk/audit.html",
            lang=lang,
            deeds=found,
            question=question,
            misread=bool(conversation.strip()) and question.conversation is None,
            typed=conversation[:20],
            groups=list(GROUPS),
            members=members,
            older=f"?{urlencode({'group': group, 'who': who, 'conversation': conversation, 'before': older})}"
            if older
            else "",
            second_of=lambda at: f"{at + WIB:%H.%M.%S}",
            words_of=lambda action: _words(web, lang, f"action_{action}", action),
            record_of=lambda record: _words(web, lang, f"record_{record}", record),
            **staff_frame(session),
        )

    return router


def _words(web: Web, lang: str, key: str, name: str) -> str:
    """What a deed or a record is called; one that nobody found words for keeps its own name."""
    known = f"audit.{key.replace('.', '_')}"
    return web.t(lang, known) if known in set(web.t) else name
