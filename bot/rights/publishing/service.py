"""Use cases of an agency's articles: write, review, publish, correct, take back. Each event is audited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from bot.accounts import audit
from bot.accounts.model import RecordNotFound, Staff
from bot.accounts.store import organisation
from bot.killpoints import Point, reached
from bot.rights import store as shown
from bot.rights.model import Article, Words, law_key, local_day
from bot.rights.publishing import reminders, store
from bot.rights.publishing.checks import Problem, problems
from bot.rights.publishing.files import MOST_FILES, Handed, read_article
from bot.rights.publishing.model import Life, warning_due
from bot.rights.publishing.plain import plain_rules
from bot.rights.publishing.store import Dossier
from bot.storage.unit_of_work import UnitOfWork

CHECKLIST = ("law", "words", "limits", "plain", "safe", "referral", "date")
"""What a reviewer looks at and ticks, each by name, before an article goes out."""
LONGEST_COMMENT = 2000
FIRST_VALID = timedelta(days=180)
"""How long a new article is valid unless its writer says otherwise."""

_CODES = "A"


class NotReady(Exception):
    """Something stops the article; `problems` say what."""

    def __init__(self, found: list[Problem]) -> None:
        super().__init__(", ".join(f"{problem.field} {problem.rule}" for problem in found))
        self.problems = found


class NotChecked(Exception):
    """The reviewer left a point of the checklist open."""


class WrittenMeanwhile(Exception):
    """A colleague saved another version since this form was opened."""


class CodeTaken(Exception):
    """Another agency works on this starter, or another article has this address."""


class BadComment(Exception):
    """A comment is empty or too long."""


def blank(code: str, slug: str, title: str, author: str, uow: UnitOfWork) -> Article:
    """An empty Indonesian article."""
    today = local_day(uow.now)
    nothing: tuple[str, ...] = ()
    return Article(
        code=code,
        slug=slug,
        topics=(slug,),
        audience="adult",
        adopted=False,
        agency=None,
        author=author,
        reviewer=None,
        reviewed_on=None,
        compiled_on=today,
        valid_until=today + FIRST_VALID,
        jurisdiction="ID",
        problem_types=(),
        related=(),
        deadlines=(),
        citations=(),
        words={"id": Words(title, nothing, "", nothing, nothing, nothing)},
    )


def create(uow: UnitOfWork, who: Staff, slug: str, title: str) -> str:
    """A new article of one's own agency. Returns its id. Raises CodeTaken when the address is in use."""
    code = _next_code(uow)
    return add(uow, who, blank(code, slug, title, agency_name(uow, who.organisation_id), uow))


def adopt(uow: UnitOfWork, who: Staff, code: str) -> str:
    """Begin one's own article from a starter; the starter stays public, unreviewed, until the article is published.

    Returns its id. Raises RecordNotFound, CodeTaken.
    """
    starter = next((article for article in shown.all_starters(uow) if article.code == code), None)
    if starter is None:
        raise RecordNotFound(code)
    return add(uow, who, starter)


def add(uow: UnitOfWork, who: Staff, article: Article) -> str:
    """Keep the first version of an article. Raises CodeTaken."""
    if article.code in store.taken(uow):
        raise CodeTaken(article.code)
    there = shown.by_slug(uow, article.slug)
    if (there is not None and there.article.code != article.code) or store.slug_taken(uow, article.slug):
        raise CodeTaken(article.slug)
    try:
        with uow.db.begin_nested():
            dossier = store.add(uow, who.organisation_id, article.code, article.slug)
    except IntegrityError:  # another agency in the same moment
        raise CodeTaken(article.code) from None
    _write(uow, who, dossier, dossier.life.write(who.id, article.valid_until), article)
    return dossier.id


def bring_in(uow: UnitOfWork, who: Staff, files: Sequence[tuple[str, bytes]]) -> int:
    """Make drafts of files (name, content): all of them, or none. Returns how many.

    A code that the agency has already gets a new version; the life of what is published is not touched.
    Raises BrokenContent with file, line and field.
    """
    handed = [read_article(name, content) for name, content in files[:MOST_FILES]]
    seen: dict[str, Handed] = {}
    for file in handed:
        for field, value in (("code", file.article.code), ("slug", file.article.slug)):
            if value in seen:
                raise file.broken(field, f"is taken by {seen[value].path.name}")
            seen[value] = file
    for file in handed:
        _bring_in(uow, who, file)
    return len(handed)


def _bring_in(uow: UnitOfWork, who: Staff, file: Handed) -> None:
    article = file.article
    dossier = store.by_code_of(uow, who.organisation_id, article.code)
    if dossier is None:
        try:
            add(uow, who, article)
        except CodeTaken as taken:
            field = "code" if str(taken) == article.code else "slug"
            raise file.broken(field, "belongs to another article") from None
        return
    if dossier.slug != article.slug:
        raise file.broken("slug", f"must stay {dossier.slug}: the address of the page")
    save(uow, who, dossier.id, article, len(dossier.life.versions))


