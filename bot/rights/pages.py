"""Public pages: the list of rights articles with a search, and one article."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse

from bot.config import Settings
from bot.rights import service
from bot.rights.model import Article, Found, Shown, Standing, by_theme, local_day
from bot.rights.publishing.store import was_withdrawn
from bot.rights.showing import article_page
from bot.storage.unit_of_work import Database, UnitOfWork
from bot.web.i18n import choose_lang
from bot.web.shell import Web

LONGEST_QUESTION = 200


def rights_router(db: Database, web: Web, settings: Settings) -> APIRouter:
    """The routes of the rights room that need no sign-in."""
    router = APIRouter()

    @router.get("/hak", response_class=HTMLResponse)
    async def list_articles(request: Request, q: str = "") -> HTMLResponse:
        lang = choose_lang(request)
        question = q.strip()[:LONGEST_QUESTION]
        today = local_day(db.clock.now())
        articles = await db.run(service.articles, read_only=True)
        found: tuple[Found, ...] = ()
        if question:
            found = (await db.run(lambda uow: service.search(uow, question, lang), read_only=True)).results
        return web.render(
            request,
            "rights/list.html",
            lang=lang,
            question=question,
            found=[result.article for result in found],
            themes=by_theme(articles),
            expired=_expired(articles, today),
        )

    @router.get("/hak/{slug}", response_class=HTMLResponse)
    async def show_article(request: Request, slug: str) -> HTMLResponse:
        lang = choose_lang(request)
        shown, articles, withdrawn = await db.run(lambda uow: _look(uow, slug), read_only=True)
        if withdrawn:
            return web.render(request, "rights/withdrawn.html", lang=lang, status=410)
        if shown is None:
            raise HTTPException(404)
        related = [other for other in articles if other.code in shown.article.related]
        today = local_day(db.clock.now())
        page = article_page(shown.article, lang, today, related=related, in_doubt=shown.in_doubt)
        return web.render(request, "rights/article.html", lang=lang, **page)

    return router


def _expired(articles: tuple[Article, ...], today: date) -> set[str]:
    return {article.code for article in articles if article.standing(today) is Standing.EXPIRED}


def _look(uow: UnitOfWork, slug: str) -> tuple[Shown | None, tuple[Article, ...], bool]:
    """The article at an address with all others, and whether it was taken back."""
    found = service.shown(uow, slug)
    return found, service.articles(uow), found is None and was_withdrawn(uow, slug)
