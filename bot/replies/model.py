"""Canned replies: texts that workers wrote beforehand, and the places in them that are filled at inserting. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.handoff.model import PLACE

LANGS = ("id", "en")
MAX_KEY, MAX_TITLE, MAX_TEXT = 20, 80, 2_000
"""Characters; a text leaves room for the worker's own words in one line of 4,000."""
MOST = 200
"""Replies of one worker, and of one organisation."""

_KEY = re.compile(rf"[a-z0-9][a-z0-9-]{{0,{MAX_KEY - 1}}}")


class Variable(StrEnum):
    """What may stand in braces: {petugas} or {worker}, and so on."""

    DESIGNATION = "designation"
    ORGANISATION = "organisation"
    OPENING = "opening"
    ADDRESS = "address"


NAMES: Mapping[Variable, Mapping[str, str]] = {
    Variable.DESIGNATION: {"id": "petugas", "en": "worker"},
    Variable.ORGANISATION: {"id": "lembaga", "en": "organisation"},
    Variable.OPENING: {"id": "buka", "en": "opening"},
    Variable.ADDRESS: {"id": "sapaan", "en": "address"},
}
VARIABLES: Mapping[str, Variable] = {name: variable for variable, names in NAMES.items() for name in names.values()}
"""Each variable by its name; the names of both languages are known in every text."""


class BadReply(Exception):
    """A reply that can't be kept: `field` of the form, `rule` that it breaks, `words` meant."""

    def __init__(self, field: str, rule: str, words: str = "") -> None:
        super().__init__(f"{field}: {rule}")
        self.field = field
        self.rule = rule
        self.words = words


@dataclass(frozen=True)
class Draft:
    """What somebody writes: a short key, a title, the text in Indonesian, in English, or in both."""

    key: str = ""
    title: str = ""
    text_id: str = ""
    text_en: str = ""

    def text(self, lang: str) -> str:
        """The text in this language alone; empty where it was not written."""
        return self.text_en if lang == "en" else self.text_id

    def spoken(self, lang: str) -> tuple[str, str]:
        """Language and text for somebody who is talked to in `lang`; the other language where there is no better."""
        return next((found, self.text(found)) for found in (lang, *LANGS) if self.text(found))


@dataclass(frozen=True)
class CannedReply:
    """A reply that is kept: a worker's own, or (`shared`) the organisation's."""

    id: str
    shared: bool
    words: Draft


@dataclass(frozen=True)
class Ready:
    """A reply for one conversation: what is known is filled in, and what is not stands there in braces."""

    key: str
    title: str
    shared: bool
    lang: str
    text: str


def checked(draft: Draft) -> Draft:
    """A draft without outer blanks, its key in small letters. Raises BadReply."""
    draft = replace(
        draft,
        key=draft.key.strip().removeprefix("/").lower(),
        title=" ".join(draft.title.split()),
        text_id=draft.text_id.strip(),
        text_en=draft.text_en.strip(),
    )
    if not draft.title:
        raise BadReply("title", "no_title")
    if len(draft.title) > MAX_TITLE:
        raise BadReply("title", "long_title")
    if not _KEY.fullmatch(draft.key):
        raise BadReply("key", "key", draft.key)
    if not (draft.text_id or draft.text_en):
        raise BadReply("text_id", "no_text")
    for lang in LANGS:
        _check_text(f"text_{lang}", draft.text(lang))
    return draft


def _check_text(field: str, text: str) -> None:
    if len(text) > MAX_TEXT:
        raise BadReply(field, "long_text")
    for place in PLACE.finditer(text):
        if place[1] not in VARIABLES:
            raise BadReply(field, "variable", place[0])
    stray = re.search(r"[{}]", PLACE.sub("", text))
    if stray:
        raise BadReply(field, "brace", stray[0])


def asks_for(text: str, variable: Variable) -> bool:
    """Whether a text has a place for this variable."""
    return any(VARIABLES[place[1]] is variable for place in PLACE.finditer(text))


def filled(text: str, values: Mapping[Variable, str]) -> str:
    """The text with its values; a place without one stays as it is, for the worker to see and to fill."""
    # One pass, so that braces in a value are words and never places.
    return PLACE.sub(lambda place: values.get(VARIABLES[place[1]]) or place[0], text)