def save(uow: UnitOfWork, who: Staff, article_id: str, article: Article, base: int) -> int:
    """Keep a new version, written on top of version `base`; the same text again is no new one. Returns its number.

    Raises RecordNotFound, WrittenMeanwhile.
    """
    dossier = _own(uow, who, article_id)
    newest = len(dossier.life.versions)
    if base != newest:
        raise WrittenMeanwhile
    article = replace(article, code=dossier.code, slug=dossier.slug)
    unchanged = shown.dump(_unsigned(article)) == store.content_of(uow, article_id, newest)
    if unchanged and dossier.life.work == newest:
        return newest
    return _write(uow, who, dossier, dossier.life.write(who.id, article.valid_until), article)


def restore(uow: UnitOfWork, who: Staff, article_id: str, number: int) -> int:
    """Make an old version the newest draft. Returns its number. Raises RecordNotFound, NotPossible."""
    dossier = _own(uow, who, article_id)
    life = dossier.life.restore(who.id, number)
    old = shown.load(store.content_of(uow, article_id, number))
    new = _write(uow, who, dossier, life, old, restored_from=number)
    _record(uow, who, "article.restore", dossier, new)
    return new


def submit(uow: UnitOfWork, who: Staff, article_id: str) -> None:
    """Send the draft to the reviewers. Raises RecordNotFound, NotPossible, NotReady."""
    dossier = _own(uow, who, article_id)
    life = dossier.life.submit()
    _ready(uow, dossier)
    store.keep(uow, dossier, life)
    _record(uow, who, "article.submit", dossier, life.work)


def send_back(uow: UnitOfWork, who: Staff, article_id: str, why: str) -> None:
    """Give it back to the writers with a reason. Raises RecordNotFound, NotPossible, BadComment."""
    dossier = _own(uow, who, article_id)
    life = dossier.life.send_back()
    store.keep(uow, dossier, life)
    comment(uow, who, article_id, why)
    _record(uow, who, "article.send_back", dossier, life.work)


def publish(uow: UnitOfWork, who: Staff, article_id: str, number: int, checked: frozenset[str]) -> None:
    """Let the reviewed version out. `number` is what the reviewer read: no other goes out by mistake.

    Raises RecordNotFound, WrittenMeanwhile, NotPossible, SamePerson, BadDate, NotChecked, NotReady.
    """
    dossier = _own(uow, who, article_id)
    _same(dossier, number)
    life = dossier.life.publish(who.id, local_day(uow.now))
    if not checked >= set(CHECKLIST):
        raise NotChecked
    _ready(uow, dossier)
    _let_out(uow, who, dossier, life, "article.publish", urgent=False)


def ask_correction(uow: UnitOfWork, who: Staff, article_id: str) -> None:
    """Ask a second person to let the draft out at once. Raises RecordNotFound, NotPossible, NotReady."""
    dossier = _own(uow, who, article_id)
    life = dossier.life.ask_correction(who.id)
    _ready(uow, dossier)
    store.keep(uow, dossier, life)
    _record(uow, who, "article.ask_correction", dossier, life.work)


def correct(uow: UnitOfWork, who: Staff, article_id: str, number: int) -> None:
    """Let an urgent correction out, as the second person; a full review is owed from then on.

    Raises RecordNotFound, NotPossible, SamePerson, BadDate, NotReady, WrittenMeanwhile.
    """
    dossier = _own(uow, who, article_id)
    _same(dossier, number)
    life = dossier.life.correct(who.id, local_day(uow.now))
    _ready(uow, dossier)
    _let_out(uow, who, dossier, life, "article.correct", urgent=True)


def withdraw(uow: UnitOfWork, who: Staff, article_id: str, why: str) -> None:
    """Show nothing of it any more, from this moment on. Raises RecordNotFound, NotPossible, BadComment."""
    dossier = _own(uow, who, article_id)
    life = dossier.life.withdraw()
    store.keep(uow, dossier, life)
    shown.take_in(uow, dossier.code)
    comment(uow, who, article_id, why)
    _record(uow, who, "article.withdraw", dossier, dossier.life.published)


def comment(uow: UnitOfWork, who: Staff, article_id: str, text: str) -> None:
    """Say something about the newest version, to colleagues only. Raises RecordNotFound, BadComment."""
    dossier = _own(uow, who, article_id)
    if not text.strip() or len(text) > LONGEST_COMMENT:
        raise BadComment
    store.add_comment(uow, dossier, who, text.strip())
    _record(uow, who, "article.comment", dossier, len(dossier.life.versions))


def law_changed(uow: UnitOfWork, who: Staff, law: str) -> int:
    """Mark every published article of one's agency that cites this law for review. Returns how many."""
    marked = 0
    for known in store.all_of(uow, who.organisation_id):
        if known.life.published is None:
            continue
        dossier = _own(uow, who, known.id)
        article = shown.load(store.content_of(uow, dossier.id, known.life.published))
        if article.cites(law):
            named = next(citation.law for citation in article.citations if citation.names(law))
            store.keep(uow, dossier, dossier.life.law_changed(named))
            shown.doubt(uow, dossier.code)
            _record(uow, who, "article.law_changed", dossier, known.life.published)
            marked += 1
    return marked


