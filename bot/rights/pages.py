"""Public pages: the list of rights articles with a search, one article; and the first page for agencies."""

from __future__ import annotations

import re
from datetime import date

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse

from bot.config import Settings
from bot.rights import service
from bot.rights.markdown import to_html
from bot.rights.model import Article, Citation, Deadline, Found, Standing, by_theme, local_day
from bot.storage.unit_of_work import Database
from bot.web.i18n import choose_lang
from bot.web.shell import Web

LONGEST_QUESTION = 200

_STATES = {"berlaku": "in force", "laporan": "report", "perlu ditinjau lembaga": "needs review by an agency"}
_UNITS = (
    ("hari kerja", "working days"),
    ("sebelum berakhir", "before it ends"),
    ("jam", "hours"),
    ("hari", "days"),
    ("minggu", "weeks"),
    ("bulan", "months"),
    ("tahun", "years"),
)
_MONTHS = {
    "id": "Jan Feb Mar Apr Mei Jun Jul Agu Sep Okt Nov Des",
    "en": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
}


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
        articles = await db.run(service.articles, read_only=True)
        article = next((article for article in articles if article.slug == slug), None)
        if article is None:
            raise HTTPException(404)
        today = local_day(db.clock.now())
        words = article.words_in(lang)
        return web.render(
            request,
            "rights/article.html",
            lang=lang,
            article=article,
            words=words,
            standing=article.standing(today).value,
            body=to_html(article.words["id"].body),
            citations=[_cited(citation, lang) for citation in article.citations],
            deadlines=[(deadline.label[lang], _within(deadline, lang)) for deadline in article.deadlines],
            related=[other for other in articles if other.code in article.related],
            day=lambda day: _day(day, lang),
        )

    @router.get("/publish", response_class=HTMLResponse)
    async def publishing(request: Request) -> HTMLResponse:
        lang = choose_lang(request)
        today = local_day(db.clock.now())
        articles = await db.run(service.articles, read_only=True)
        rows = sorted(articles, key=lambda article: (article.valid_until, article.code))
        return web.render(
            request,
            "rights/publish.html",
            lang=lang,
            rows=[(article, article.standing(today).value) for article in rows],
            day=lambda day: _day(day, lang),
        )

    return router


def _expired(articles: tuple[Article, ...], today: date) -> set[str]:
    return {article.code for article in articles if article.standing(today) is Standing.EXPIRED}


def _cited(citation: Citation, lang: str) -> tuple[str, str, str]:
    """Source, state in force, and the key of the words that say how sure we are."""
    article, state = citation.article, citation.state
    if lang == "en":
        article = re.sub(r"^Pasal\b", "Article", article)
        state = _STATES.get(state, state)
    source = f"{citation.law} {article}".strip()
    return source, state, f"rights.confidence_{citation.confidence.lower()}"


def _within(deadline: Deadline, lang: str) -> str:
    text = deadline.within
    if lang == "en":
        for indonesian, english in _UNITS:
            text = re.sub(rf"\b{indonesian}\b", english, text)
    return text


def _day(day: date, lang: str) -> str:
    return f"{day.day} {_MONTHS[lang].split()[day.month - 1]} {day.year}"
