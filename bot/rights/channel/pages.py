"""`/publish/channel` and the channel's page of an article: name the channel, see what would be sent, send it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from bot.accounts.guard import Guard, SignedInSession
from bot.accounts.model import Session
from bot.accounts.pages import Field, staff_frame
from bot.accounts.permissions import allowed
from bot.assistant.catalogue import Say
from bot.clock import moment_in_words
from bot.rights.channel import service
from bot.rights.channel.service import Draft, NoChannel, NothingOut
from bot.rights.publishing import reading
from bot.rights.publishing.notices import NOTICES
from bot.storage.unit_of_work import Database, UnitOfWork
from bot.web.shell import Web


class ChannelPages:
    """The handlers; stateless."""

    def __init__(self, db: Database, web: Web, guard: Guard, say: Say) -> None:
        self._db = db
        self._web = web
        self._guard = guard
        self._say = say
        self._base_url = web.settings.base_url

    def add_setting(self, router: APIRouter) -> None:
        guard, db = self._guard, self._db

        @router.get("/channel", dependencies=guard.allow("article.see"))
        async def setting(request: Request, session: SignedInSession, notice: str = "") -> Response:
            chat = await db.run(lambda uow: service.channel_of(uow, session.staff.organisation_id), read_only=True)
            return self._render(request, session, "publish/channel_setting.html", notice, chat=chat)

        @router.post("/channel", dependencies=guard.allow("channel.set"))
        async def name(session: SignedInSession, chat: Field = "") -> Response:
            await db.run(lambda uow: service.set_channel(uow, session.staff, chat.strip()))
            return RedirectResponse("/publish/channel?notice=channel_set", status_code=303)

    def add_posting(self, router: APIRouter) -> None:
        guard, db = self._guard, self._db

        @router.get("/articles/{article_id}/channel", dependencies=guard.allow("article.see"))
        async def preview(
            request: Request, article_id: str, session: SignedInSession, lang: str = "id", notice: str = ""
        ) -> Response:
            page = await db.run(lambda uow: self._look(uow, session, article_id, lang), read_only=True)
            return self._render(request, session, "publish/channel.html", notice, **page)

        @router.post("/articles/{article_id}/channel", dependencies=guard.allow("channel.post"))
        async def send(article_id: str, session: SignedInSession, lang: Field = "", seal: Field = "") -> Response:
            def post(uow: UnitOfWork) -> None:
                service.post(uow, session.staff, article_id, lang, seal, self._say, self._base_url)

            await db.run(post)
            address = f"/publish/articles/{article_id}/channel"
            return RedirectResponse(f"{address}?lang={lang}&notice=posted", status_code=303)

    def _look(self, uow: UnitOfWork, session: Session, article_id: str, lang: str) -> dict[str, Any]:
        found = reading.opened(uow, session.staff, article_id)
        draft: Draft | None = None
        missing = ""
        try:
            draft = service.draft(uow, session.staff, article_id, lang, self._say, self._base_url)
        except NoChannel:
            missing = "no_channel"
        except NothingOut:
            missing = "not_out"
        return {
            "found": found,
            "draft": draft,
            "missing": missing,
            "languages": service.languages_out(uow, session.staff, article_id),
            "posts": service.posts_of(uow, session.staff, article_id),
        }

    def _render(self, request: Request, session: Session, template: str, notice: str, **context: Any) -> Response:
        who = session.staff
        return self._web.render(
            request,
            template,
            lang=who.lang,
            notice=notice if notice in NOTICES else "",
            may=lambda action: allowed(who.roles, action),
            moment=lambda at: moment_in_words(at, who.lang),
            connected=self._web.settings.telegram_token is not None,
            **staff_frame(session),
            **context,
        )