def laws_cited(uow: UnitOfWork, who: Staff) -> list[str]:
    """Every law that a published article of one's agency cites, once."""
    found: dict[str, str] = {}
    for dossier in store.all_of(uow, who.organisation_id):
        if dossier.life.published is not None:
            article = shown.load(store.content_of(uow, dossier.id, dossier.life.published))
            found.update({law_key(citation.law): citation.law for citation in article.citations})
    return sorted(found.values())


def warn(uow: UnitOfWork) -> int:
    """Write down each warning that is due: 30, 14 and 3 days before an article expires. Returns how many."""
    today, given, warned = local_day(uow.now), reminders.warnings_given(uow), 0
    for dossier in store.all_published(uow):
        number = dossier.life.published
        assert number is not None  # asked for
        days = warning_due(dossier.life.version(number).valid_until, today, given.get((dossier.id, number), set()))
        if days is not None and reminders.add_warning(uow, dossier.id, number, days):
            whose = dossier.organisation_id
            audit.record(uow, None, "article.warn", "article", f"{dossier.id}/{number}", organisation_id=whose)
            warned += 1
    return warned


def keep_up(uow: UnitOfWork) -> None:
    """What time asks for: warnings that are due."""
    warn(uow)


def seen_warnings(uow: UnitOfWork, who: Staff, article_id: str) -> None:
    """Somebody of the agency has seen the warnings so far. Raises RecordNotFound."""
    dossier = _own(uow, who, article_id)
    reminders.see_warnings(uow, dossier.id, who.id)
    _record(uow, who, "article.see_warning", dossier, dossier.life.published)


def signed(article: Article, agency: str, reviewer: str, uow: UnitOfWork) -> Article:
    """The article as readers get it if it is let out now: with the agency's name and today's date."""
    today = local_day(uow.now)
    return replace(article, adopted=True, agency=agency, author=agency, reviewer=reviewer, reviewed_on=today)


def agency_name(uow: UnitOfWork, organisation_id: str) -> str:
    """The agency as readers know it."""
    return str(uow.db.execute(select(organisation.c.name).where(organisation.c.id == organisation_id)).scalar_one())


def _let_out(uow: UnitOfWork, who: Staff, dossier: Dossier, life: Life, action: str, *, urgent: bool) -> None:
    number = life.published
    assert number is not None  # just let out
    store.keep(uow, dossier, life)
    store.note_publication(uow, dossier, number, who.id, urgent=urgent)
    agency = agency_name(uow, dossier.organisation_id)
    article = shown.load(store.content_of(uow, dossier.id, number))
    # Who let an urgent correction out is no reviewer; readers are told the agency and the day alone.
    out = signed(article, agency, who.designation, uow)
    shown.put_out(uow, out, organisation_id=dossier.organisation_id, number=number)
    if life.marked:
        shown.doubt(uow, dossier.code)
    _record(uow, who, action, dossier, number)
    reached(Point.PUBLISHED)


def _own(uow: UnitOfWork, who: Staff, article_id: str) -> Dossier:
    return store.own(uow, who.organisation_id, article_id, for_change=True)


def _same(dossier: Dossier, number: int) -> None:
    if dossier.life.work is not None and dossier.life.work != number:
        raise WrittenMeanwhile


def _ready(uow: UnitOfWork, dossier: Dossier) -> None:
    assert dossier.life.work is not None  # the life was asked before
    article = shown.load(store.content_of(uow, dossier.id, dossier.life.work))
    found = problems(article, local_day(uow.now), plain_rules())
    if found:
        raise NotReady(found)


def _write(
    uow: UnitOfWork, who: Staff, dossier: Dossier, life: Life, article: Article, restored_from: int | None = None
) -> int:
    new = life.versions[-1]
    store.keep(uow, dossier, life)
    store.add_version(uow, dossier, new, shown.dump(_unsigned(article)), who.id, restored_from)
    _record(uow, who, "article.write", dossier, new.number)
    return new.number


def _unsigned(article: Article) -> Article:
    """What somebody writes is reviewed by nobody, whatever a file or a form says."""
    return replace(article, adopted=False, agency=None, reviewer=None, reviewed_on=None)


def _record(uow: UnitOfWork, who: Staff, action: str, dossier: Dossier, number: int | None) -> None:
    audit.record(uow, who, action, "article", f"{dossier.id}/{number}")


def _next_code(uow: UnitOfWork) -> str:
    taken = store.taken(uow)
    highest = max((int(code[1:]) for code in taken if code[:1] == _CODES and code[1:].isdigit()), default=0)
    return f"{_CODES}{highest + 1:03}"
