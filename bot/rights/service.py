"""Use cases of the rights room: import the starter articles, search, read, answer a question in the chat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from threading import Lock

from bot.rights import store
from bot.rights.content import ARTICLES, CODE, load_articles, load_titles
from bot.rights.index import Index
from bot.rights.language import Analyser, load_analyser
from bot.rights.model import Article, Citation, Found, SearchResult, Shown, Standing, local_day
from bot.rights.publishing import misses
from bot.rights.publishing.store import published_codes
from bot.rights.showing import day_of, source_in
from bot.rights.topics import load_topics
from bot.rights.training import current_model
from bot.storage.unit_of_work import UnitOfWork

ENOUGH = 0.36
"""Below this nothing is answered: the best score, and how far it is ahead of the next one, added."""

ASKS = 0.05
"""From here on up to ENOUGH the two best are asked about. Both were set with the questions of one writer left out at a
time (tests/rights/score.py --calibrate), never on those that measure the search."""

RELEVANT = 0.5
"""A result must also reach this share of the best one."""

MOST = 5

LONGEST_TITLE = 40
"""Letters of a title that stands on a button."""

MARKS = {"id": "belum ditinjau lembaga", "en": "not yet reviewed by an agency"}

DOUBTS = {
    "id": "peraturannya berubah, sedang ditinjau ulang",
    "en": "the law has changed, under review again",
}

_indexes: dict[str, Index] = {}
_building = Lock()
_KEPT = 3


def import_starters(uow: UnitOfWork, folder: Path = ARTICLES) -> int:
    """Make the starter rows equal to the files; returns how many changed.

    Articles that an agency took over stay as they are. Raises BrokenContent, and then changes nothing.
    """
    taken = published_codes(uow)
    present = store.starters(uow)
    wanted = {article.code: article for article in load_articles(folder) if article.code not in taken}
    gone = present.keys() - wanted.keys()
    # First the ones that are gone: a renamed article may take the address of one of them.
    store.remove_starters(uow, set(gone))
    changed = len(gone)
    for code, article in wanted.items():
        version = store.digest(article)
        if present.get(code) == version:
            continue
        changed += 1
        if code in present:
            store.change_starter(uow, article, version)
        else:
            store.add_starter(uow, article, version)
    return changed


def index(uow: UnitOfWork) -> Index:
    """The search index of the articles as they are in this database now; rebuilt only when one has changed.

    Raises ModelMissing or ModelOutdated.
    """
    mark = store.state_mark(uow)
    with _building:
        found = _indexes.get(mark)
        if found is None:
            topics = load_topics(current_model(), _analyser())
            found = _indexes[mark] = Index(store.all_articles(uow), _analyser(), topics)
            while len(_indexes) > _KEPT:
                del _indexes[next(iter(_indexes))]
    return found


@lru_cache(maxsize=1)
def _analyser() -> Analyser:
    return load_analyser()


def search(uow: UnitOfWork, text: str, lang: str = "id", region: str | None = None) -> SearchResult:
    """The articles that answer `text`, best first; `none` when nothing fits well enough to be shown."""
    return pick(index(uow), text, lang, region)


def pick(found: Index, text: str, lang: str, region: str | None = None) -> SearchResult:
    """The results of one index that are good enough to be shown."""
    ranked = [Found(article, score) for article, score in found.best(text, lang, most=MOST, region=region)]
    certain = sure(ranked) if ranked else 0.0
    if certain < ENOUGH:
        asks = certain >= ASKS and len(ranked) > 1
        return SearchResult(tuple(ranked[:2]) if asks else (), none=True, asks=asks)
    least = ranked[0].score * RELEVANT
    return SearchResult(tuple(result for result in ranked[:MOST] if result.score >= least), none=False)


def sure(ranked: Sequence[Found]) -> float:
    """How sure it is that the first result answers: two that fit alike are a guess, one that stands out is none."""
    best = ranked[0].score
    return best + best - ranked[1].score if len(ranked) > 1 else best


def shown(uow: UnitOfWork, slug: str) -> Shown | None:
    """The article at an address, expired or not: who shows it asks for its standing."""
    return store.by_slug(uow, slug)


def articles(uow: UnitOfWork) -> tuple[Article, ...]:
    """All articles, by code."""
    return store.all_articles(uow)


def answer(uow: UnitOfWork, topic_or_text: str, lang: str = "id", *, base_url: str = "") -> dict[str, str] | None:
    """What the chat says to a question on rights, by address, by code or by words; None when nothing fits.

    All values are texts. `expired` is "yes" or empty; an expired answer says who can help and nothing else.
    """
    found = store.by_slug(uow, topic_or_text) or store.by_code(uow, topic_or_text)
    if found is None and CODE.fullmatch(topic_or_text):
        return None
    if found is None:
        result = search(uow, topic_or_text, lang)
        if result.none:
            return None
        found = store.by_code(uow, result.results[0].article.code)
    return None if found is None else told(found, local_day(uow.now), lang, base_url=base_url)


def told(found: Shown, today: date, lang: str, *, base_url: str = "") -> dict[str, str]:
    """What the chat tells of one article; of an expired one who can help, and nothing else."""
    article = found.article
    words = article.words_in(lang)
    expired = article.standing(today) is Standing.EXPIRED
    return {
        "code": article.code,
        "slug": article.slug,
        "version": found.version,
        "lang": lang if lang in article.words else "id",
        "title": words.title,
        "short": "" if expired else words.short,
        "steps": "" if expired else "\n".join(f"{n}. {step}" for n, step in enumerate(words.steps, 1)),
        "limits": "" if expired else "\n".join(f"• {limit}" for limit in (*words.limits, *words.practice)),
        "who": "\n".join(f"• {name}" for name in words.who),
        "citation": "" if expired else cite(article.citations, lang),
        "mark": mark(found, lang),
        "date": day_of(article.reviewed_on or article.compiled_on, lang),
        "problems": " ".join(article.problem_types),
        "url": f"{base_url}{neutral_path(article)}?lang={lang}",
        "expired": "yes" if expired else "",
    }


def neutral_path(article: Article) -> str:
    """The address that can be shared, or stay in a browser's history, without naming the topic."""
    return f"/i/{article.code}"


