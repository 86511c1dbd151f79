"""The words of the pages (not of the bot): id and en side by side in `texts/*.yml`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from fastapi import Request

from bot.content import read_yaml

LANGS = ("id", "en")
FOLDER = Path(__file__).parent / "texts"


class TextsError(Exception):
    """A text lacks a language or is defined twice; the message names it."""


class Texts:
    """Looks words up by key. Both languages of every key exist, or the app does not start."""

    def __init__(self, words: Mapping[str, Mapping[str, str]]) -> None:
        self._words = words

    def __call__(self, lang: str, key: str, **values: object) -> str:
        """The words of `key`. Raises KeyError for a key that nobody wrote."""
        text = self._words[key][lang if lang in LANGS else "id"]
        return text.format(**values) if values else text

    def __iter__(self) -> Iterator[str]:
        """Every key."""
        return iter(self._words)


def load_texts(folder: Path = FOLDER) -> Texts:
    """Read `<area>.yml`; each key is used as `<area>.<key>`. Raises TextsError, BrokenContent."""
    words: dict[str, Mapping[str, str]] = {}
    for path in sorted(folder.glob("*.yml")):
        for key, pair in read_yaml(path).value.items():
            missing = [lang for lang in LANGS if not pair.get(lang)]
            if missing:
                raise TextsError(f"{path.name}: {key} has no text in {', '.join(missing)}")
            words[f"{path.stem}.{key}"] = pair
    return Texts(words)


def choose_lang(request: Request, default: str = "id") -> str:
    """The language of a page: `?lang=`, else what the browser prefers among ours, else `default`."""
    asked = request.query_params.get("lang")
    if asked in LANGS:
        return asked
    for part in request.headers.get("accept-language", "").split(","):
        code = part.split(";")[0].strip().lower().split("-")[0]
        if code in LANGS:
            return code
        if code == "in":  # the old code of Indonesian, which Java-based phones still send
            return "id"
    return default
