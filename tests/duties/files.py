"""Duties files for tests: the demo, filled in as an agency would."""

from __future__ import annotations

from pathlib import Path

from bot.duties.content import DEMO, DEMO_MARK


def filled(folder: Path, *changes: tuple[str, str]) -> Path:
    """The demo with an agency's own words, and with these changes of its text."""
    text = DEMO.read_text(encoding="utf-8").replace(f" {DEMO_MARK}", "").replace("demo: true", "demo: false")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    path = folder / "duties.yml"
    path.write_text(text, encoding="utf-8")
    return path
