"""The colours can be read by everybody, and the first load is small."""

from __future__ import annotations

import re

import pytest

from bot.web.static_files import FOLDER

TEXT_ON = [
    ("text", "bg"),
    ("text", "surface"),
    ("text", "raised"),
    ("text", "notice-soft"),
    ("muted", "bg"),
    ("muted", "surface"),
    ("muted", "raised"),
    ("accent", "bg"),
    ("accent", "surface"),
    ("accent", "raised"),
    ("accent", "accent-soft"),
    ("accent-strong", "accent-soft"),
    ("accent-strong", "surface"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("on-mine", "mine"),
    ("on-ink", "ink"),
    ("danger", "surface"),
    ("danger", "danger-soft"),
    ("on-danger", "danger"),
]
EDGE_ON = [("control", "bg"), ("control", "surface"), ("accent", "bg"), ("accent", "surface")]


def _tokens() -> dict[str, dict[str, str]]:
    css = (FOLDER / "base.css").read_text()
    light, dark = (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", part)) for part in css.split("@media", 2)[:2])
    return {"light": light, "dark": {**light, **dark}}


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    bright, dim = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_the_contrast_of_wcag_aa(scheme: str) -> None:
    tokens = _tokens()[scheme]
    too_weak = {pair: _contrast(tokens[pair[0]], tokens[pair[1]]) for pair in TEXT_ON}
    assert {pair: ratio for pair, ratio in too_weak.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_edges_and_focus_rings_can_be_seen(scheme: str) -> None:
    tokens = _tokens()[scheme]
    too_weak = {pair: _contrast(tokens[pair[0]], tokens[pair[1]]) for pair in EDGE_ON}
    assert {pair: ratio for pair, ratio in too_weak.items() if ratio < 3} == {}


def test_colours_are_named_once_and_used_by_their_name() -> None:
    for name in ("public.css", "chat.css"):
        assert not re.search(r"#[0-9a-fA-F]{3,8}\b", (FOLDER / name).read_text())


def test_style_sheets_and_scripts_fetch_nothing_from_elsewhere() -> None:
    for path in [*FOLDER.rglob("*.css"), *FOLDER.rglob("*.js")]:
        assert not re.search(r"@import|url\(|import\(", path.read_text()), path.name