def between(uow: UnitOfWork, text: str, lang: str = "id") -> tuple[tuple[str, str], ...]:
    """Code and neutral title of the two articles that a question may mean; empty where it need not be asked."""
    found = search(uow, text, lang)
    if not found.asks:
        return ()
    return tuple((one.article.code, neutral_title(one.article, lang)) for one in found.results)


def neutral_title(article: Article, lang: str) -> str:
    """A topic's title for a button: accuses nobody, asks nothing, fits; an agency's own topic keeps the agency's."""
    own = _titles().get(article.code)
    title = own[lang if lang in own else "id"] if own else article.words_in(lang).title
    return title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1].rstrip()}…"


@lru_cache(maxsize=1)
def _titles() -> Mapping[str, Mapping[str, str]]:
    return load_titles()


def count_miss(uow: UnitOfWork, conversation_id: str, text: str) -> None:
    """Count the words of a question that found nothing, without who asked (bot/rights/publishing/misses.py)."""
    misses.count(uow, conversation_id, text, _analyser())


def forget_misses(uow: UnitOfWork, conversation_id: str) -> None:
    """The person deletes everything."""
    misses.forget(uow, conversation_id)


def mark(found: Shown, lang: str) -> str:
    """The agency that answers for an article, or the words that say that none does yet."""
    article = found.article
    name = article.agency if article.adopted and article.agency else MARKS.get(lang, MARKS["id"])
    return f"{name}; {DOUBTS.get(lang, DOUBTS['id'])}" if found.in_doubt else name


def cite(citations: Sequence[Citation], lang: str, most: int = 2) -> str:
    """The first sources on one line, in the words of a language."""
    named = [source_in(item, lang) for item in citations[:most]]
    return "; ".join(named) + (" …" if len(citations) > most else "")
