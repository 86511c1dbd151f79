"""`pendamping rights search`: one question, or one JSON line in and one out."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, TextIO

from bot.rights import service
from bot.rights.model import Found, Standing, local_day
from bot.storage.unit_of_work import Database

LANGS = ("id", "en")


def search_once(db: Database, text: str, lang: str, region: str | None, out: TextIO) -> None:
    """Print the answer to one question as one JSON line. Raises BrokenContent."""
    print(json.dumps(_finder(db).answer(text, lang, region), ensure_ascii=False), file=out, flush=True)


def search_lines(db: Database, lines: Iterable[str], out: TextIO) -> bool:
    """Answer JSON lines `{"text", "lang"?, "region"?}`, each with exactly one line; False when one was bad."""
    finder = _finder(db)
    good = True
    for line in lines:
        try:
            text, lang, region = _request(line)
        except ValueError as error:
            answer: dict[str, Any] = {"error": str(error)}
            good = False
        else:
            answer = finder.answer(text, lang, region)
        print(json.dumps(answer, ensure_ascii=False), file=out, flush=True)
    return good


def _finder(db: Database) -> Finder:
    """A finder of a migrated database, its starter articles brought up to date first."""
    db.run_sync(service.import_starters)
    return Finder(db)


class Finder:
    """Answers questions from one database whose articles do not change meanwhile."""

    def __init__(self, db: Database) -> None:
        self._index = db.run_sync(service.index, read_only=True)
        self._today = local_day(db.clock.now())

    def answer(self, text: str, lang: str = "id", region: str | None = None) -> dict[str, Any]:
        """Results in the form of the commands' contract, best first; with `asks` those that a person is asked about."""
        result = service.pick(self._index, text, lang, region)
        found = [self._as_json(found, lang) for found in result.results]
        return {"results": found, "none": result.none, "asks": result.asks}

    def _as_json(self, found: Found, lang: str) -> dict[str, Any]:
        article = found.article
        return {
            "code": article.code,
            "slug": article.slug,
            "title": article.words_in(lang).title,
            "score": round(found.score, 4),
            "citation": service.cite(article.citations, lang, most=len(article.citations)),
            "agency": article.agency,
            "reviewed_on": article.reviewed_on.isoformat() if article.reviewed_on else None,
            "expired": article.standing(self._today) is Standing.EXPIRED,
        }


def _request(line: str) -> tuple[str, str, str | None]:
    """Raises ValueError with words that repeat nothing of the line."""
    try:
        raw = json.loads(line)
    except (json.JSONDecodeError, RecursionError):
        raise ValueError("the line is not JSON") from None
    if not isinstance(raw, dict) or not isinstance(raw.get("text"), str):
        raise ValueError('the line must be an object with a "text"')
    lang = raw.get("lang") or "id"
    if lang not in LANGS:
        raise ValueError('"lang" must be id or en')
    region = raw.get("region")
    if region is not None and not isinstance(region, str):
        raise ValueError('"region" must be a text')
    return raw["text"], lang, region
