"""An article as its page shows it: the same for readers and for the preview of those who write it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from bot.rights.markdown import to_html
from bot.rights.model import Article, Citation, Deadline

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
_PLACES = (
    *((r"Pasal(?= \d+[A-Z]?(?:–|, \d))", "Articles"), (r"Pasal\b", "Article")),
    *((r"ayat\b", "paragraph"), (r"huruf\b", "letter"), (r"dibaca lewat\b", "read on")),
)
_MONTHS = {
    "id": "Jan Feb Mar Apr Mei Jun Jul Agu Sep Okt Nov Des",
    "en": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
}


def article_page(
    article: Article, lang: str, today: date, *, related: Sequence[Article], in_doubt: bool = False
) -> dict[str, Any]:
    """What the template rights/_article.html needs."""
    words = article.words_in(lang)
    own_body = lang in article.words and article.words[lang].body
    return {
        "article": article,
        "words": words,
        "standing": article.standing(today).value,
        "in_doubt": in_doubt,
        "body": to_html(own_body or article.words["id"].body),
        "body_lang": lang if own_body else "id",
        "citations": [_cited(citation, lang) for citation in article.citations],
        "deadlines": [(deadline.label[lang], _within(deadline, lang)) for deadline in article.by_urgency],
        "related": related,
        "day": lambda day: day_of(day, lang),
    }


def _cited(citation: Citation, lang: str) -> tuple[str, str, str]:
    """Source, state in force, and the key of the words that say how sure we are."""
    state = _STATES.get(citation.state, citation.state) if lang == "en" else citation.state
    return source_in(citation, lang), state, f"rights.confidence_{citation.confidence.lower()}"


def source_in(citation: Citation, lang: str) -> str:
    """Law, article and paragraph; laws keep their Indonesian names, by which they are found."""
    place = f"{citation.article} {citation.paragraph}".strip()
    if lang == "en":
        for indonesian, english in _PLACES:
            place = re.sub(rf"\b{indonesian}", english, place)
    return f"{citation.law} {place}".strip()


def _within(deadline: Deadline, lang: str) -> str:
    text = deadline.within
    if lang == "en":
        for indonesian, english in _UNITS:
            text = re.sub(rf"\b{indonesian}\b", english, text)
    return text


def day_of(day: date, lang: str) -> str:
    """A day in few letters: 5 Mar 2027."""
    return f"{day.day} {_MONTHS[lang].split()[day.month - 1]} {day.year}"
