"""The catalogue of everything the assistant may say: named, reviewed responses from data/responses.

The app words its own lines from it (danger, queue, disturbance) and checks each line that Rasa worded against it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.config import ROOT
from bot.content import BrokenContent, Node, read_yaml
from bot.conversation.model import Button, Reply

RESPONSES = ROOT / "data" / "responses"
_PLACE = re.compile(r"\{(\w+)\}")

Say = Callable[[str, str, Mapping[str, str]], Reply]
"""Words a named response: name, language, values of its places."""


class UnknownResponse(Exception):
    """A response that is not in the catalogue was asked for."""


class MissingValue(Exception):
    """A response has a place for a value that nobody gave."""


@dataclass(frozen=True)
class Variant:
    """One wording of a response in one language."""

    text: str
    lang: str
    buttons: tuple[Button, ...]
    pattern: re.Pattern[str]


class Catalogue:
    """Named responses with their wordings."""

    def __init__(self, variants: Mapping[str, tuple[Variant, ...]], always: Mapping[str, str]) -> None:
        self._variants = variants
        self._always = always

    @property
    def names(self) -> Collection[str]:
        return self._variants.keys()

    def say(self, name: str, lang: str, values: Mapping[str, str] | None = None) -> Reply:
        """The first wording in `lang`. Raises UnknownResponse, MissingValue."""
        for variant in self._variants.get(name, ()):
            if variant.lang == lang:
                text = _fill(name, variant.text, {**self._always, **(values or {})})
                return Reply(name, text, lang, variant.buttons)
        raise UnknownResponse(f"{name} ({lang})")

    def admits(self, name: str | None, text: str) -> bool:
        """Whether `text` is a wording of the response `name`, whatever stands in its places."""
        return any(variant.pattern.fullmatch(text) for variant in self._variants.get(name or "", ()))


def _fill(name: str, text: str, values: Mapping[str, str]) -> str:
    try:
        # One pass, so that braces in a person's words are words and never places.
        return _PLACE.sub(lambda match: values[match[1]], text)
    except KeyError as error:
        raise MissingValue(f"{name}: {error}") from None


def load_catalogue(folder: Path = RESPONSES, *, agency: str = "Pendamping") -> Catalogue:
    """Every response of data/responses; {agency} is known everywhere. Raises BrokenContent, also for a double name."""
    variants: dict[str, tuple[Variant, ...]] = {}
    for path in sorted(folder.glob("*.yml")):
        node = read_yaml(path)
        responses = node.child("responses")
        names = responses.keys()
        for name in names:
            if name in variants:
                raise responses.child(name).broken("is defined twice; the later one would silently win")
            variants[name] = tuple(_variant(item) for item in responses.child(name).each())
    if not variants:
        raise BrokenContent(folder, 1, "", "holds no response")
    return Catalogue(variants, {"agency": agency})


def _variant(node: Node) -> Variant:
    text = node.child("text").text()
    condition = next(iter(node.child("condition").each()), None)
    if condition is None or condition.child("name").text() != "lang":
        raise node.broken("needs the condition {type: slot, name: lang, value: id|en}")
    buttons = node.find("buttons")
    pattern = "".join("(?s:.*)" if index % 2 else re.escape(part) for index, part in enumerate(_PLACE.split(text)))
    return Variant(
        text=text,
        lang=condition.child("value").one_of(("id", "en")),
        buttons=tuple(
            Button(item.child("title").text(), item.child("payload").text())
            for item in (buttons.each() if buttons else ())
        ),
        pattern=re.compile(pattern),
    )
