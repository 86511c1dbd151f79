"""`/publish/articles/…`: one article with its history, the editor with its previews, and all that can happen to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from markupsafe import Markup
from starlette.datastructures import FormData
from starlette.responses import Response

from bot.accounts.guard import Guard, SignedInSession
from bot.accounts.model import RecordNotFound, Session
from bot.accounts.pages import Field, staff_frame
from bot.accounts.permissions import allowed
from bot.assistant.catalogue import Say
from bot.clock import moment_in_words
from bot.rights.model import Article
from bot.rights.nearby import make_directory
from bot.rights.publishing import reading, service
from bot.rights.publishing.diff import changes
from bot.rights.publishing.files import JSON, MARKDOWN, as_json, as_markdown, file_name
from bot.rights.publishing.forms import LANGS, BadForm, read_form
from bot.rights.publishing.notices import NOTICES, done
from bot.rights.publishing.preview import Preview, preview
from bot.rights.publishing.reading import Opened
from bot.rights.publishing.service import CHECKLIST, LONGEST_COMMENT
from bot.rights.services.known import Directory as Known
from bot.rights.showing import day_of
from bot.storage.unit_of_work import Database, UnitOfWork
from bot.web.shell import Web

PROBLEM_TYPES = (
    *("kdrt_fisik", "kdrt_psikis", "kdrt_seksual", "penelantaran_ekonomi", "kekerasan_pacaran", "kekerasan_seksual"),
    *("ksbe", "kekerasan_anak", "pernikahan_paksa", "perundungan", "konflik_pasangan", "perselingkuhan"),
    *("perceraian_hak_asuh", "konflik_keluarga", "pola_asuh", "kesehatan_mental", "akademik", "pekerjaan", "utang"),
    *("lansia", "pekerja_migran", "duka", "kehamilan", "diskriminasi", "kesepian", "adiksi", "other"),
)
MEDIA = {MARKDOWN: "text/markdown", JSON: "application/json"}


class ArticlePages:
    """The handlers; stateless."""

    def __init__(self, db: Database, web: Web, guard: Guard, say: Say) -> None:
        self._db = db
        self._web = web
        self._guard = guard
        self._say = say

    # -------------------------------------------------------------- reading

    def add_reading(self, router: APIRouter) -> None:
        guard = self._guard

        @router.get("/articles/{article_id}", dependencies=guard.allow("article.see"))
        async def overview(request: Request, article_id: str, session: SignedInSession, notice: str = "") -> Response:
            found, shown = await self._previewed(session, article_id)
            return self._render(request, session, "publish/article.html", found, previews=shown, notice=notice)

        @router.get("/articles/{article_id}/versions/{number}", dependencies=guard.allow("article.see"))
        async def one_version(request: Request, article_id: str, number: int, session: SignedInSession) -> Response:
            found, shown = await self._previewed(session, article_id, number)
            return self._render(request, session, "publish/version.html", found, previews=shown, number=number)

        @router.get("/articles/{article_id}/diff", dependencies=guard.allow("article.see"))
        async def compare(
            request: Request, article_id: str, session: SignedInSession, older: int = 0, newer: int = 0
        ) -> Response:
            def read(uow: UnitOfWork) -> tuple[Opened, Article, Article, int, int]:
                found = reading.opened(uow, session.staff, article_id)
                after = newer or found.number
                before = older or found.dossier.life.published or max(1, after - 1)
                texts = [reading.version(uow, found.dossier, number) for number in (before, after)]
                return found, texts[0], texts[1], before, after

            found, before, after, older, newer = await self._db.run(read, read_only=True)
            changed = changes(before, after)
            return self._render(request, session, "publish/diff.html", found, changed=changed, older=older, newer=newer)

        @router.get("/articles/{article_id}/file{ending}", dependencies=guard.allow("article.export"))
        async def as_file(article_id: str, ending: str, session: SignedInSession) -> Response:
            if ending not in MEDIA:
                raise RecordNotFound(ending)
            found = await self._db.run(lambda uow: reading.opened(uow, session.staff, article_id), read_only=True)
            text = as_json(found.newest) if ending == JSON else as_markdown(found.newest)
            headers = {"Content-Disposition": f'attachment; filename="{file_name(found.newest, ending)}"'}
            return Response(text, media_type=MEDIA[ending], headers=headers)

    # -------------------------------------------------------------- writing

    def add_writing(self, router: APIRouter) -> None:
        guard, db = self._guard, self._db

        @router.get("/articles/{article_id}/edit", dependencies=guard.allow("article.write"))
        async def editor(request: Request, article_id: str, session: SignedInSession) -> Response:
            found, shown = await self._previewed(session, article_id)
            return self._editor(request, session, found, found.newest, shown)

        @router.post("/articles/{article_id}/edit", dependencies=guard.allow("article.write"))
        async def save(request: Request, article_id: str, session: SignedInSession, base: Field = "") -> Response:
            found, shown = await self._previewed(session, article_id)
            sent = await request.form()
            try:
                text = read_form(sent, found.newest)
            except BadForm as error:
                return self._editor(request, session, found, found.newest, shown, sent=sent, bad=error)
            stale = base != str(found.number)
            if stale:
                # What was typed stays in the form, on top of what a colleague saved.
                return self._editor(request, session, found, text, shown, notice="written_meanwhile")
            await db.run(lambda uow: service.save(uow, session.staff, article_id, text, found.number))
            return RedirectResponse(f"/publish/articles/{article_id}?notice=saved", status_code=303)

        @router.post("/articles/{article_id}/preview", dependencies=guard.allow("article.write", touches=False))
        async def live(request: Request, article_id: str, session: SignedInSession) -> Response:
            """The previews of what is typed now, as a piece of the page; nothing is kept."""
            found = await db.run(lambda uow: reading.opened(uow, session.staff, article_id), read_only=True)
            try:
                text = read_form(await request.form(), found.newest)
            except BadForm as error:
                return self._piece(request, session, (), bad=error)
            return self._piece(request, session, await self._previews(session, text, found.number + 1))

    # --------------------------------------------------------------- events

    def add_events(self, router: APIRouter) -> None:
        guard, db = self._guard, self._db

        @router.post("/articles/{article_id}/submit", dependencies=guard.allow("article.write"))
        async def submit(article_id: str, session: SignedInSession) -> Response:
            await db.run(lambda uow: service.submit(uow, session.staff, article_id))
            return done(article_id, "submitted")

        @router.post("/articles/{article_id}/send-back", dependencies=guard.allow("article.review"))
        async def send_back(article_id: str, session: SignedInSession, text: Field = "") -> Response:
            await db.run(lambda uow: service.send_back(uow, session.staff, article_id, text))
            return done(article_id, "sent_back")

        @router.post("/articles/{article_id}/publish", dependencies=guard.allow("article.review"))
        async def publish(request: Request, article_id: str, session: SignedInSession, number: Field = "") -> Response:
            checked = frozenset(str(name) for name in (await request.form()).getlist("checked"))
            await db.run(lambda uow: service.publish(uow, session.staff, article_id, _number(number), checked))
            return done(article_id, "published")

        @router.post("/articles/{article_id}/ask-correction", dependencies=guard.allow("article.write"))
        async def ask_correction(article_id: str, session: SignedInSession) -> Response:
            await db.run(lambda uow: service.ask_correction(uow, session.staff, article_id))
            return done(article_id, "correction_asked")

        @router.post("/articles/{article_id}/correct", dependencies=guard.allow("article.correct"))
        async def correct(article_id: str, session: SignedInSession, number: Field = "") -> Response:
            await db.run(lambda uow: service.correct(uow, session.staff, article_id, _number(number)))
            return done(article_id, "corrected")

        @router.post("/articles/{article_id}/withdraw", dependencies=guard.allow("article.withdraw"))
        async def withdraw(article_id: str, session: SignedInSession, text: Field = "") -> Response:
            await db.run(lambda uow: service.withdraw(uow, session.staff, article_id, text))
            return done(article_id, "withdrawn")

        @router.post("/articles/{article_id}/versions/{number}/restore", dependencies=guard.allow("article.write"))
        async def restore(article_id: str, number: int, session: SignedInSession) -> Response:
            await db.run(lambda uow: service.restore(uow, session.staff, article_id, number))
            return done(article_id, "restored")

        @router.post("/articles/{article_id}/comments", dependencies=guard.allow("article.comment"))
        async def comment(article_id: str, session: SignedInSession, text: Field = "") -> Response:
            await db.run(lambda uow: service.comment(uow, session.staff, article_id, text))
            return done(article_id, "commented")

        @router.post("/articles/{article_id}/seen", dependencies=guard.allow("article.see"))
        async def seen(article_id: str, session: SignedInSession) -> Response:
            await db.run(lambda uow: service.seen_warnings(uow, session.staff, article_id))
            return done(article_id, "seen")

    # -------------------------------------------------------------- helpers

    async def _previewed(
        self, session: Session, article_id: str, number: int = 0
    ) -> tuple[Opened, tuple[Preview, ...]]:
        """An article and the previews of one version, the newest unless another is named. Raises RecordNotFound."""

        def read(uow: UnitOfWork) -> tuple[Opened, Article]:
            found = reading.opened(uow, session.staff, article_id)
            return found, reading.version(uow, found.dossier, number) if number else found.newest

        found, text = await self._db.run(read, read_only=True)
        return found, await self._previews(session, text, number or found.number)

    async def _previews(self, session: Session, text: Article, number: int) -> tuple[Preview, ...]:
        def make(uow: UnitOfWork) -> tuple[Preview, ...]:
            out = reading.as_published(uow, session.staff, text)
            assert out.reviewed_on is not None  # signed in the line above
            day = out.reviewed_on
            known = Known()
            known.refresh(uow)
            directory = make_directory(lambda: day, production=self._web.settings.production, known=known.known)
            langs = [lang for lang in LANGS if lang in text.words]
            return tuple(preview(out, lang, day, number, self._say, directory) for lang in langs)

        return await self._db.run(make, read_only=True)

    def _editor(
        self,
        request: Request,
        session: Session,
        found: Opened,
        text: Article,
        previews: tuple[Preview, ...],
        *,
        sent: FormData | None = None,
        bad: BadForm | None = None,
        notice: str = "",
    ) -> Response:
        return self._render(
            request,
            session,
            "publish/edit.html",
            replace(found, newest=text),
            status=400 if bad or notice else 200,
            previews=previews,
            sent=sent,
            bad=bad,
            notice=notice,
            problem_types=PROBLEM_TYPES,
        )

    def _piece(
        self, request: Request, session: Session, previews: tuple[Preview, ...], bad: BadForm | None = None
    ) -> Response:
        return self._web.render(
            request,
            "publish/_preview.html",
            lang=session.staff.lang,
            previews=previews,
            bad=bad,
            **self._words(session),
        )

    def _render(
        self,
        request: Request,
        session: Session,
        template: str,
        found: Opened,
        *,
        status: int = 200,
        notice: str = "",
        **context: Any,
    ) -> Response:
        who = session.staff
        return self._web.render(
            request,
            template,
            lang=who.lang,
            status=status,
            found=found,
            life=found.dossier.life,
            notice=notice if notice in NOTICES else "",
            may=lambda action: allowed(who.roles, action),
            own_words=_own_words(found, who.id),
            checklist=CHECKLIST,
            longest_comment=LONGEST_COMMENT,
            **self._words(session),
            **staff_frame(session),
            **{"bad": None, "sent": None} | context,
        )

    def _words(self, session: Session) -> dict[str, Any]:
        lang = session.staff.lang
        return {
            "day": lambda at: day_of(at, lang),
            "moment": lambda at: moment_in_words(at, lang),
            "page_of": lambda one: Markup(self._web.fragment("rights/_article.html", lang=one.lang, **one.page)),
        }


def _own_words(found: Opened, staff_id: str) -> bool:
    """Whether this person wrote in the version that waits, so that somebody else has to let it out."""
    life = found.dossier.life
    return life.work is not None and staff_id in life.version(life.work).hands


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 7 else 0
