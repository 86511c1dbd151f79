"""`/layanan`: services near a province and regency that somebody picks from a list. Nobody is located or counted."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from bot.rights.directory import place, regions
from bot.rights.model import local_day
from bot.rights.services.forms import day_ranges
from bot.rights.services.model import said
from bot.rights.services.near import services_for
from bot.rights.services.pages import topics
from bot.rights.showing import day_of
from bot.storage.unit_of_work import Database
from bot.web.i18n import choose_lang
from bot.web.shell import Web


def near_router(db: Database, web: Web) -> APIRouter:
    """The page and nothing else; what is chosen is in its address, so that it works without scripts."""
    router = APIRouter(include_in_schema=False)

    @router.get("/layanan", response_class=HTMLResponse)
    async def near(request: Request, provinsi: str = "", daerah: str = "", topik: str = "") -> HTMLResponse:
        lang = choose_lang(request)
        province = next((region for region in regions() if region.code == provinsi), None)
        # A regency of another province is what a form holds whose province was changed: it counts for nothing.
        regency = next((part for part in province.parts if part.code == daerah), None) if province else None
        here = regency or province
        topic = topik if topik in topics() else None
        today = local_day(db.clock.now())
        found = await db.run(
            lambda uow: services_for(
                uow, topic, here.code if here else None, today=today, production=web.settings.production
            ),
            read_only=True,
        )
        return web.render(
            request,
            "rights/near.html",
            lang=lang,
            found=found,
            provinces=sorted(regions(), key=lambda region: region.name),
            province=province,
            regency=regency,
            topics=sorted(topics().items(), key=lambda item: item[1][lang]),
            topic=topic,
            place=place,
            said=said,
            day=lambda at: day_of(at, lang),
            ranges=day_ranges,
        )

    return router
