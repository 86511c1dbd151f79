"""Giving published articles on: feeds and the sitemap for machines; addresses, QR codes, posters without the topic."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from bot.accounts.qr import qr_svg
from bot.rights import feeds, store
from bot.rights.feeds import Entry, Feed
from bot.rights.model import Shown, Standing, local_day
from bot.rights.publishing.store import was_withdrawn
from bot.rights.service import mark, neutral_path
from bot.rights.showing import article_page
from bot.storage.unit_of_work import Database, UnitOfWork
from bot.web.i18n import LANGS, choose_lang
from bot.web.shell import Web

MOST_ENTRIES = 50
UNLISTED = {"X-Robots-Tag": "noindex"}
"""Nobody finds a topic by an address that hides it."""
ATOM_TYPE, JSON_TYPE = "application/atom+xml", "application/feed+json"


class SharingPages:
    """The handlers; stateless."""

    def __init__(self, db: Database, web: Web, base_url: str) -> None:
        self._db = db
        self._web = web
        self._base_url = base_url

    def add_feeds(self, router: APIRouter) -> None:
        """Feeds come before the articles' own addresses, which have no dots."""

        @router.get("/hak/feed.atom")
        async def as_atom(request: Request) -> Response:
            feed, entries = await self._feed(request, "feed.atom")
            return Response(feeds.atom(feed, entries, self._db.clock.now()), media_type=ATOM_TYPE)

        @router.get("/hak/feed.json")
        async def as_json(request: Request) -> Response:
            feed, entries = await self._feed(request, "feed.json")
            return Response(feeds.json_feed(feed, entries), media_type=JSON_TYPE)

        @router.get("/sitemap.xml")
        async def sitemap() -> Response:
            today = local_day(self._db.clock.now())
            valid = await self._db.run(lambda uow: store.valid_addresses(uow, today), read_only=True)
            pages = [(f"{self._base_url}/hak", None), *((f"{self._base_url}/hak/{slug}", at) for slug, at in valid)]
            return Response(feeds.sitemap(pages, LANGS), media_type="application/xml")

        @router.get("/robots.txt")
        async def robots() -> Response:
            return Response(feeds.robots(self._base_url), media_type="text/plain")

    def add_neutral(self, router: APIRouter) -> None:
        @router.get("/i/{code}")
        async def read(request: Request, code: str) -> Response:
            """The article, whose address, title and preview say nothing of its topic."""
            lang = choose_lang(request)
            shown, withdrawn = await self._db.run(lambda uow: _look(uow, code), read_only=True)
            if withdrawn:
                return self._web.render(request, "rights/withdrawn.html", lang=lang, status=410, headers=UNLISTED)
            if shown is None:
                raise HTTPException(404)
            page = article_page(shown.article, lang, self._today, related=(), in_doubt=shown.in_doubt)
            link = self._link(shown, lang)
            return self._web.render(request, "rights/neutral.html", lang=lang, headers=UNLISTED, link=link, **page)

        @router.get("/i/{code}/qr.svg")
        async def qr(request: Request, code: str) -> Response:
            shown = await self._valid(code)
            svg = qr_svg(self._link(shown, choose_lang(request)))
            return Response(svg, media_type="image/svg+xml", headers=UNLISTED)

        @router.get("/i/{code}/poster")
        async def poster(request: Request, code: str) -> Response:
            """One sheet of paper: what it is about, the code, and the address in letters."""
            lang, shown = choose_lang(request), await self._valid(code)
            return self._web.render(
                request,
                "rights/poster.html",
                lang=lang,
                headers=UNLISTED,
                article=shown.article,
                words=shown.article.words_in(lang),
                mark=mark(shown, lang),
                link=self._link(shown, lang),
            )

    @property
    def _today(self) -> date:
        return local_day(self._db.clock.now())

    def _link(self, shown: Shown, lang: str) -> str:
        return f"{self._base_url}{neutral_path(shown.article)}?lang={lang}"

    async def _valid(self, code: str) -> Shown:
        """What is out under a code and has not expired: nothing else is worth being printed. Raises HTTPException."""
        shown, withdrawn = await self._db.run(lambda uow: _look(uow, code), read_only=True)
        if withdrawn:
            raise HTTPException(410)
        if shown is None or shown.article.standing(self._today) is Standing.EXPIRED:
            raise HTTPException(404)
        return shown

    async def _feed(self, request: Request, name: str) -> tuple[Feed, list[Entry]]:
        lang, today = choose_lang(request), self._today
        found = await self._db.run(lambda uow: store.newest(uow, today, MOST_ENTRIES), read_only=True)
        page = f"{self._base_url}/hak"
        feed = Feed(f"{page}/{name}?lang={lang}", f"{page}?lang={lang}", self._web.t(lang, "rights.title"), lang)
        entries = []
        for shown, changed_at in found:
            article = shown.article
            words = article.words_in(lang)
            url = f"{page}/{article.slug}?lang={lang}"
            own = lang if lang in article.words else "id"
            entries.append(Entry(url, words.title, words.short, mark(shown, lang), own, changed_at))
        return feed, entries


def _look(uow: UnitOfWork, code: str) -> tuple[Shown | None, bool]:
    """The article of a code, and whether it was taken back."""
    found = store.by_code(uow, code)
    return found, found is None and was_withdrawn(uow, code)
