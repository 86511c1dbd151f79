"""Public pages: the list of rights articles with a search, and one article."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse

from bot.config import Settings
from bot.rights import service, store
from bot.rights.model import Article, SearchResult, Shown, Standing, by_theme, local_day
from bot.rights.publishing.store import was_withdrawn
from bot.rights.service import neutral_path
from bot.rights.sharing import SharingPages
from bot.rights.showing import article_page
from bot.storage.unit_of_work import Database, UnitOfWork
from bot.web.i18n import choose_lang
from bot.web.shell import Web

LONGEST_QUESTION = 200


def rights_router(db: Database, web: Web, settings: Settings) -> APIRouter:
    """The routes of the rights room that need no sign-in."""
    router = APIRouter()
    sharing = SharingPages(db, web, settings.base_url)
    sharing.add_feeds(router)
    sharing.add_neutral(router)

    @router.get("/hak", response_class=HTMLResponse)
    async def list_articles(request: Request, q: str = "") -> HTMLResponse:
        lang = choose_lang(request)
        question = q.strip()[:LONGEST_QUESTION]
        today = local_day(db.clock.now())
        articles = await db.run(service.articles, read_only=True)
        found = SearchResult((), none=True)
        if question:
            found = await db.run(lambda uow: service.search(uow, question, lang), read_only=True)
        return web.render(
            request,
            "rights/list.html",
            lang=lang,
            question=question,
            found=[result.article for result in found.results],
            unsure=found.asks,
            themes=by_theme(articles),
            expired=_expired(articles, today),
        )

    @router.get("/hak/{slug}", response_class=HTMLResponse)
    async def show_article(request: Request, slug: str) -> HTMLResponse:
        lang = choose_lang(request)
        shown, related, withdrawn = await db.run(lambda uow: _look(uow, slug), read_only=True)
        if withdrawn:
            return web.render(request, "rights/withdrawn.html", lang=lang, status=410)
        if shown is None:
            raise HTTPException(404)
        today = local_day(db.clock.now())
        page = article_page(shown.article, lang, today, related=related, in_doubt=shown.in_doubt)
        link = f"{settings.base_url}{neutral_path(shown.article)}?lang={lang}"
        return web.render(request, "rights/article.html", lang=lang, link=link, **page)

    return router


def _expired(articles: tuple[Article, ...], today: date) -> set[str]:
    return {article.code for article in articles if article.standing(today) is Standing.EXPIRED}


def _look(uow: UnitOfWork, slug: str) -> tuple[Shown | None, list[Article], bool]:
    """The article at an address with those related to it, and whether it was taken back."""
    found = service.shown(uow, slug)
    related = store.by_codes(uow, found.article.related) if found is not None else []
    return found, related, found is None and was_withdrawn(uow, slug)
